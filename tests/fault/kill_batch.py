#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one load with a batch id again and again, kills many of the runs, and counts the rows.

Usage: kill_batch.py STOA [--runs N] [--kills N] [--seed N]. All runs are the same command. Some are killed (SIGKILL) at
random moments, some run two at a time. In the end there must be one version with every row once, and
nothing that verify complains of; then the batch is replaced under the same kills, and its rows must be those of one source or
of the other at every moment.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROWS = 20000


class Load:
    def __init__(self, stoa, folder):
        self.stoa, self.dataset, self.feed = stoa, os.path.join(folder, 'ds'), os.path.join(folder, 'feed.csv')

    def write_feed(self, first):
        with open(self.feed, 'w', encoding='utf-8') as file:
            file.write('id,part,note\n')
            for i in range(first, first + ROWS):
                file.write(f'{i},{"abc"[i % 3]},note {i * 7919 % 1000}\n')

    def start(self, *more):
        return subprocess.Popen([self.stoa, 'convert', self.feed, '-o', self.dataset, '--partition-by', 'part', '--batch-id',
                                 'day 1', '--quiet', *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def run(self, *args):
        return subprocess.run([self.stoa, *args], capture_output=True, text=True, check=False)

    def look(self):
        """Rows, distinct ids, smallest id; None before the first version."""
        done = self.run('query', f"SELECT count(*), count(DISTINCT id), min(id) FROM '{self.dataset}'", '--format', 'csv')
        if done.returncode != 0:
            if 'E502' in done.stderr or 'E302' in done.stderr:
                return None
            sys.exit(f'the dataset does not open: {done.stderr}')
        return tuple(int(cell) for cell in done.stdout.splitlines()[1].split(','))

    def versions(self):
        return int(self.run('query', f"SELECT 1 FROM '{self.dataset}'").returncode == 0) and \
            len(self.run('log', self.dataset).stdout.splitlines()) - 2


def finish(process, kills):
    message = process.communicate()[1]
    if process.returncode == -signal.SIGKILL:
        return kills + 1
    if process.returncode != 0:
        sys.exit(f'exit {process.returncode}: {message}')
    return kills


def one_round(load, options, random_, states, *more):
    """Runs with kills; after each the rows are those of one of `states`. Returns the kills made."""
    kills = 0
    begun = time.monotonic()
    kills = finish(load.start('--dry-run', *more), kills)
    duration = 1.5 * (time.monotonic() - begun)
    for number in range(options.runs):
        begun = time.monotonic()
        processes = [load.start(*more) for _ in range(1 + (number % 5 == 4))]
        if kills < options.kills and number % 5 != 4:
            time.sleep(duration * random_.random() ** 0.5)
            processes[0].send_signal(signal.SIGKILL)
        before = kills
        for process in processes:
            kills = finish(process, kills)
        if kills == before:  # once it is committed a run is shorter
            duration = 0.5 * duration + 0.5 * (time.monotonic() - begun)
        if load.look() not in states:
            sys.exit(f'after run {number}: expected one of {states}, found {load.look()}')
    return kills


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('stoa')
    parser.add_argument('--runs', type=int, default=50)
    parser.add_argument('--kills', type=int, default=30)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    random_ = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix='stoa-kill-') as folder:
        load = Load(options.stoa, folder)
        old, new = (ROWS, ROWS, 0), (ROWS, ROWS, 7 * ROWS)
        load.write_feed(0)
        kills = one_round(load, options, random_, (None, old))
        finish(load.start(), 0)
        if load.look() != old or load.versions() != 1:
            sys.exit(f'expected one version of {ROWS} rows, found {load.versions()} of {load.look()}')
        load.write_feed(7 * ROWS)
        more = one_round(load, options, random_, (old, new), '--replace-batch')
        finish(load.start('--replace-batch'), 0)
        if load.look() != new:
            sys.exit(f'expected the rows of the new source, found {load.look()}')
        done = load.run('verify', load.dataset, '--deep')
        if done.returncode != 0:
            sys.exit(f'verify found damage: {done.stderr}')
        print(f'{options.runs} runs with {kills} kills made one version of {ROWS} rows; {more} kills while it was replaced: '
              f'always the old rows or the new ones (seed {options.seed})')


if __name__ == '__main__':
    main()
