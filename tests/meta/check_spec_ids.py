#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the tie between specification, code and tests: numbered sentences are cited.

An id is defined where a paragraph, a list item or a table row of spec/**.md begins with it, and
only once. Each is cited in a layer's code and in a test of that code; code and tests cite only ids
that exist. `FMT-1..3` and `FMT-1, FMT-2` inside brackets count as each of their members.
"""
import re

import meta_tree as tree

CHECK = 'check_spec_ids'
ID = r'[A-Z][A-Z0-9]*-\d+'
DEFINITION = re.compile(r'^\s*(?:[-*] |\d+\. |\| )?\**\[(' + ID + r')\]')
BRACKET = re.compile(r'\[((?:[A-Z][A-Z0-9]*-\d+)(?:[^\[\]\n]{0,80}))\]')
MEMBER = re.compile(r'([A-Z][A-Z0-9]*)-(\d+)(?:\s*(?:\.\.|-)\s*(?:[A-Z][A-Z0-9]*-)?(\d+))?')
NOT_IDS = {'UTF', 'ISO', 'XXH', 'RFC', 'SHA', 'CP', 'IEEE'}


def cited(text):
    """(line, id) of every citation in a text, ranges spread out."""
    for index, line in enumerate(text.split('\n'), 1):
        for bracket in BRACKET.finditer(line):
            for member in MEMBER.finditer(bracket.group(1)):
                prefix, first, last = member.groups()
                if prefix in NOT_IDS:
                    continue
                for number in range(int(first), int(last or first) + 1):
                    yield index, f'{prefix}-{number}'


def definitions(names):
    found, violations, references = {}, [], []
    for name in names:
        lines = tree.read_text(name).split('\n')
        for index, line in enumerate(lines, 1):
            match = DEFINITION.match(line)
            starts = not line[:1] == '[' or index == 1 or not lines[index - 2].strip() \
                or lines[index - 2].startswith('#')
            if match and starts:
                if match.group(1) in found:
                    violations.append(f'{name}:{index}: [{match.group(1)}] is defined at '
                                      f'{found[match.group(1)]} already')
                found.setdefault(match.group(1), f'{name}:{index}')
        references += [(f'{name}:{i}', spec_id) for i, spec_id in cited('\n'.join(lines))]
    violations += [f'{place}: [{spec_id}] is not defined in spec/' for place, spec_id in references
                   if spec_id not in found]
    return found, violations


def citations(names, known):
    found, violations = set(), []
    for name in names:
        for line, spec_id in cited(tree.read_text(name)):
            found.add(spec_id)
            if spec_id not in known:
                violations.append(f'{name}:{line}: [{spec_id}] is not defined in spec/')
    return found, violations


def main():
    names = tree.tree_files()
    known, violations = definitions(tree.select(names, '.md', under=['spec']))
    code = tree.select(names, '.c', '.h', under=tree.LAYERS)
    decoder = [n for n in tree.select(names, '.c') if n.startswith('spec/decoder/')]
    tests = [n for n in tree.select(names, '.c', '.h', '.py', '.sh', '.md', under=['tests'])
             if not n.startswith(('tests/meta/', 'tests/decoder/'))]
    in_code, wrong_code = citations(code, known)
    in_tests, wrong_tests = citations(tests, known)
    violations += wrong_code + wrong_tests + citations(decoder, known)[1]
    for spec_id, place in sorted(known.items(), key=lambda item: item[1]):
        missing = [what for what, ids in (('code', in_code), ('a test', in_tests))
                   if spec_id not in ids]
        if missing:
            violations.append(f'{place}: [{spec_id}] is not cited in {" nor in ".join(missing)}')
    tree.report(CHECK, f'{len(known)} ids, {len(code)} C files, {len(tests)} test files', violations)


if __name__ == '__main__':
    main()
