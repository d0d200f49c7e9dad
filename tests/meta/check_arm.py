#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles the kernels, and the layer below them, for 64-bit ARM with a cross compiler.

check_arm.py [COMPILER]   default aarch64-linux-gnu-gcc; exits 77 where there is none

Needs no library for that machine: sources that include one are left out where its headers are
missing. Whole builds, whose tests run under qemu: cross/aarch64-linux.ini.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ["common", "format/kernels"]
FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Wconversion",
         "-Wno-sign-conversion", "-Wno-pedantic", "-Wshadow", "-Werror", "-ffp-contract=off",
         "-DSTOA_KERNELS_ARM", '-DSTOA_VERSION="0"', "-I.", "-Iinclude", "-c"]
X86 = re.compile(r"_(avx2|avx512)\.c$|^hash_long\.c$")
NOT_OURS = re.compile(r"#include <(xxhash|zstd|lz4)")


def sources():
    """The files to compile, those of the kernels in any case."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("*.c")):
            if not X86.search(path.name) and not NOT_OURS.search(path.read_text()):
                yield path


def main():
    compiler = shutil.which(sys.argv[1] if len(sys.argv) > 1 else "aarch64-linux-gnu-gcc")
    if not compiler:
        print("skipped: no cross compiler for 64-bit ARM (Debian: gcc-aarch64-linux-gnu)")
        return 77
    failed = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sources():
            result = subprocess.run([compiler, *FLAGS, str(path), "-o", folder + "/object.o"],
                                    cwd=ROOT, capture_output=True, text=True)
            count += 1
            if result.returncode:
                failed += 1
                print(f"{path.relative_to(ROOT)}: does not compile for 64-bit ARM\n{result.stderr}")
    print(f"{count - failed} of {count} files compile for 64-bit ARM")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
