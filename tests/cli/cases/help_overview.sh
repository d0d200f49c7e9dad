# SPDX-License-Identifier: Apache-2.0
# What a newcomer sees: the commands, an error explained, the help of a command.
stoa
stoa help E104
stoa help head
