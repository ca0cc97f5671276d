"""What the program's commands print, on real servers: users made with exactly the rights that `acl` prints, of whom
nothing is then denied; `check` and `scrape`."""
import os
import subprocess

from pages import Page
from process import free_port, run, wait_for
from redis_sets import Node
from report import check
from servers import Exporter

MANY = ['--check-keys=user:*,db3=other:*,visitors', '--count-keys=session:*', '--check-key-groups=^([^:]+):',
        '--check-streams=events:*', '--check-single-streams=events:orders', '--collector.redis.clients', '--export-client-list',
        '--redis.queues=celery,db1=sidekiq,bullmq,rq', '--include-config-metrics', '--include-modules-metrics',
        '--include-rdb-file-size-metric', '--ping-on-connect']
SOME = ['--check-keys=user:*,visitors', '--count-keys=session:*', '--check-single-streams=events:orders',
        '--redis.queues=bullmq,rq', '--no-collector.redis.slowlog']


def call(program, *words, environment=None, status=0):
    """(stdout, stderr)"""
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, **(environment or {})})
    check(done.returncode == status, f'{" ".join(words)[:70]}: exit status {status}', f'{done.returncode} {done.stderr}')
    return done.stdout, done.stderr


def fill(redis):
    redis.call('EVAL', """
        for i = 1, 300 do redis.call('SET', 'user:' .. i, i) end
        redis.call('SET', 'user:long', string.rep('x', 9000)) redis.call('LPUSH', 'user:list', 1)
        redis.call('SADD', 'user:set', 1) redis.call('ZADD', 'user:zset', 1, 1) redis.call('HSET', 'user:hash', 1, 1)
        redis.call('PFADD', 'visitors', 1, 2, 3) redis.call('SET', 'session:1', 1)
        redis.call('XADD', 'events:orders', '*', 'n', 1) redis.call('XGROUP', 'CREATE', 'events:orders', 'workers', '0')
        redis.call('XREADGROUP', 'GROUP', 'workers', 'c1', 'STREAMS', 'events:orders', '>')
        redis.call('SADD', '_kombu.binding.celery', 'celery\\6\\22\\6\\22celery') redis.call('LPUSH', 'celery', '{}')
        redis.call('HSET', 'bull:images:meta', 'a', 1) redis.call('LPUSH', 'bull:images:wait', '1')
        redis.call('HSET', 'bull:images:1', 'timestamp', '1700000000000')
        redis.call('SADD', 'rq:queues', 'rq:queue:default') redis.call('LPUSH', 'rq:queue:default', 'id')
        redis.call('HSET', 'rq:job:id', 'enqueued_at', '2026-01-01T00:00:00Z')
    """, '0')
    redis.call('-n', '3', 'SET', 'other:1', 'x')
    redis.call('-n', '1', 'SADD', 'queues', 'default')
    redis.call('-n', '1', 'LPUSH', 'queue:default', '{"enqueued_at":1700000000}')
    redis.call('-n', '1', 'SADD', 'processes', 'app-1:7:aa')
    redis.call('-n', '1', 'HSET', 'app-1:7:aa', 'busy', '3')


def make_user(node, line, password):
    """By the line as it is printed, at redis-cli's prompt."""
    done = subprocess.run([node.cli, '-p', str(node.port)], input=line.replace('PASSWORD', password), capture_output=True,
                          text=True, timeout=30, check=False)
    check(done.stdout.strip() == 'OK', 'acl: redis-cli takes the line as it is', f'{done.stdout} {done.stderr} {line}')


def nothing_denied(title, exporter, more=()):
    """For several scrapes, so that what is asked between them is asked."""
    def settled():
        page = Page(exporter.page('/metrics/redis')[2])
        return all(page.rows(metric) for metric in more) and page

    page = wait_for(settled, 20, 0.3)
    check(page, f'{title}: {" ".join(more)} are there')
    for _ in range(3):
        page = Page(exporter.page('/metrics/redis')[2])
    up = page.rows('redis_up')
    check(up and all(value == 1 for _, value in up), f'{title}: {len(up)} up', str(up))
    check(not page.rows('resource_exporter_redis_denied_commands'), f'{title}: no command is denied',
          str(page.rows('resource_exporter_redis_denied_commands')))
    denied = [row['collector'] for row, value in page.rows('resource_exporter_collector_problems_total', kind='denied') if value]
    check(not denied, f'{title}: no key is denied', str(denied))


def watch(program, folder, name, node, options, metrics, password='live-Right5'):
    lines = call(program, 'acl', 'redis', '--redis.user=watcher', *options)[0].splitlines()
    check(len(lines) == 1, f'acl, {name}: one line', str(lines))
    make_user(node, lines[0] + '\n', password)
    exporter = Exporter(program, folder, name=f'rights-{name}', arguments=[
        '--no-postgres.discover', '--redis.user=watcher', f'--redis.password={password}',
        f'--redis.addr=127.0.0.1:{node.port}', *options])
    nothing_denied(f'acl, {name}', exporter, metrics)
    exporter.process.stop()
    return lines[0]


def rights(program, folder):
    redis = Node(folder, 'rights', '--save', '')
    fill(redis)
    script = os.path.join(folder, 'depth.lua')
    with open(script, 'w', encoding='ascii') as file:
        file.write("return {'depth', tostring(redis.call('LLEN', 'user:list'))}")
    watch(program, folder, 'default', redis, [], ['redis_latency_percentiles_usec', 'redis_config_maxclients'])
    seen = ['redis_key_size', 'redis_keys_count', 'redis_queue_length', 'redis_stream_length']
    line = watch(program, folder, 'some', redis, SOME, seen)
    check("'%R~*'" not in line and "'%R~user:*'" in line and 'slowlog' not in line, 'acl: no right too many', line)
    watch(program, folder, 'many', redis, [*MANY, f'--script={script}'], [
        *seen, 'redis_key_group_count', 'redis_script_values', 'redis_connected_client_info'])
    # A right less is told, with what gives it back.
    redis.call('ACL', 'SETUSER', 'watcher', '-config|get')
    login = ['--collector.disable-defaults', '--collector.redis.config', '--redis.user=watcher',
             '--redis.password=live-Right5', f'--redis.addr=127.0.0.1:{redis.port}']
    table = call(program, 'check', *login, status=1)[0]
    check("ACL SETUSER with the user's name and '+config|get'" in ' '.join(table.split()),
          'check: what the ACL forbids is named with the remedy', table)
    redis.process.stop()


def sets(program, folder):
    node = Node(folder, 'rights-node', '--save', '', '--cluster-enabled', 'yes', '--cluster-port', str(free_port()))
    run(node.cli, '-p', str(node.port), 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    wait_for(lambda: node.fields('CLUSTER', 'INFO')['cluster_state'] == 'ok', 10)
    watch(program, folder, 'cluster', node, ['--is-cluster'], ['redis_cluster_state'])
    path = os.path.join(folder, 'rights-sentinel.conf')
    master = Node(folder, 'rights-master', '--save', '')
    with open(path, 'w', encoding='ascii') as file:
        file.write(f'sentinel monitor shop 127.0.0.1 {master.port} 1\n')
    guard = Node(folder, 'rights-sentinel', path, '--sentinel')
    options = [f'--redis.addr=sentinel://guard:live-Right5@127.0.0.1:{guard.port}/shop', '--redis.user=watcher',
               '--include-config-metrics']
    lines = [line for line in call(program, 'acl', 'redis', *options)[0].splitlines() if not line.startswith('#')]
    check(len(lines) == 2 and 'live-Right5' not in ''.join(lines), 'acl, Sentinel: a line for it, one for its servers')
    make_user(master, lines[0] + '\n', 'live-Right5')
    make_user(guard, lines[1] + '\n', 'live-Right5')
    exporter = Exporter(program, folder, name='rights-sentinel', arguments=[
        '--no-postgres.discover', '--redis.password=live-Right5', *options])
    nothing_denied('acl, Sentinel', exporter, ['redis_sentinel_masters', 'redis_sentinel_config_key_value'])
    check(len(Page(exporter.page('/metrics/redis')[2]).rows('redis_up')) == 2, 'acl, Sentinel: both are read')
    for one in (exporter, node, master, guard):
        one.process.stop()


def tables(program, folder):
    """check and scrape with a Redis that is there and one that is not."""
    redis = Node(folder, 'checked', '--save', '')
    redis.call('CONFIG', 'SET', 'requirepass', 'live-Ch3ck')
    here = [f'--redis.addr=redis://:live-Ch3ck@127.0.0.1:{redis.port}', '--no-postgres.discover']
    bare = ['--collector.disable-defaults', '--collector.loadavg', '--collector.redis.info', *here]
    table, errors = call(program, 'check', *bare)
    check(f'127.0.0.1:{redis.port}: up, Redis' in table and '2 collectors; 1 server: all well' in table,
          'check: a server that is up', table + errors)
    check(max(map(len, table.splitlines())) <= 80, 'check: 80 columns', table)
    check('live-Ch3ck' not in table + errors, 'check: no password')
    page, errors = call(program, 'scrape', 'redis', *bare)
    check('redis_up 1\n' in page and 'node_' not in page and not errors, 'scrape: the page of a module', errors)
    page = call(program, 'scrape', *bare)[0]
    check('redis_up 1\n' in page and 'node_load1 ' in page, 'scrape: the page of all')
    wrong = ['--collector.disable-defaults', '--collector.redis.info', f'--redis.addr=127.0.0.1:{redis.port}']
    table = ' '.join(call(program, 'check', *wrong, status=1)[0].split())
    check(': down' in table and 'Set REDIS_PASSWORD' in table, 'check: a server that wants a password, and the remedy', table)
    redis.process.stop()
    table = call(program, 'check', *bare, status=1)[0]
    check('1 server, 1 down' in table and 'refused' in table, 'check: a server that is gone', table)
    call(program, 'check', '--redis.addr=http://h', status=2)
    call(program, 'scrape', 'nothing', status=2)


def roles(program, folder, postgres):
    """PostgreSQL: a role made by the SQL that `acl postgres` prints."""
    dsn = postgres.dsn().replace('postgres@', 'watcher@')
    options = ['--collector.stat_wal_receiver', '--collector.process_idle']
    sql = call(program, 'acl', 'postgres', *options, environment={'DATA_SOURCE_NAME': dsn})[0]
    postgres.query(sql.replace('PASSWORD\'', 'live-Right5\''), 'watched')
    postgres.query("SELECT pg_replication_origin_create('live'); SELECT pg_replication_origin_advance('live', '0/10')")
    table = call(program, 'check', '--redis.addr=', *options, environment={'DATA_SOURCE_NAME': dsn})[0]
    server = table[table.index('\npostgres'):]
    check(': up, PostgreSQL' in server and 'as watcher' in ' '.join(server.split()), 'acl postgres: the role logs in', server)
    check('hidden' not in server and not [line for line in server.splitlines() if f'127.0.0.1:{postgres.port}: denied' in line],
          'acl postgres: nothing is hidden from it', server)
    page = Page(call(program, 'scrape', 'postgres', *options, environment={'DATA_SOURCE_NAME': dsn})[0])
    check(page.value('pg_up') == 1 and page.rows('pg_wal_segments') and
          page.rows('pg_replication_origin_remote_lsn_bytes'), 'acl postgres: it sees WAL and origins',
          str(sorted(page.samples))[:900])
    postgres.query("SELECT pg_replication_origin_drop('live')")


def everything(program, folder, postgres, redis):
    if redis:
        rights(program, folder)
        sets(program, folder)
        tables(program, folder)
    if postgres:
        roles(program, folder, postgres)
