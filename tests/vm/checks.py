#!/usr/bin/python3
"""Answers the checks that guest.sh left open, since the emulated machine is slow.

    checks.py RESULTS

Prints the file RESULTS, but for lines of the form (tabs between the fields)

    expect  NAME  OPERATOR  NUMBER  PAGE  METRIC  [LABEL="TEXT" ...]

an "ok - NAME" or "not ok - NAME: ...": the page, a file beside RESULTS, has exactly one series of the metric with these
labels, and its value compares so."""
import operator
import os
import sys

from parity import read

OPERATORS = {'==': operator.eq, '<': operator.lt, '>': operator.gt, '>=': operator.ge}


def wrong(pages, compare, number, page, metric, *labels):
    """What is wrong with the value; empty when nothing is."""
    try:
        if page not in pages:
            pages[page] = read(page, labels_apart={})[1]
        series = pages[page].get(metric, {})
        found = [value for text, value in series.items() if all(label in text for label in labels)]
        if len(found) == 1 and OPERATORS[compare](found[0], float(number)):
            return ''
        return f'{metric} {" ".join(labels)} is {found}, not {compare} {number}'
    except (OSError, ValueError, KeyError) as error:
        return f'cannot be told: {error!r}'


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, pages = os.path.dirname(sys.argv[1]), {}
    with open(sys.argv[1], encoding='utf-8') as results:
        for line in results:
            kind, *fields = line.rstrip('\n').split('\t')
            if kind != 'expect':
                print(line, end='')
                continue
            name, compare, number, page, *series = fields
            text = wrong(pages, compare, number, os.path.join(folder, page), *series)
            print(f'not ok - {name}: {text}' if text else f'ok - {name}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
