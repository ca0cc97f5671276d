#!/usr/bin/python3
"""Measures ours and postgres_exporter on one server with many databases. Started by databases.sh.

    databases.py PROGRAM [--databases 20] [--tables 500] [--scrapes 20]

Scrapes are a second apart, without gzip. What ours reads between scrapes counts: CPU is all that a process takes from
one scrape to the next, and so is that of the server."""
import argparse
import os
import re
import shutil
import statistics
import sys
import tempfile
import time

from compare import Subject, peer_program  # which also makes the modules of tests/live known
from effort import COUNTING, Effort, PostgresEffort
import process
import servers
from process import StartError

EXAMPLES = '/usr/share/doc/prometheus-postgres-exporter/examples/queries.yaml'
FILL = """DO $$ BEGIN FOR i IN 1..%d LOOP EXECUTE format('CREATE TABLE t_%%s (id int PRIMARY KEY, v text, w int);
CREATE INDEX ON t_%%s (w); INSERT INTO t_%%s SELECT n, repeat(''x'', 50), n FROM generate_series(1, 200) n', i, i, i);
END LOOP; END $$"""
MOST_CPU, MOST_SECONDS, MOST_MEMORY = 0.03, 0.150, 60.0  # of the peer's; median; MB


def example_queries(folder):
    """The examples without pg_process_idle, which makes the same series in every database and so fails the page."""
    with open(EXAMPLES, encoding='utf-8') as file:
        text = file.read()
    path = os.path.join(folder, 'queries.yaml')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(re.sub(r'(?ms)^pg_process_idle:.*?(?=^\S|\Z)', '', text))
    os.chmod(path, 0o644)
    return path


def high_water(subject):
    with open(f'/proc/{subject.process.pid}/status', encoding='ascii') as file:
        return int(re.search(r'VmHWM:\s*(\d+)', file.read()).group(1)) / 1000 * 1.024


def measure(subject, server, scrapes):
    for _ in range(3):
        subject.scrape('identity')
        time.sleep(1)
    effort = Effort(server)
    effort.begin()
    subject.begin()
    most = 0
    for _ in range(scrapes):
        page = subject.scrape('identity')
        most = max(most, server.connections())
        time.sleep(1)
    cpu = (subject.cpu() - subject.cpu_before) / scrapes * 1e3
    asked = effort.end(scrapes)
    return {'CPU per scrape, ms': cpu,
            'median wall time, ms': statistics.median(subject.seconds) * 1e3,
            'peak memory, MB': high_water(subject), 'connections': most,
            "server's CPU per scrape, ms": asked["server's CPU, ms"],
            'statements per scrape': asked['statements'], 'new connections per scrape': asked['new connections'],
            'series': sum(1 for line in page.splitlines() if line and not line.startswith(b'#')),
            'page, MB': len(page) / 1e6}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('program')
    arguments.add_argument('--databases', type=int, default=20)
    arguments.add_argument('--tables', type=int, default=500)
    arguments.add_argument('--scrapes', type=int, default=20)
    options = arguments.parse_args()
    folder = tempfile.mkdtemp(prefix='reb.')
    os.chmod(folder, 0o755)
    try:
        postgres = servers.Postgres(folder, COUNTING)
        postgres.query('CREATE DATABASE many_0')
        postgres.query(FILL % options.tables, 'many_0')
        for number in range(1, options.databases):
            postgres.query(f'CREATE DATABASE many_{number} TEMPLATE many_0')
        server = PostgresEffort(postgres)
        listen = '--web.listen-address=127.0.0.1:PORT'
        source = {'DATA_SOURCE_NAME': postgres.dsn()}
        peer = Subject('postgres_exporter', peer_program('postgres_exporter'), '/metrics',
                       [listen, '--auto-discover-databases', '--extend.query-path=' + example_queries(folder)],
                       f'{folder}/peer.log', source)
        theirs = measure(peer, server, max(3, options.scrapes // 4))
        peer.process.stop()
        ours = Subject('resource_exporter', options.program, '/metrics/postgres', [listen], f'{folder}/ours.log', source)
        result = measure(ours, server, options.scrapes)
        print('| who | ' + ' | '.join(result) + ' |')
        print('| --- |' + ' ---: |' * len(result))
        for who, row in (('**resource_exporter**', result), ('postgres_exporter', theirs)):
            print(f'| {who} | ' + ' | '.join(f'{value:,.0f}' if value > 999 else f'{value:.3g}'
                                             for value in row.values()) + ' |')
        print('| ratio | ' + ' | '.join(f'{result[name] / theirs[name]:.2g}' for name in result) + ' |')
        print(f'\n{options.databases} databases of {options.tables} tables.')
        limits = {'CPU': (result['CPU per scrape, ms'] / theirs['CPU per scrape, ms'], MOST_CPU),
                  'median': (result['median wall time, ms'] / 1e3, MOST_SECONDS),
                  'memory': (result['peak memory, MB'], MOST_MEMORY)}
        passed = [f'{name} {value:.3g} is over {limit:g}' for name, (value, limit) in limits.items() if value > limit]
        print('\n'.join(passed), file=sys.stderr)
        return 1 if passed else 0
    except StartError as error:
        print(f'databases: {error}', file=sys.stderr)
        return 1
    finally:
        process.stop_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
