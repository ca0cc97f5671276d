"""The user's own statements (--extend.query-path) asked of a real server: values by their types, what fails, what a
predicate or a ttl leaves out, and a file that changes while the exporter runs."""
import os
import signal
import urllib.error
import urllib.request

import servers
from process import wait_for
from report import check

QUERIES = '''
own_items:
  query: SELECT price % 2 = 0 AS even, count(*) AS items, max(interval '1 day 2 hours') AS age FROM item GROUP BY 1
  metrics:
    - even: {usage: LABEL, description: Whether the price is even.}
    - items: {usage: GAUGE, description: Items.}
own_types:
  query: SELECT 9007199254740993 AS big, date '2000-01-01' AS day, true AS yes, 'up' AS word, NULL::int AS nothing
  metrics: [{word: {usage: MAPPEDMETRIC, metric_mapping: {up: 1}}}]
own_histogram:
  query: SELECT ARRAY[1, 2.5] AS h, ARRAY[1, 3] AS h_bucket, 9.5 AS h_sum, 4 AS h_count
  metrics: [{h: {usage: HISTOGRAM}}]
own_each: {query: SELECT count(*) AS n FROM pg_class, scope: database}
own_aside: {query: SELECT count(*) AS n FROM item, ttl: 1h}
own_primary: {query: SELECT 1 AS n, on: primary}
own_standby: {query: SELECT 1 AS n, on: standby}
own_elsewhere: {query: SELECT 1 AS n FROM nowhere, predicate: SELECT to_regclass('nowhere') IS NOT NULL}
own_newer: {query: SELECT 1 AS n FROM nowhere, versions: '>=99'}
own_missing: {query: SELECT 1 AS n FROM nowhere}
own_slow: {query: SELECT pg_sleep(20) IS NULL AS n, timeout: 100ms}
own_write: {query: DELETE FROM item RETURNING id AS n}
'''


def post(url):
    request = urllib.request.Request(url, method='POST')
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def own_lines(exporter):
    return [line for line in exporter.page('/metrics/postgres')[2].splitlines() if line.startswith('own_')]


def log_of(folder):
    with open(os.path.join(folder, 'own.log'), encoding='utf-8') as file:
        return file.read()


def everything(program, folder, postgres):
    path = os.path.join(folder, 'queries.yml')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(QUERIES)
    exporter = servers.Exporter(program, folder, postgres, name='own',
                                arguments=[f'--extend.query-path={path}', '--web.enable-lifecycle'])
    try:
        values(exporter, postgres)
        failures(exporter, folder)
        changes(exporter, path)
    finally:
        exporter.process.stop()


def values(exporter, postgres):
    server = f'server="127.0.0.1:{postgres.port}"'
    even = postgres.query('SELECT count(*) FROM item WHERE price % 2 = 0', 'watched')
    classes = postgres.query('SELECT count(*) FROM pg_class', 'other')
    items = postgres.query('SELECT count(*) FROM item', 'watched')
    page = own_lines(exporter)
    for line in (f'own_items_items{{even="true",{server}}} {even}', f'own_items_age{{even="true",{server}}} 93600',
                 f'own_types_big{{{server}}} 9007199254740993', f'own_types_day{{{server}}} 946684800',
                 f'own_types_yes{{{server}}} 1', f'own_types_word{{{server}}} 1', f'own_types_nothing{{{server}}} NaN',
                 f'own_histogram_h_bucket{{{server},le="2.5"}} 3', f'own_histogram_h_count{{{server}}} 4',
                 f'own_each_n{{datname="other",{server}}} {classes}', f'own_aside_n{{{server}}} {items}',
                 f'own_primary_n{{{server}}} 1'):
        check(line in page, f'own queries: {line}', '\n'.join(page))
    for name in ('own_standby', 'own_elsewhere', 'own_newer', 'own_missing', 'own_slow', 'own_write'):
        check(not any(line.startswith(name) for line in page), f'own queries: {name} shows nothing', '\n'.join(page))


def failures(exporter, folder):
    page = exporter.page('/metrics/postgres')[2]
    for name in ('own_missing', 'own_slow', 'own_write'):
        check(f'resource_exporter_postgres_query_success{{query="{name}"}} 0\n' in page, f'own queries: {name} failed')
        check(log_of(folder).count(f': {name}: ') == 1, f'own queries: the log names {name} once', log_of(folder))
    check('resource_exporter_postgres_query_success{query="own_newer"} 1\n' in page, 'own queries: not asked is no failure')
    check('pg_up 1\n' in page and 'pg_stat_database_numbackends{' in page, 'own queries: the rest of the page stands')


def changes(exporter, path):
    def write(text):
        with open(path + '.new', 'w', encoding='utf-8') as file:
            file.write(text)
        os.rename(path + '.new', path)

    write('own_new: {query: SELECT 7 AS n}\n')
    check([line.split()[-1] for line in own_lines(exporter)] == ['7'], 'own queries: a file that changes is read again')
    write('own_new: [\n')
    check([line.split()[-1] for line in own_lines(exporter)] == ['7'], 'own queries: a wrong file changes nothing')
    status, text = post(exporter.url('/-/reload'))
    check(status == 500 and f'{path}:2:1: ' in text, 'own queries: POST /-/reload says what is wrong', f'{status} {text}')
    write('own_new: {query: SELECT 8 AS n}\n')
    status, text = post(exporter.url('/-/reload'))
    check(status == 200, 'own queries: POST /-/reload', f'{status} {text}')
    os.kill(exporter.process.pid, signal.SIGHUP)
    check(wait_for(lambda: [line.split()[-1] for line in own_lines(exporter)] == ['8'], 5),
          'own queries: SIGHUP does not end the exporter')
