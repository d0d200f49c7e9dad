#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that clang-format 14 would change nothing; `--write` applies it instead.

The version is fixed because versions format differently; without it the check is skipped.
"""
import re
import shutil
import subprocess
import sys

import meta_tree as tree

CHECK = 'check_format'
TOOL = 'clang-format-14'


def main():
    if not shutil.which(TOOL):
        tree.skip(CHECK, f'{TOOL} is not installed (apt-get install {TOOL})')
    names = tree.select(tree.tree_files(), '.c', '.h')
    if '--write' in sys.argv[1:]:
        sys.exit(subprocess.run([TOOL, '-i', *names], cwd=tree.ROOT).returncode)
    done = subprocess.run([TOOL, '--dry-run', '-Werror', *names], cwd=tree.ROOT,
                          capture_output=True, text=True)
    first = {}
    for match in re.finditer(r'^(.+?):(\d+):\d+: error:', done.stderr, re.M):
        first.setdefault(match.group(1), match.group(2))
    violations = [f'{name}:{line}: not formatted; run make format' for name, line in first.items()]
    if done.returncode != 0 and not violations:
        violations.append(done.stderr.strip())
    tree.report(CHECK, f'{len(names)} C files', violations)


if __name__ == '__main__':
    main()
