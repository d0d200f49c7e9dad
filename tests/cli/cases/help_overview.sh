# SPDX-License-Identifier: Apache-2.0
stoa
stoa help E104
stoa help head
