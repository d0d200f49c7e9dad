#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists tests of a build folder: list_tests.py FOLDER SUITE PATTERN, one name a line.

Chosen are the tests that carry the suite and those whose name matches the pattern; names are
printed without the suite, as `meson test` takes them.
"""
import json
import re
import subprocess
import sys


def main():
    folder, suite, pattern = sys.argv[1:4]
    done = subprocess.run(['meson', 'introspect', '--tests', folder], capture_output=True,
                          text=True, check=True)
    for test in json.loads(done.stdout):
        suites = {name.split(':')[-1] for name in test['suite']}
        if 'meta' in suites or ' ' in test['name']:
            continue
        if suite in suites or re.search(pattern, test['name']):
            print(test['name'])


if __name__ == '__main__':
    main()
