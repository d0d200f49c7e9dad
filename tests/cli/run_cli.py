#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the command's sample sessions and compares every byte they print.

A case is cases/NAME.sh; beside it lie NAME.stdout, NAME.stderr (absent: empty) and NAME.exit (absent: 0). Each runs by
`sh` in a fresh folder with the command first on PATH. Times of day, durations, sizes and
the random names of operations are masked before comparing, nothing else is. `--write` writes down what came out, to be read before it is committed.

  run_cli.py STOA [--write] [NAME ...]
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).resolve().parent / "cases"
MASKS = [
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"\b\d+\.\d+ (ms|s)\b"), "<duration>"),
    (re.compile(r"\b\d+(\.\d+)? (B|kB|MB)\b"), "<size>"),
    (re.compile(r"[0-9a-f]{32}-"), "<operation>-"),
]


def masked(text):
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def run_case(case, stoa):
    with tempfile.TemporaryDirectory(prefix="stoa-cli-") as folder:
        bin_folder = pathlib.Path(folder) / "bin"
        work = pathlib.Path(folder) / "work"
        bin_folder.mkdir()
        work.mkdir()
        (bin_folder / "stoa").symlink_to(stoa)
        environment = dict(os.environ, PATH=f"{bin_folder}:{os.environ['PATH']}", LC_ALL="C.UTF-8",
                           EXAMPLES=str(CASES.parents[2] / "examples"))
        done = subprocess.run(["sh", str(case)], cwd=work, env=environment, capture_output=True, timeout=60)
        return {"stdout": masked(done.stdout.decode(errors="backslashreplace")),
                "stderr": masked(done.stderr.decode(errors="backslashreplace")), "exit": f"{done.returncode}\n"}


def expected(case):
    def read(suffix, default):
        path = case.with_suffix(suffix)
        return path.read_text() if path.exists() else default
    return {"stdout": read(".stdout", ""), "stderr": read(".stderr", ""), "exit": read(".exit", "0\n")}


def write(case, found):
    for part, default in (("stdout", ""), ("stderr", ""), ("exit", "0\n")):
        path = case.with_suffix("." + part)
        if found[part] == default:
            path.unlink(missing_ok=True)
        else:
            path.write_text(found[part])


def compare(case, found):
    wanted = expected(case)
    failures = [part for part in wanted if wanted[part] != found[part]]
    for part in failures:
        print(f"--- {case.name}: expected {part}\n{wanted[part]}--- found\n{found[part]}")
    return not failures


def main():
    words = [word for word in sys.argv[1:] if word != "--write"]
    if not words:
        sys.exit(__doc__)
    stoa, names = pathlib.Path(words[0]).resolve(), words[1:]
    cases = [case for case in sorted(CASES.glob("*.sh")) if not names or case.stem in names]
    if not cases:
        sys.exit("no such case")
    failed = 0
    for case in cases:
        found = run_case(case, stoa)
        if "--write" in sys.argv:
            write(case, found)
        elif not compare(case, found):
            failed += 1
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
