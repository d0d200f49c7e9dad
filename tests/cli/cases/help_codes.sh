# SPDX-License-Identifier: Apache-2.0
# Every status code with its exit code.
stoa help codes
