#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `stoa convert` at random moments and looks at what is left.

Usage: kill_append.py STOA [--kills N] [--seconds S] [--seed N]. After every kill (SIGKILL, so
no handler helps) the dataset must open, hold each acknowledged append once, the killed one
whole or not at all, and take the next append. At the end every byte is verified and gc must
find the leftovers. Fewer kills than N within S seconds are a failure.
"""
import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

ROWS = 400
PARTS = 3


def write_feed(path, batch):
    with open(path, 'w', encoding='utf-8', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['batch', 'id', 'part', 'note'])
        for i in range(ROWS):
            writer.writerow([batch, batch * ROWS + i, 'abc'[i % PARTS], f'note {i * 7919 % 1000}'])


class Dataset:
    def __init__(self, stoa, path):
        self.stoa, self.path = stoa, path
        self.committed = {}  # batch -> rows, as seen

    def run(self, *args):
        return subprocess.run([self.stoa, *args], capture_output=True, text=True, check=False)

    def start(self, feed):
        return subprocess.Popen(
            [self.stoa, 'convert', feed, '-o', self.path, '--partition-by', 'part', '--quiet'],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def batches(self):
        """Rows and distinct-making sums per batch, or None when there is no version yet."""
        sql = f"select batch, count(*), sum(id) from '{self.path}' group by batch order by batch"
        done = self.run('query', sql, '--format', 'csv')
        if done.returncode != 0:
            if not self.committed and ('E502' in done.stderr or 'E302' in done.stderr):
                return {}
            sys.exit(f'the dataset does not open: exit {done.returncode}\n{done.stderr}')
        rows = list(csv.reader(done.stdout.splitlines()))[1:]
        return {int(r[0]): (int(r[1]), int(r[2])) for r in rows}

    def check(self, batch, acknowledged):
        """Compares with what must be there; notes whether `batch` is."""
        found = self.batches()
        for known in self.committed:
            if known not in found:
                sys.exit(f'lost: batch {known} was acknowledged or seen before')
        extra = set(found) - set(self.committed) - {batch}
        if extra:
            sys.exit(f'batches {sorted(extra)} are there and were never committed')
        if acknowledged and batch not in found:
            sys.exit(f'lost: batch {batch} was acknowledged')
        for number, (count, total) in found.items():
            expected = sum(range(number * ROWS, (number + 1) * ROWS))
            if count != ROWS or total != expected:
                sys.exit(f'batch {number}: expected {ROWS} rows, found {count} (sum {total})')
        self.committed = found


def convert_once(dataset, feed, batch):
    """An undisturbed append; its duration."""
    write_feed(feed, batch)
    begun = time.monotonic()
    process = dataset.start(feed)
    message = process.communicate()[1]
    duration = time.monotonic() - begun
    if process.returncode != 0:
        sys.exit(f'an append after a kill failed: exit {process.returncode}\n{message}')
    dataset.check(batch, True)
    return duration


def kill_once(dataset, feed, batch, delay):
    """An append killed after `delay` seconds. Returns (was killed, was committed)."""
    write_feed(feed, batch)
    process = dataset.start(feed)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    killed = process.returncode == -signal.SIGKILL
    if not killed and process.returncode != 0:
        sys.exit(f'batch {batch}: exit {process.returncode}')
    dataset.check(batch, not killed)
    return killed, batch in dataset.committed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('stoa')
    parser.add_argument('--kills', type=int, default=200)
    parser.add_argument('--seconds', type=float, default=270)
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix='stoa-kill-') as folder:
        dataset = Dataset(options.stoa, os.path.join(folder, 'ds'))
        feed = os.path.join(folder, 'feed.csv')
        end = time.monotonic() + options.seconds
        kills = whole = batch = 0
        duration = 0.05
        while kills < options.kills:
            if time.monotonic() > end:
                sys.exit(f'expected {options.kills} kills within {options.seconds:.0f} seconds, '
                         f'made {kills}')
            batch += 1
            # More of the later moments, where the commit is.
            killed, committed = kill_once(dataset, feed, batch,
                                          duration * 1.1 * rng.random() ** 0.5)
            kills += killed
            whole += killed and committed
            if batch % 10 == 0:
                batch += 1
                duration = 0.7 * duration + 0.3 * convert_once(dataset, feed, batch)
        done = dataset.run('verify', dataset.path, '--deep')
        if done.returncode != 0:
            sys.exit(f'verify found damage: {done.stderr}')
        done = dataset.run('gc', dataset.path, '--grace', '0s', '--force')
        if done.returncode != 0:
            sys.exit(f'gc failed: {done.stderr}')
        dataset.check(0, False)
        print(f'{kills} kills, {whole} of them after the commit, {len(dataset.committed)} appends '
              f'committed, none lost, none twice (seed {options.seed})')


if __name__ == '__main__':
    main()
