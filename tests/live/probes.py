"""GET /probe and /scrape: servers that the request names, with the passwords that the configuration has for them."""
import os
import socket
import time
import urllib.parse

from faults import families, sample
from process import Frozen, free_port, get, wait_for
from report import check
from servers import Exporter

ROLE, PASSWORD = 'probed', 'live-Pr0be:@/secret'
FILE = """auth_modules:
  live:
    type: userpass
    userpass: {username: %s, password_file: %s}
    options: {sslmode: disable, application_name: live-probe}
  wrong:
    type: userpass
    userpass: {username: %s, password: not-the-password}
"""


class Probing(Exporter):
    """An exporter that watches nothing by itself."""

    def __init__(self, program, folder, postgres, redis):
        self.config = os.path.join(folder, 'auth.yml')
        self.secret = os.path.join(folder, 'probe-password')
        self.write(self.secret, PASSWORD + '\n')
        self.write(self.config, FILE % (ROLE, self.secret, ROLE))
        arguments = ['--no-postgres.discover', '--redis.addr=', f'--config.file={self.config}', '--probe.keep=2s']
        if postgres:
            arguments.append(f'--postgres.probe-targets=127.0.0.1:{postgres.port},{postgres.folder},[::1]:*,127.0.0.1:1')
        if redis:
            arguments += ['--redis.user=watcher', f'--redis.probe-targets=127.0.0.1:{redis.port}']
            os.environ['REDIS_PASSWORD'] = PASSWORD  # of this exporter only
        try:
            super().__init__(program, folder, arguments=arguments, name='probing')
        finally:
            os.environ.pop('REDIS_PASSWORD', None)

    @staticmethod
    def write(path, text):
        with open(path + '.new', 'w', encoding='ascii') as file:
            file.write(text)
        os.rename(path + '.new', path)

    def probe(self, path='/probe', timeout=10, **parameters):
        return get(self.url(f'{path}?{urllib.parse.urlencode(parameters)}'),
                   {'X-Prometheus-Scrape-Timeout-Seconds': str(timeout)})


def refused(exporter, status, text, path='/probe', **parameters):
    got, _, page = exporter.probe(path, **parameters)
    shown = {key: value[:60] for key, value in parameters.items()}
    check(got == status and text in page and page.count('\n') == 1 and PASSWORD not in page,
          f'{path} {shown}: {status}, "{text}"', f'{got} {page}')


def logins(postgres, database):
    with open(postgres.process.log, encoding='utf-8', errors='replace') as file:
        return file.read().count(f'connection authorized: user={ROLE} database={database} ')


def prepare(postgres):
    """A role that needs its password, and a log of logins."""
    quoted = PASSWORD.replace("'", "''")
    postgres.query(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{quoted}'")
    postgres.query(f'GRANT pg_monitor TO {ROLE}')
    rules = os.path.join(postgres.folder, 'data', 'pg_hba.conf')
    with open(rules, encoding='utf-8') as file:
        before = file.read()
    with open(rules, 'w', encoding='utf-8') as file:
        file.write(f'host all {ROLE} 127.0.0.1/32 scram-sha-256\nlocal all {ROLE} scram-sha-256\n{before}')
    postgres.query('ALTER SYSTEM SET log_connections = on')
    postgres.query('SELECT pg_reload_conf()')
    wait_for(lambda: postgres.query('SHOW log_connections') == 'on', 5)


def postgres_values(exporter, postgres, watching):
    server = f'127.0.0.1:{postgres.port}'
    for title, target in (('TCP', f'{server}/watched'), ('a URI', f'postgresql://{server}/watched?connect_timeout=5'),
                          ('pairs', f'host=127.0.0.1 port={postgres.port} dbname=watched'),
                          ('a socket', f'host={postgres.folder} port={postgres.port} dbname=watched')):
        status, _, page = exporter.probe(target=target, auth_module='live')
        check(status == 200 and sample(page, 'pg_up') == '1', f'/probe by {title}: pg_up 1', f'{status} {page[:300]}')
        expected = postgres.query("SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'item'", 'watched')
        lines = [line for line in page.splitlines() if line.startswith('pg_stat_user_tables_n_live_tup{')
                 and 'datname="watched"' in line and 'relname="item"' in line]
        check(len(lines) == 1 and float(lines[0].split()[-1]) == float(expected),
              f'/probe by {title}: pg_stat_user_tables_n_live_tup is {expected}', lines)
    foreign = [name for name in families(page) if not name.startswith(('pg_', 'resource_exporter_postgres_'))
               and name != 'resource_exporter_collector_problems_total']
    check(not foreign and 'target=' not in page, '/probe: nothing but the server, no target label', foreign)
    missing = {name for name in families(watching.page('/metrics/postgres')[2]) if name.startswith('pg_')} - families(page)
    check(not missing, '/probe has every pg_ family of /metrics/postgres', missing)


def one_login(exporter, postgres):
    target = f'127.0.0.1:{postgres.port}/other'
    before = logins(postgres, 'other')
    good = sum(sample(exporter.probe(target=target, auth_module='live')[2], 'pg_up') == '1' for _ in range(50))
    made = logins(postgres, 'other') - before
    # One is kept for scrapes, the other reads sizes between them.
    check(good == 50 and made <= 2, f'50 probes of a server: {good} good, {made} logins into the database', '')
    count = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{ROLE}' AND application_name = 'live-probe'"
    check(postgres.number(count) >= 1, 'the connection is kept')
    check(wait_for(lambda: postgres.number(count) == 0, 20, 0.5), 'and closed once nobody asks')


def postgres_refusals(exporter, postgres):
    server = f'127.0.0.1:{postgres.port}'
    refused(exporter, 400, 'target is missing')
    refused(exporter, 400, 'none of this name', target=server, auth_module='nobody')
    refused(exporter, 403, '--postgres.probe-targets', target='127.0.0.2:5432', auth_module='live')
    refused(exporter, 403, '--postgres.probe-targets', target='/tmp')
    refused(exporter, 403, '--postgres.probe-targets', target=f'postgresql://{ROLE}:{PASSWORD}@{server}/')
    refused(exporter, 400, 'target: ', target=f'postgresql://{ROLE}:x@y@{server}/')
    refused(exporter, 400, 'target: ', target=f'host=127.0.0.1,evil port={postgres.port}')
    refused(exporter, 400, 'target: ', target=f'{server}/?passfile=/etc/shadow')
    refused(exporter, 400, 'control characters', target=f'{server}\r\nX-Header: 1')
    refused(exporter, 400, 'longer than', target='a' * 5000)
    _, _, page = exporter.probe(target='127.0.0.1:1/x')
    check(sample(page, 'pg_up') == '0', '/probe of nobody: 200 and pg_up 0', page[:300])
    _, _, page = exporter.probe(target=server, auth_module='wrong')
    check(sample(page, 'pg_up') == '0', '/probe with a wrong password: pg_up 0', page[:300])
    with socket.create_connection(('127.0.0.1', exporter.port), 10) as client:
        try:
            client.sendall(b'GET /probe?target=' + b'a' * (1 << 20) + b' HTTP/1.1\r\nHost: x\r\n\r\n')
            answer = client.recv(100)
        except OSError as error:
            answer = str(error).encode()
    check(b' 431 ' in answer or b'reset' in answer or b'Broken' in answer, 'a target of 1 MB is cut off', answer)
    check(exporter.page('/-/healthy')[0] == 200, 'and the exporter goes on')


def hanging(exporter, postgres):
    target = {'target': f'127.0.0.1:{postgres.port}/watched', 'auth_module': 'live'}
    exporter.probe(**target)
    with Frozen(postgres.process.pid):
        start = time.monotonic()
        status, _, page = exporter.probe(timeout=1, **target)
        seconds = time.monotonic() - start
        check(status == 200 and sample(page, 'pg_up') == '0' and seconds < 1,
              f'/probe of a server that hangs: pg_up 0 within the timeout ({seconds:.2f} s)', f'{status} {page[:300]}')
        start = time.monotonic()
        exporter.page('/metrics/node')
        check(time.monotonic() - start < 1, '/metrics/node does not wait for it')
    check(wait_for(lambda: sample(exporter.probe(**target)[2], 'pg_up') == '1', 20, 0.2), '/probe: pg_up 1 again')


def settings(exporter, postgres):
    target = {'target': f'127.0.0.1:{postgres.port}/watched', 'auth_module': 'live'}
    name = 'postgres_exporter_config_last_reload_successful'
    check(sample(exporter.page('/metrics/postgres')[2], name) == '1', f'{name} 1')
    exporter.write(exporter.config, 'auth_modules: {live: {type: userpass, usrpass: {}}}\n')
    check(sample(exporter.probe(**target)[2], 'pg_up') == '1', 'a broken --config.file changes no login')
    check(sample(exporter.page('/metrics/postgres')[2], name) == '0', f'{name} 0')
    exporter.write(exporter.config, FILE % (ROLE, exporter.secret, ROLE))
    exporter.probe(**target)
    page = exporter.page('/metrics/postgres')[2]
    moment = sample(page, 'postgres_exporter_config_last_reload_success_timestamp_seconds')
    check(sample(page, name) == '1' and abs(float(moment or 0) - time.time()) < 20, f'{name} 1 again, at {moment}', page[-500:])


def redis_values(exporter, redis, watching):
    redis.call('ACL', 'SETUSER', 'watcher', 'on', f'>{PASSWORD}', '~*', '+@all')
    before = redis.number('total_connections_received')
    target = f'redis://127.0.0.1:{redis.port}'
    good, page = 0, ''
    for _ in range(50):
        page = exporter.probe('/scrape', target=target)[2]
        good += sample(page, 'redis_up') == '1'
    made = redis.number('total_connections_received') - before
    check(good == 50 and made <= 2, f'50 scrapes of a Redis: {good} good, 1 connection beside ours ({made:g})', page[:300])
    keys = [line for line in page.splitlines() if line.startswith('redis_db_keys{db="db0"}')]
    expected = float(redis.call('DBSIZE'))
    check(len(keys) == 1 and float(keys[0].split()[-1]) == expected, f'/scrape: redis_db_keys is {expected:g}', keys)
    who = [line for line in redis.call('CLIENT', 'LIST').splitlines() if 'user=watcher' in line]
    check(len(who) == 1, '/scrape is logged in as the configured user', who)
    missing = {name for name in families(watching.page('/metrics/redis')[2]) if name.startswith('redis_')} - families(page)
    check(missing == {'redis_target_scrape_request_errors_total'}, '/scrape has every redis_ family of a server', missing)
    refused(exporter, 400, 'target is missing', '/scrape')
    refused(exporter, 403, '--redis.probe-targets', '/scrape', target='127.0.0.1:1')
    errors = sample(exporter.page('/metrics/redis')[2], 'redis_target_scrape_request_errors_total')
    check(errors == '2', 'redis_target_scrape_request_errors_total counts refusals', errors)


def everything(program, folder, postgres, redis, watching):
    """watching: the exporter that reads the same servers by itself."""
    if postgres:
        prepare(postgres)
    exporter = Probing(program, folder, postgres, redis)
    if postgres:
        postgres_values(exporter, postgres, watching)
        one_login(exporter, postgres)
        postgres_refusals(exporter, postgres)
        settings(exporter, postgres)
        hanging(exporter, postgres)
    if redis:
        redis_values(exporter, redis, watching)
    start = time.monotonic()
    check(exporter.process.stop() == 0 and time.monotonic() - start < 2, 'an exporter that probes ends at once, with status 0')
    with open(exporter.process.log, encoding='utf-8', errors='replace') as file:
        check(PASSWORD not in file.read(), 'no password in the log')
    outsider = Exporter(program, folder, arguments=['--no-postgres.discover', '--redis.addr=',
                                                    f'--config.file={exporter.config}'], name='outsider')
    outsider.probe = lambda path='/probe', **parameters: get(outsider.url(f'{path}?{urllib.parse.urlencode(parameters)}'))
    refused(outsider, 403, 'a password of the configuration', target=f'127.0.0.1:{free_port()}', auth_module='live')
    outsider.process.stop()
