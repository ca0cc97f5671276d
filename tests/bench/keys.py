#!/usr/bin/python3
"""Measures ours and redis_exporter on one Redis of many keys, all checked. Started by keys.sh.

    keys.py PROGRAM [--keys 100000] [--pages 4]

Pages are 15 seconds apart. What ours reads between them counts: CPU is all that a process takes from the start of the
program to the last page, by page. The longest command is that of the server's slow log."""
import argparse
import os
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time

from compare import Subject, peer_program  # which also makes the modules of tests/live known
import process
import servers
from process import StartError

INTERVAL = 15
MOST_CPU, MOST_COMMAND = 0.25, 5.0  # of the peer's; milliseconds


class Other:
    """A client that pings a thousand times a second."""

    def __init__(self, port):
        self.connection = socket.create_connection(('127.0.0.1', port))
        self.seconds, self.going = [], True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.going:
            begin = time.perf_counter()
            self.connection.sendall(b'PING\r\n')
            self.connection.recv(64)
            self.seconds.append(time.perf_counter() - begin)
            time.sleep(0.001)

    def end(self):
        """p99 and the longest, in milliseconds."""
        self.going = False
        self.thread.join()
        self.connection.close()
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * 0.99)] * 1e3, ordered[-1] * 1e3


def fill(redis, keys):
    redis.call('CONFIG', 'SET', 'maxmemory', '0')
    redis.call('CONFIG', 'SET', 'slowlog-log-slower-than', '200')
    redis.call('CONFIG', 'SET', 'slowlog-max-len', '100000')
    redis.call('EVAL', "for i = 1, ARGV[1] do redis.call('SET', 'user:' .. i, string.rep('x', i % 200)) end", '0', str(keys))


def longest_command(redis):
    """Milliseconds; of those above 0.2."""
    lines = redis.call('SLOWLOG', 'GET', '-1').splitlines()
    # Entries are id, time, microseconds, words, client, name: an id follows a name, and the words vary in number.
    longest = 0
    for place in range(len(lines) - 2):
        if all(word.isdigit() for word in lines[place:place + 3]) and int(lines[place + 1]) > 1_600_000_000:
            longest = max(longest, int(lines[place + 2]))
    return longest / 1e3


def measure(title, program, path, arguments, redis, folder, options):
    other = Other(redis.port)
    redis.call('SLOWLOG', 'RESET')
    server = sum(float(redis.info()[f'used_cpu_{kind}']) for kind in ('sys', 'user'))
    subject = Subject(title, program, path, ['--web.listen-address=127.0.0.1:PORT', '--check-keys=user:*', *arguments],
                      f'{folder}/{title}.log', {'REDIS_ADDR': redis.address()})
    keys, seconds = 0, []
    for _ in range(options.pages):
        begin = time.perf_counter()
        page = subject.scrape('identity')
        seconds.append(time.perf_counter() - begin)
        keys = page.count(b'\nredis_key_size{')
        time.sleep(max(0, INTERVAL - seconds[-1]))
    cpu, rss = subject.cpu(), subject.memory()[0]
    subject.process.stop()
    server = sum(float(redis.info()[f'used_cpu_{kind}']) for kind in ('sys', 'user')) - server
    p99, longest = other.end()
    return {'CPU per page, ms': cpu / options.pages * 1e3, 'median page, ms': statistics.median(seconds) * 1e3,
            'keys on the page': keys, 'RSS, MB': rss, "server's CPU per page, ms": server / options.pages * 1e3,
            'longest command, ms': longest_command(redis), "another client's p99, ms": p99, 'its longest, ms': longest}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('program')
    arguments.add_argument('--keys', type=int, default=100_000)
    arguments.add_argument('--pages', type=int, default=4)
    options = arguments.parse_args()
    folder = tempfile.mkdtemp(prefix='reb.')
    os.chmod(folder, 0o755)
    try:
        redis = servers.Redis(folder)
        fill(redis, options.keys)
        theirs = measure('redis_exporter', peer_program('redis_exporter'), '/metrics', [], redis, folder, options)
        ours = measure('resource_exporter', options.program, '/metrics/redis', ['--no-postgres.discover', '--redis.max-series=10000000'], redis,
                       folder, options)
        print('| who | ' + ' | '.join(ours) + ' |')
        print('| --- |' + ' ---: |' * len(ours))
        for who, row in (('**resource_exporter**', ours), ('redis_exporter', theirs)):
            print(f'| {who} | ' + ' | '.join(f'{value:,.0f}' if value > 999 else f'{value:.3g}'
                                             for value in row.values()) + ' |')
        print(f'\n{options.keys} keys, {options.pages} pages, {INTERVAL} s apart.')
        limits = {'CPU': (ours['CPU per page, ms'] / theirs['CPU per page, ms'], MOST_CPU),
                  'the longest command': (ours['longest command, ms'], MOST_COMMAND)}
        passed = [f'{name} {value:.3g} is over {limit:g}' for name, (value, limit) in limits.items() if value > limit]
        print('\n'.join(passed), file=sys.stderr)
        return 1 if passed or ours['keys on the page'] != options.keys else 0
    except StartError as error:
        print(f'keys: {error}', file=sys.stderr)
        return 1
    finally:
        process.stop_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
