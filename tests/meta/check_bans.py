#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that no file calls what it must not call, in its source and in its object.

Heap functions belong to common/alloc.c, system calls on files to common/io*.c, and a few
functions to nobody. With a build folder as argument the undefined symbols of every object in
the static libraries of the layers are checked too, so that no macro hides a call.
"""
import glob
import os
import re
import subprocess
import sys

import meta_tree as tree

CHECK = 'check_bans'
LIBRARY = ['include', 'common', 'format', 'writer', 'reader', 'dataset', 'query']

HEAP = '''malloc calloc realloc reallocarray free strdup strndup aligned_alloc posix_memalign memalign
valloc asprintf vasprintf getline getdelim open_memstream'''.split()
FILES = '''open openat open64 openat64 creat read pread readv preadv write pwrite writev pwritev fsync fdatasync
sync syncfs sync_file_range ftruncate truncate rename renameat renameat2 link linkat symlink unlink unlinkat remove
mkdir mkdirat rmdir stat lstat fstat fstatat statx access faccessat flock lockf fcntl close opendir fdopendir readdir
closedir scandir nftw realpath mkstemp tmpfile fopen fdopen freopen fclose fread fwrite fgets mmap munmap msync
posix_fadvise fallocate posix_fallocate copy_file_range sendfile dup dup2'''.split()
NEVER = '''strcpy strcat stpcpy sprintf vsprintf gets strtok strtod strtof strtold atoi atol atoll atof alloca
scanf sscanf fscanf tmpnam mktemp rand srand'''.split()
# The library never prints, exits or aborts; the tools do the first two.
LIBRARY_NEVER = '''printf fprintf vprintf vfprintf puts fputs putchar fputc perror exit _exit quick_exit abort
system popen fork setlocale'''.split()

# Libraries that hand out memory of malloc, each with the one file that gives it back.
EXCEPTIONS = {
    ('tools/table.c', 'free'): 'libsmartcols',
    ('tools/shell.c', 'free'): 'libedit',
}

OWNERS = [
    # what, its functions, who may call it, where the ban holds
    ('the heap', HEAP, re.compile(r'common/alloc\.c'), tree.LAYERS),
    ('the file system', FILES, re.compile(r'common/io[a-z_]*\.c'), LIBRARY),
    ('this function', NEVER, None, tree.LAYERS),
    ('the process', LIBRARY_NEVER, None, LIBRARY),
]


def owner_of(what, owners):
    return f'belongs to {owners.pattern}' if owners else f'is banned ({what})'


def check_source(name):
    text = tree.strip_c(tree.read_text(name))
    found = []
    for what, functions, owners, where in OWNERS:
        if name.split('/')[0] not in where or owners and owners.fullmatch(name):
            continue
        call = re.compile(r'(?<![\w.>])(' + '|'.join(functions) + r')\s*\(')
        for match in call.finditer(text):
            if (name, match.group(1)) in EXCEPTIONS:
                continue
            line = text.count('\n', 0, match.start()) + 1
            found.append(f'{name}:{line}: {match.group(1)} {owner_of(what, owners)}')
    return found


def plain_symbol(symbol):
    """The function a symbol stands for: __openat64_2, __pread_chk and free@GLIBC name one."""
    symbol = symbol.split('@')[0]
    symbol = re.sub(r'^__(?:isoc99_)?', '', symbol)
    symbol = re.sub(r'(_chk|_2)$', '', symbol)
    return re.sub(r'64$', '', symbol)


def check_library(path, build):
    """The imports of each object in one static library, by the source the object is from."""
    done = subprocess.run(['nm', '-u', path], capture_output=True, text=True, check=True)
    layer = os.path.relpath(path, build).split('/')[0]
    found, name = [], ''
    for line in done.stdout.split('\n'):
        member = re.match(r'(?:.*/)?([^/]+)\.o:$', line.strip())
        if member:
            name = member.group(1)
            base = name.split('.c')[0]
            continue
        parts = line.split()
        if len(parts) != 2 or parts[0] not in ('U', 'w'):
            continue
        for what, functions, owners, where in OWNERS:
            source = layer + '/' + base + '.c'
            if layer not in where or owners and owners.fullmatch(source):
                continue
            if plain_symbol(parts[1]) in functions:
                found.append(f'{os.path.relpath(path, build)}({name}.o):1: imports {parts[1]}, '
                             f'which {owner_of(what, owners)}')
    return found


def main():
    names = tree.select(tree.tree_files(), '.c', '.h', under=tree.LAYERS)
    violations = []
    for name in names:
        violations += check_source(name)
    libraries = []
    if len(sys.argv) > 1:
        build = os.path.abspath(sys.argv[1])
        libraries = sorted(p for p in glob.glob(build + '/**/lib*.a', recursive=True)
                           if os.path.relpath(p, build).split('/')[0] in tree.LAYERS)
        for path in libraries:
            violations += check_library(path, build)
    tree.report(CHECK, f'{len(names)} C files, {len(libraries)} static libraries', violations)


if __name__ == '__main__':
    main()
