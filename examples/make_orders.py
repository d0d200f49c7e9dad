#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes orders.csv beside itself: 1,700 orders of a small shop over five months.

The numbers come from a fixed linear congruential generator, so that the file is the same on
every machine and with every version of Python.
"""
import datetime
import os

ROWS = 1700
START = datetime.datetime(2026, 1, 5, 8, 0, 0)

COUNTRIES = [('DE', 30), ('FR', 22), ('ES', 16), ('NL', 12), ('IT', 9), ('SE', 6), ('PT', 5)]
PRODUCTS = [
    ('espresso cups, set of 4', 'kitchen', 2450), ('bread knife', 'kitchen', 3190),
    ('cast iron pan', 'kitchen', 5490), ('tea towel', 'kitchen', 690),
    ('desk lamp', 'office', 4290), ('notebook A5', 'office', 890), ('fountain pen', 'office', 2790),
    ('wool blanket', 'home', 7990), ('wall clock', 'home', 3650), ('candle "cedar"', 'home', 1290),
    ('garden shears', 'garden', 2290), ('herb planter', 'garden', 1790), ('watering can', 'garden', 2590),
]
NOTES = ['please ring twice', 'gift, no invoice', 'leave with neighbour', 'deliver after 17:00',
         'back door, not the front', 'for "Café Mistral"', 'fragile']


class Dice:
    """Knuth's MMIX generator; the upper bits are the good ones."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return (self.state >> 33) % limit

    def weighted(self, pairs):
        at = self.below(sum(weight for _, weight in pairs))
        for value, weight in pairs:
            if at < weight:
                return value
            at -= weight
        raise AssertionError('weights add up')


def quoted(text):
    if any(c in text for c in ',"\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def rows():
    dice, now = Dice(20260105), START
    for number in range(ROWS):
        now += datetime.timedelta(seconds=300 + dice.below(14400))
        product, category, cents = PRODUCTS[min(dice.below(13), dice.below(13))]
        quantity = 1 + min(dice.below(6), dice.below(6))
        if category == 'garden' and now.month < 3:
            quantity = 1
        discount = f'0.{5 * (dice.below(4) + 1):02d}' if dice.below(5) == 0 else ''
        waited = 1 + min(dice.below(12), dice.below(12))
        shipped = '' if dice.below(40) == 0 else str((now + datetime.timedelta(days=waited)).date())
        note = NOTES[dice.below(len(NOTES))] if dice.below(8) == 0 else ''
        yield [str(100001 + number), now.isoformat(sep=' '), f'C{1 + dice.below(420):04d}',
               dice.weighted(COUNTRIES), product, category, str(quantity),
               f'{cents // 100}.{cents % 100:02d}', discount, shipped,
               'true' if dice.below(9) == 0 else 'false', note]


def main():
    head = ('order_id,ordered_at,customer,country,product,category,quantity,unit_price,discount,'
            'shipped_on,gift,note')
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'orders.csv')
    with open(path, 'w', encoding='utf-8', newline='') as file:
        file.write(head + '\n')
        for row in rows():
            file.write(','.join(quoted(field) for field in row) + '\n')


if __name__ == '__main__':
    main()
