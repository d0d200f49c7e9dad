# SPDX-License-Identifier: Apache-2.0
stoa help codes
