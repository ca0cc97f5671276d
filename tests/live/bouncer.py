"""PgBouncer: its admin console against what its SHOW statements say in psql, and PostgreSQL through it."""
import os
import pwd
import re

import servers
from faults import families, sample
from process import Process, StartError, free_port, run, wait_for
from report import check, skip

INI = """[databases]
* = host=127.0.0.1 port=%(server)d
kept = host=127.0.0.1 port=%(server)d dbname=watched pool_mode=session pool_size=7 reserve_pool=2
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %(port)d
unix_socket_dir =
auth_type = trust
auth_file = %(folder)s/users.txt
stats_users = reader
pool_mode = transaction
max_client_conn = 90
max_user_connections = 33
"""
LABELS = re.compile(r'([a-z_]+)="([^"]*)"')

# SHOW statement: labels of its rows, then columns and their metrics.
TABLES = {
    'DATABASES': (('name', 'host', 'port', 'database', 'force_user', 'pool_mode'), 'pgbouncer_databases_', {
        'pool_size': 'pool_size', 'reserve_pool': 'reserve_pool', 'reserve_pool_size': 'reserve_pool',
        'max_connections': 'max_connections', 'current_connections': 'current_connections', 'paused': 'paused',
        'disabled': 'disabled'}),
    'STATS_TOTALS': (('database',), 'pgbouncer_stats_totals_', {
        'xact_count': 'sql_transactions_pooled_total', 'query_count': 'queries_pooled_total',
        'bytes_received': 'received_bytes_total', 'bytes_sent': 'sent_bytes_total',
        'xact_time': 'server_in_transaction_seconds_total', 'query_time': 'queries_duration_seconds_total',
        'wait_time': 'client_wait_seconds_total', 'server_assignment_count': 'server_assignments_total'}),
    'POOLS': (('database', 'user'), 'pgbouncer_pools_', {
        'cl_active': 'client_active_connections', 'cl_waiting': 'client_waiting_connections',
        'cl_active_cancel_req': 'client_active_cancel_connections',
        'cl_waiting_cancel_req': 'client_waiting_cancel_connections', 'sv_active': 'server_active_connections',
        'sv_active_cancel': 'server_active_cancel_connections',
        'sv_being_canceled': 'server_being_canceled_connections', 'sv_idle': 'server_idle_connections',
        'sv_used': 'server_used_connections', 'sv_tested': 'server_testing_connections',
        'sv_login': 'server_login_connections', 'maxwait': 'client_maxwait_seconds'})}
# Those that asking by psql changes.
MOVES = {('pgbouncer', 'xact_count'), ('pgbouncer', 'query_count'), ('pgbouncer', 'cl_active')}
LISTS = {'databases': 'databases', 'users': 'users', 'pools': 'pools', 'free_clients': 'free_clients',
         'used_clients': 'used_clients', 'login_clients': 'login_clients', 'free_servers': 'free_servers',
         'used_servers': 'used_servers', 'dns_names': 'cached_dns_names', 'dns_zones': 'cached_dns_zones',
         'dns_queries': 'in_flight_dns_queries'}


class Bouncer:
    """PgBouncer in front of `postgres`; `reader` may look at its console."""

    def __init__(self, folder, postgres):
        self.port, self.bin = free_port(), postgres.bin
        self.folder = os.path.join(folder, 'bouncer')
        os.makedirs(self.folder)
        values = {'server': postgres.port, 'port': self.port, 'folder': self.folder}
        for name, text in (('ini', INI % values), ('users.txt', '"postgres" ""\n"reader" ""\n')):
            with open(os.path.join(self.folder, name), 'w', encoding='ascii') as file:
                file.write(text)
        if postgres.as_owner:
            owner = pwd.getpwnam('postgres')
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.process = Process([*postgres.as_owner, servers.need('pgbouncer'), os.path.join(self.folder, 'ini')],
                               os.path.join(folder, 'bouncer.log'))
        self.process.wait_ready(lambda: self.show('VERSION', check=False))

    def show(self, what, check=True):  # pylint: disable=redefined-outer-name
        """[{column: text}]"""
        text = run(f'{self.bin}/psql', '-XAq', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'reader', '-d', 'pgbouncer',
                   '-P', 'footer=off', '-c', f'SHOW {what}', check=check)
        head, *rows = [line.split('|') for line in text.splitlines()] or [[]]
        return [dict(zip(head, row)) for row in rows]

    def url(self, user, database, more=''):
        return f'postgresql://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable{more}'

    def log(self):
        with open(self.process.log, encoding='utf-8', errors='replace') as file:
            return file.read()


class Watched:
    """What servers.Exporter wants to know of a server."""

    def __init__(self, url):
        self.url = url

    def dsn(self):
        return self.url


def series(page):
    """{(metric, labels' names and values): value}"""
    found = {}
    for line in page.splitlines():
        if line and not line.startswith('#'):
            name, value = line.rsplit(' ', 1)
            found[name.split('{')[0], frozenset(LABELS.findall(name))] = float(value)
    return found


def log_of(exporter):
    with open(exporter.process.log, encoding='utf-8', errors='replace') as file:
        return file.read()


def differing(bouncer, exporter, what):
    """What the page and psql do not agree about."""
    names, prefix, columns = TABLES[what]
    got = series(exporter.page('/metrics/postgres')[2])
    wrong, compared = [], 0
    for row in bouncer.show(what):
        labels = frozenset((name, row[name]) for name in names)
        for column, metric in columns.items():
            if column in row and (row.get('database'), column) not in MOVES:
                value = float(row[column]) * (1e-6 if column.endswith('_time') else 1)
                seen = got.get((prefix + metric, labels))
                compared += 1
                if seen is None or abs(seen - value) > 1e-9:
                    wrong.append(f'{prefix}{metric} {sorted(labels)}: {seen}, not {value}')
    return wrong or (None if compared else ['nothing to compare'])


def everything(program, folder, postgres):
    try:
        bouncer = Bouncer(folder, postgres)
    except (StartError, OSError) as error:
        skip('PgBouncer: everything', error)
        return
    through(program, folder, bouncer)
    refused_setting(program, folder, bouncer)
    console(program, folder, bouncer)
    bouncer.process.stop()


def console(program, folder, bouncer):
    held = Process([f'{bouncer.bin}/psql', '-X', '-h', '127.0.0.1', '-p', str(bouncer.port), '-U', 'postgres', '-d', 'kept'],
                   os.path.join(folder, 'bouncer-psql.log'), typed='BEGIN; SELECT count(*) FROM item;\n')
    wait_for(lambda: [row for row in bouncer.show('POOLS') if row['database'] == 'kept' and row['sv_active'] == '1'], 10)
    exporter = servers.Exporter(program, folder, Watched(bouncer.url('reader', 'pgbouncer')), name='bouncer-console')
    page = exporter.page('/metrics/postgres')[2]
    names = families(page)
    check(sample(page, 'pgbouncer_up') == '1', 'PgBouncer: pgbouncer_up is 1', page[:300])
    foreign = [name for name in names if name.startswith('pg_') and not name.startswith(('pg_exporter_', 'pg_scrape_'))]
    check(not foreign, 'PgBouncer: nothing of a server on the page', foreign)
    for what in TABLES:
        seen = []
        good = wait_for(lambda: not seen.append(differing(bouncer, exporter, what)) and seen[-1] is None, 5, 0.2)
        check(good, f'PgBouncer: SHOW {what} on the page as in psql', '\n'.join(seen[-1] or []))

    def lists():
        got = series(exporter.page('/metrics/postgres')[2])
        # psql is a client of its own while it asks.
        own = {'used_clients': 1, 'free_clients': -1}
        return [row for row in bouncer.show('LISTS') if row['list'] in LISTS and
                got.get((f'pgbouncer_{LISTS[row["list"]]}', frozenset())) != float(row['items']) - own.get(row['list'], 0)]

    good = wait_for(lambda: not lists(), 5, 0.2)
    check(good, 'PgBouncer: SHOW LISTS on the page as in psql', lists())
    got = series(exporter.page('/metrics/postgres')[2])
    for name, value in (('max_client_connections', 90), ('max_user_connections', 33)):
        check(got.get((f'pgbouncer_config_{name}', frozenset())) == value, f'PgBouncer: {name} is {value}')
    version = bouncer.show('VERSION')[0]['version']
    check(got.get(('pgbouncer_version_info', frozenset({('version', version)}))) == 1, f'PgBouncer: it is {version}')
    kinds = {labels: value for (name, labels), value in got.items() if name == 'pgbouncer_client_connections'}
    shown = {('database', 'pgbouncer'), ('user', 'reader'), ('application_name', 'resource_exporter'), ('state', 'active')}
    check(kinds.get(frozenset(shown)) == 1 and sum(kinds.values()) == len(bouncer.show('CLIENTS')) - 1,
          'PgBouncer: its clients are counted', kinds)
    logins = bouncer.log().count('login attempt: db=pgbouncer user=reader')
    for _ in range(10):
        exporter.page('/metrics/postgres')
    check(bouncer.log().count('login attempt: db=pgbouncer user=reader') == logins, 'PgBouncer: one login for all scrapes')
    text = log_of(exporter)
    check('level=WARN' not in text and 'level=ERROR' not in text, 'PgBouncer: no complaint in the log', text)
    held.stop()
    exporter.process.stop()


def through(program, folder, bouncer):
    """Two scrapes at least: what is prepared in the first may be gone in the next."""
    for mode, database in (('transaction', 'watched'), ('session', 'kept')):
        exporter = servers.Exporter(program, folder, Watched(bouncer.url('postgres', database)), name=f'bouncer-{mode}',
                                    arguments=['--no-auto-discover-databases'])
        for _ in range(5):
            page = exporter.page('/metrics/postgres')[2]
        failed = re.findall(r'^pg_scrape_collector_success\{.*\} 0$', page, re.MULTILINE)
        check(sample(page, 'pg_up') == '1' and not failed, f'through PgBouncer, pool_mode {mode}: pg_up 1, all collectors',
              failed or page[:300])
        live = [line for line in page.splitlines() if line.startswith('pg_stat_user_tables_n_live_tup{')
                and 'relname="item"' in line and 'datname="watched"' in line]
        check(len(live) == 1 and live[0].endswith(' 2900'), f'through PgBouncer, pool_mode {mode}: rows of a table', live)
        text = log_of(exporter)
        check('prepared statement' not in text and 'level=WARN' not in text,
              f'through PgBouncer, pool_mode {mode}: no complaint in the log', text)
        exporter.process.stop()


def refused_setting(program, folder, bouncer):
    exporter = servers.Exporter(program, folder, Watched(bouncer.url('postgres', 'kept', '&statement_timeout=4000')),
                                name='bouncer-refused')
    for _ in range(3):
        page = exporter.page('/metrics/postgres')[2]
    lines = [line for line in log_of(exporter).splitlines() if 'unsupported startup parameter' in line]
    check(sample(page, 'pg_up') == '0' and len(lines) == 1 and 'ignore_startup_parameters' in lines[0],
          'PgBouncer: a setting that it refuses is said once, with the remedy', lines)
    exporter.process.stop()
