# SPDX-License-Identifier: Apache-2.0
"""What the SQL tests share: running the command, making datasets, failing with all the facts."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIP = 77


class Stoa:
    """The command at one path, in one working folder."""

    def __init__(self, path, folder):
        self.path = os.path.abspath(path)
        self.folder = folder

    def run(self, *args):
        return subprocess.run([self.path, *args], cwd=self.folder, capture_output=True, timeout=120)

    def convert(self, *args):
        done = self.run('convert', *args, '--quiet', '--progress', 'off')
        if done.returncode != 0:
            sys.exit(f'convert {" ".join(map(str, args))} failed:\n{done.stderr.decode()}')

    def query(self, sql, *args):
        return self.run('query', sql, *args)

    def rows(self, sql, *args):
        """The answer as a list of lists, numbers and NULLs as JSON has them; None and the error
        when there is none. Columns need names of their own."""
        done = self.query(sql, '--format', 'ndjson', *args)
        if done.returncode != 0:
            return None, done.stderr.decode()
        lines = done.stdout.decode().splitlines()
        return [list(json.loads(line).values()) for line in lines], ''


def real_data():
    """The folder of real data, or None."""
    path = os.environ.get('STOA_TEST_DATA')
    path = pathlib.Path(path) if path else ROOT.parent / 'shared' / 'data'
    return path if path.is_dir() else None
