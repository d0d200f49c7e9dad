# SPDX-License-Identifier: Apache-2.0
"""What the checks of this folder share: the list of files, C text without comments, reports.

Every check collects all violations as `file:line: what`, prints them at once and exits 1; a
check that cannot run prints why and exits 77, which meson counts as skipped.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAYERS = ['include', 'common', 'format', 'writer', 'reader', 'dataset', 'query', 'tools']
SKIP = 77


def tree_files():
    """All files of the source tree, relative to its root, sorted; ignored files left out."""
    command = ['git', '-c', 'safe.directory=*', '-C', ROOT, 'ls-files', '-z', '--cached',
               '--others', '--exclude-standard']
    try:
        done = subprocess.run(command, capture_output=True, check=True)
        names = done.stdout.decode().split('\0')
    except (OSError, subprocess.CalledProcessError):
        names = walk_files()
    return sorted({n for n in names if n and os.path.isfile(os.path.join(ROOT, n))})


def walk_files():
    """The same from the folders alone, for an unpacked archive without git."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if not f.startswith('build')
                      and f not in ('.git', '__pycache__', 'out')]
        found += [os.path.relpath(os.path.join(folder, n), ROOT) for n in names]
    return found


def select(names, *suffixes, under=None):
    """The names that end in one of `suffixes`, below one of the folders `under`."""
    return [n for n in names if n.endswith(suffixes)
            and (under is None or n.split('/')[0] in under)]


def read_text(name):
    with open(os.path.join(ROOT, name), encoding='utf-8', errors='replace') as file:
        return file.read()


C_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip_c(text, keep_strings=False):
    """C text with comments (and the inside of literals) blanked; line numbers stay."""
    def blank(match):
        token = match.group(0)
        if token[0] == '/':
            return ' ' + '\n' * token.count('\n')
        return token if keep_strings else token[0] + token[-1]
    return C_TOKEN.sub(blank, text)


def report(check, looked_at, violations):
    """Prints the outcome and exits: 0 when there are no violations, 1 otherwise."""
    print(f'{check}: looked at {looked_at}')
    for line in violations:
        print(line)
    if violations:
        print(f'{check}: {len(violations)} violation(s)')
    sys.exit(1 if violations else 0)


def skip(check, why):
    print(f'{check}: skipped: {why}')
    sys.exit(SKIP)
