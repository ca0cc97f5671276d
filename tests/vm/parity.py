#!/usr/bin/python3
"""What a page of node_exporter holds and ours does not: families, types, sets of label names.

    parity.py THEIRS OURS

Prints a line "ok - ..." or "not ok - ..." for each family of theirs. What describes the Go runtime and the other
program itself is passed over."""
import re
import sys

OWN = re.compile(r'^(go_|promhttp_|process_|node_exporter_build_info|node_scrape_collector_)')
SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"')


def read(path):
    """{family: (type, {frozenset(label names)})}"""
    families, types = {}, {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.startswith('# TYPE '):
                _, _, name, kind = line.split()
                types[name] = kind
                families.setdefault(name, set())
            elif not line.startswith('#'):
                match = SAMPLE.match(line.rstrip('\n'))
                if match is None:
                    raise SystemExit(f'{path}: cannot be read: {line}')
                name = match.group(1)
                if name not in types:
                    name = re.sub(r'_(bucket|sum|count)$', '', name)
                families.setdefault(name, set()).add(frozenset(LABEL.findall(match.group(2) or '')))
    return {name: (types.get(name, 'untyped'), labels) for name, labels in families.items()}


def difference(theirs, ours):
    if ours is None:
        return 'missing'
    if ours[0] != theirs[0]:
        return f'type {ours[0]} instead of {theirs[0]}'
    missing = theirs[1] - ours[1]
    if missing:
        return 'no series with the labels ' + ' or '.join('{' + ','.join(sorted(names)) + '}' for names in missing)
    return ''


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    theirs, ours = read(sys.argv[1]), read(sys.argv[2])
    wrong = 0
    for name in sorted(theirs):
        if not OWN.match(name):
            text = difference(theirs[name], ours.get(name))
            wrong += bool(text)
            print(f'not ok - parity: {name}: {text}' if text else f'ok - parity: {name}')
    return wrong != 0


if __name__ == '__main__':
    sys.exit(main())
