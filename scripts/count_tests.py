#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums the results of several test runs: count_tests.py BROKEN_RUNS LOG.json...

The logs are meson's: one JSON object a line for each test. Names what failed and why tests were
skipped, then prints "N passed, N failed, N skipped" as the last line. Exits 1 on any failure.
"""
import json
import sys

PASSED = ('OK', 'EXPECTEDFAIL')
SKIPPED = ('SKIP', 'IGNORED')


def reason(test):
    """The line of a skipped test's output that says why."""
    lines = [line.strip() for line in (test.get('stdout') or '').split('\n') if line.strip()]
    told = [line for line in lines if 'skip' in line.lower()]
    return (told or lines or ['no reason given'])[-1]


def main():
    failed, passed, skipped = int(sys.argv[1]), 0, 0
    for path in sys.argv[2:]:
        try:
            with open(path, encoding='utf-8') as file:
                tests = [json.loads(line) for line in file if line.strip()]
        except OSError as error:
            print(f'FAILED: no results: {error}')
            failed += 1
            continue
        for test in tests:
            if test['result'] in PASSED:
                passed += 1
            elif test['result'] in SKIPPED:
                skipped += 1
                print(f'skipped {test["name"]}: {reason(test)}')
            else:
                failed += 1
                print(f'FAILED ({test["result"]}) {test["name"]} in {path}')
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
