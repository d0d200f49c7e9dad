#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""On a terminal `stoa` prints no control bytes, whatever the data holds: run under a pseudo-terminal, byte by byte.

  check_terminal.py STOA
"""
import os
import pathlib
import pty
import subprocess
import sys
import tempfile

HARMFUL = ["\x1b[2J\x1b[31m", "\x07", "\x08\x08", "\r", "\x9b31m", "\u202egnp.exe", "\u2066x\u2069", "a\nb\tc", "\x7f", "\ufeff",
           "\x00"[:0] + "plain", "wide 漢字", "x" * 200]


def on_terminal(stoa, *args):
    """Standard output and error of the command on one terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([stoa, *args], stdout=follower, stderr=follower, stdin=subprocess.DEVNULL)
    os.close(follower)
    pieces = []
    try:
        while piece := os.read(leader, 65536):
            pieces.append(piece)
    except OSError:
        pass  # how a terminal says that nobody writes any more
    os.close(leader)
    return process.wait(), b"".join(pieces)


def check_bytes(data, what):
    # The terminal itself makes CR LF of each LF; TAB parts the fields of TSV and stays in CSV.
    text = data.replace(b"\r\n", b"\n").decode("utf-8", errors="surrogateescape")
    for c in text:
        code = ord(c)
        if (code < 0x20 and c not in "\n\t") or 0x7f <= code < 0xa0 or code in (0x200e, 0x200f, 0xfeff) \
                or 0x2028 <= code <= 0x202e or 0x2066 <= code <= 0x2069 or 0xdc80 <= code <= 0xdcff:
            sys.exit(f"{what}: U+{code:04X} reached the terminal in {text!r}")


def main():
    stoa = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        source, dataset = pathlib.Path(name) / "s.csv", pathlib.Path(name) / "d"
        quoted = ['"' + text.replace('"', '""') + '"' for text in HARMFUL]
        head = '"id","te\x1bxt\u202e"\n'
        source.write_text(head + "".join(f"{i},{text}\n" for i, text in enumerate(quoted)), newline="")
        subprocess.run([stoa, "convert", str(source), "-o", str(dataset), "--quiet"], check=True)
        statement = f"SELECT * FROM '{dataset}'"
        for what in (["query", statement], ["query", statement, "--format", "table", "--max-width", "0"],
                     ["query", statement, "--format", "csv"], ["query", statement, "--format", "tsv"],
                     ["query", statement, "--format", "json"], ["head", str(dataset)], ["info", str(dataset)],
                     ["query", f"DESCRIBE {statement}"], ["query", f"SELECT '\x1b[31m' FROM '{dataset}'"],
                     ["query", "EXPLAIN " + statement + " WHERE id > 3"]):
            code, data = on_terminal(stoa, *what)
            if code != 0:
                sys.exit(f"{what}: exit {code}\n{data.decode(errors='replace')}")
            check_bytes(data, what)
        for what in (["query", "SELECT \x1b[31m"], ["query", f"SELECT nope\u202e FROM '{dataset}'"], ["\x1b[31m"],
                     ["query", statement + " WHERE \"te\x1bxt\u202e\" = 5"], ["info", name + "/\x1b[2J"], ["head", "--\x1b"]):
            code, data = on_terminal(stoa, *what)
            if code == 0:
                sys.exit(f"{what}: expected a failure")
            check_bytes(data, what)


if __name__ == "__main__":
    main()
