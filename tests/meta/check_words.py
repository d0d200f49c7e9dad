#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that the tree has no unfinished marks and speaks of the project alone.

Unfinished marks never land; paths of one machine, issue numbers and the tools somebody worked
with mean nothing to a reader of the tree. Sample data (.csv, .json, .stoa ...) is not read.
STOA_META_WORDS may name a file with further patterns, one regular expression a line.
"""
import os
import re

import meta_tree as tree

CHECK = 'check_words'
SUFFIXES = ('.c', '.h', '.py', '.sh', '.md', '.txt', '.build', 'Makefile', '.1', '.json')
# Written in parts, so that this file passes its own check.
MARKS = r'\b(' + '|'.join(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK']) + r')\b'
PATTERNS = [
    (re.compile(MARKS), 'an unfinished mark'),
    (re.compile(r'(?<![\w.])/(?:work|home|root|Users|mnt)' + r'/\w'), 'a path of one machine'),
    (re.compile(r'(?i)\b(?:fix(?:es|ed)?|close[sd]?|issue|ticket) #' + r'\d+'), 'an issue number'),
    (re.compile(r'(?i)co-' + r'authored-by|generated (?:with|using) \W*[A-Z]'), 'a tool trailer'),
    (re.compile(r'(?i)\b(?:chat' + r'bot|language ' + r'model|coding ' + r'assistant)s?\b'), 'a workplace tool'),
]


def patterns():
    extra = os.environ.get('STOA_META_WORDS')
    if not extra:
        return PATTERNS
    with open(extra, encoding='utf-8') as file:
        words = [line.strip() for line in file if line.strip()]
    return PATTERNS + [(re.compile(word, re.I), 'a banned word') for word in words]


def main():
    names = [n for n in tree.tree_files() if n.endswith(SUFFIXES)
             or n.startswith(('scripts/', '.ci/'))]
    checks = patterns()
    violations = []
    for name in names:
        for index, line in enumerate(tree.read_text(name).split('\n'), 1):
            for pattern, what in checks:
                match = pattern.search(line)
                if match:
                    violations.append(f'{name}:{index}: {what}: {match.group(0)!r}')
    tree.report(CHECK, f'{len(names)} files', violations)


if __name__ == '__main__':
    main()
