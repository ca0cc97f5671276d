#!/usr/bin/python3
"""Holds our page against two of node_exporter's, one taken before it and one after.

    parity.py BEFORE OURS AFTER NAME

Every family of theirs must be here with the same type and the same series. A value that is equal on both of theirs must
be ours too; a counter must lie between the two; load and amounts of memory must be near both. An older node_exporter
than OLDEST is not compared with. Prints "ok - ..." or "not ok - ..." for each family, and what is passed over and why as
comments. NAME is for those lines.
Exit status 2 when a page cannot be read."""
import re
import sys

OLDEST = (1, 11)
SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')

# Families that are not compared at all.
OTHERS = (
    (r'(go|promhttp|process)_.*|node_exporter_build_info', 'describes the other program'),
    (r'node_scrape_collector_duration_seconds', 'describes the other program'),
)
# Families of ours that node_exporter has not.
ADDED = (
    (r'node_memory_\w+', 'every line of /proc/meminfo is shown, not a list of them'),
    (r'node_cpu_online', 'left out there wherever CPU 0 cannot be switched off'),
    (r'node_mountstats_nfs_mountpoint_info', 'of node_exporter 1.12'),
)
# Series that may be missing or different here: what COMPATIBILITY.md's "Where we differ" says.
DIFFERENT = (
    (r'node_scrape_collector_success\{collector="dmmultipath"\}', 'of node_exporter 1.12'),
    (r'node_wifi_station_(beacon_loss_total|(receive|transmit)_bits_per_second)\{.*',
     'not reported by the driver, 0 there'),
    (r'node_wifi_station_info\{.*', 'the mode of an ad-hoc network is "unknown" there'),
    (r'node_tcp_connection_states\{state="[rt]x_queued_bytes"\}', 'accept queues are taken for bytes there'),
    (r'node_tcp_connection_states\{state="(syn_sent|syn_recv|fin_wait[12]|time_wait|close|closing|last_ack)"\}',
     'a moment of a connection'),
    (r'node_processes_(threads_)?state\{.*', 'states that no thread is in have no series'),
)
# Labels that are not compared: theirs is "0" whenever another file of the disk's queue cannot be read; guest.sh holds ours
# against the kernel's.
LABELS_APART = {'node_disk_info': ('rotational',)}
# Values that move between one scrape and the next although theirs may be equal by chance: series only.
MOVING = (
    (r'node_buddyinfo_blocks\{.*|node_procs_(running|blocked)|node_sockstat_sockets_used|node_filefd_allocated',
     'moves with every process'),
    (r'node_slabinfo_.*', 'moves with every file'),
    (r'node_sockstat_(TCP|UDP)6?_(inuse|alloc|mem|mem_bytes)', 'moves with every connection'),
    (r'node_perf_.*', 'each program counts from its own start'),
    (r'node_mountstats_nfs_transport_idle_time_seconds\{.*', 'a clock'),
)
# Load and memory in use, which move at any time: how far ours may be from between the two of theirs, in its own unit. A
# machine of 2 GiB, whose programs come and go by some megabytes, has other sizes in any other field.
MIB = 1 << 20
NEAR = (
    (r'node_load(1|5|15)', 0.3),
    (r'node_memory_(numa_)?(MemFree|MemAvailable|MemUsed|Buffers|Cached|Active|Inactive|Unevictable|Dirty|Writeback|'
     r'AnonPages|FilePages|Mapped|Shmem|KReclaimable|Slab|SReclaimable|SUnreclaim|KernelStack|PageTables|SecPageTables|'
     r'Committed_AS|VmallocUsed|Percpu)(_\w+)?(\{.*)?', 16 * MIB),
    (r'node_zoneinfo_(nr_(free|(zone_)?(in)?active|anon|file|mapped|shmem|slab|kernel|page|dirty|writeback)\w*|'
     r'\w*slab\w*)\{.*', 16 * MIB // 4096),
)


def named(table, text):
    for pattern, why in table:
        if re.fullmatch(pattern, text):
            return why
    return None


def read(path, labels_apart=None):
    """({family: type}, {family: {series: value}})"""
    if labels_apart is None:
        labels_apart = LABELS_APART
    types, families = {}, {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.startswith('# TYPE '):
                _, _, name, kind = line.split()
                types[name] = kind
                families[name] = {}
            elif not line.startswith('#'):
                match = SAMPLE.match(line.rstrip('\n'))
                if match is None:
                    raise ValueError(f'{path}: cannot be read: {line}')
                name, labels, value = match.groups()
                family = name if name in types else re.sub(r'_(bucket|sum|count)$', '', name)
                apart = labels_apart.get(name, ())
                labels = ','.join(f'{key}="{text}"' for key, text in sorted(LABEL.findall(labels or ''))
                                  if key not in apart)
                families[family][f'{name}{{{labels}}}' if labels else name] = float(value)
    return types, families


def near(one, other):
    return one == other or abs(one - other) <= 1e-9 * max(abs(one), abs(other)) or one != one and other != other


def difference(kind, before, ours, after, passed):
    """What is wrong with a family's series, one line each."""
    for series in sorted(before.keys() & after.keys()):
        why = named(DIFFERENT, series)
        if why:
            passed.setdefault(why, []).append(series)
        elif series not in ours:
            yield f'{series} is missing'
        elif distance := named(NEAR, series):
            low, high = sorted((before[series], after[series]))
            if not low - distance <= ours[series] <= high + distance:
                yield f'{series} is {ours[series]:.17g}, theirs {low:.17g} to {high:.17g}, with {distance} around'
        elif near(before[series], after[series]):
            if not near(ours[series], before[series]) and not named(MOVING, series):
                yield f'{series} is {ours[series]:.17g}, theirs {before[series]:.17g}'
        elif kind == 'counter' and before[series] < after[series] and not named(MOVING, series):
            if not before[series] <= ours[series] <= after[series]:
                yield f'{series} is {ours[series]:.17g}, theirs {before[series]:.17g} to {after[series]:.17g}'
    for series in sorted(ours.keys() - before.keys() - after.keys()):
        why = named(DIFFERENT, series)
        if why:
            passed.setdefault(why, []).append(series)
        else:
            yield f'{series} is here only'


def main():
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        (kinds, before), (our_kinds, ours), (_, after) = (read(path) for path in sys.argv[1:4])
    except (OSError, ValueError, KeyError) as error:
        print(f'# {error}')
        return 2
    state, passed, series_count = sys.argv[4], {}, 0
    version = re.search(r'version="(\d+)\.(\d+)', ''.join(before.get('node_exporter_build_info', {})))
    if version and tuple(map(int, version.groups())) < OLDEST:
        print(f'skip - parity, {state}: node_exporter {".".join(version.groups())} is too old; see PEERS in run.sh')
        return 0
    for name in sorted(before):
        if named(OTHERS, name):
            continue
        kind = kinds[name]
        wrong = list(difference(kind, before[name], ours.get(name, {}), after.get(name, {}), passed))
        if name in ours and our_kinds[name] != kind and not named(DIFFERENT, name):
            wrong.insert(0, f'type {our_kinds[name]} instead of {kind}')
        series_count += len(before[name])
        if wrong:
            rest = f' (and {len(wrong) - 3} more)' if len(wrong) > 3 else ''
            print(f'not ok - parity, {state}: {name}: {"; ".join(wrong[:3])}{rest}')
        else:
            print(f'ok - parity, {state}: {name}')
    for name in sorted(ours.keys() - before.keys()):
        if name.startswith('node_') and not named(ADDED, name):
            print(f'not ok - parity, {state}: {name} is here only')
    for why, series in passed.items():
        print(f'# parity, {state}: {len(series)} series passed over, such as {series[0]}: {why}')
    print(f'# parity, {state}: {series_count} series of theirs compared')
    return 0


if __name__ == '__main__':
    sys.exit(main())
