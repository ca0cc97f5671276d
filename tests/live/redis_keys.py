"""What redis_exporter's users ask of keys, streams, clients and scripts, held against redis-cli: a Redis with 100,000
keys, read between scrapes, and an exporter that is to be no burden for it."""
import os
import socket
import subprocess

import servers
from pages import Page, Watched
from process import Process, free_port, run, wait_for
from report import check

KEYS = 100_000
BINARY = b'bin:\xff\n"\\'


def command(*words):
    """One command as it is sent."""
    out = b'*%d\r\n' % len(words)
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        out += b'$%d\r\n%s\r\n' % (len(word), word)
    return out


class Filled:
    """A Redis with keys of all types."""

    def __init__(self, folder):
        self.port = free_port()
        self.folder = os.path.join(folder, 'keys')
        os.makedirs(self.folder)
        self.cli = servers.need('redis-cli')
        self.arguments = [servers.need('redis-server', '/usr/bin'), '--port', str(self.port), '--bind', '127.0.0.1',
                          '--save', '', '--appendonly', 'no', '--dir', self.folder, '--slowlog-log-slower-than', '1000']
        self.start()
        self.fill()

    def start(self):
        self.process = Process(self.arguments, os.path.join(self.folder, 'redis.log'))
        self.process.wait_ready(lambda: self.call('PING', check=False) == 'PONG')

    def call(self, *words, database=0, check=True):
        return run(self.cli, '-h', '127.0.0.1', '-p', str(self.port), '-n', str(database), *words, check=check)

    def address(self):
        return f'redis://127.0.0.1:{self.port}'

    def fill(self):
        commands = [command('SET', f'user:{number}', number if number % 2 else f'name {number}') for number in range(KEYS)]
        for number in range(40):
            commands.append(command('RPUSH', f'queue:{number}', *range(number + 1)))
        commands += [
            command('SET', 'counter', '12.5'), command('SET', 'text', 'a "quoted" word'), command('SET', 'long', 'x' * 9000),
            command('SADD', 'members', *range(7)), command('ZADD', 'ranks', 1, 'a', 2, 'b'), command('HSET', 'doc', 'a', 1),
            command('PFADD', 'visitors', *range(500)), command('SET', BINARY, b'\xfe'),
        ]
        for number in range(10):
            commands.append(command('XADD', 'events:orders', f'{1700000000000 + number}-0', 'n', number))
        commands += [command('XADD', 'events:mails', '1700000000000-5', 'n', 1),
                     command('XGROUP', 'CREATE', 'events:orders', 'workers', '0'),
                     command('XGROUP', 'CREATE', 'events:orders', 'new', '$'),
                     command('XREADGROUP', 'GROUP', 'workers', 'c1', 'COUNT', '3', 'STREAMS', 'events:orders', '>'),
                     command('SELECT', 3)]
        commands += [command('SET', f'other:{number}', 'x') for number in range(50)]
        done = subprocess.run([self.cli, '-p', str(self.port), '--pipe'], input=b''.join(commands), capture_output=True,
                              timeout=60, check=False)
        check(b'errors: 0' in done.stdout, f'keys: {KEYS} keys are set', str(done))


def everything(program, folder):
    redis = Filled(folder)
    script = os.path.join(redis.folder, 'depth.lua')
    with open(script, 'w', encoding='ascii') as file:
        file.write("return {'depth', tostring(redis.call('LLEN', 'queue:39')), 'wanted', '1.5'}")
    exporter = servers.Exporter(program, folder, redis=redis, name='keys', arguments=[
        '--check-keys=db0=queue:*,db0=bin:*,db3=other:?', '--count-keys=db0=user:*,db0=user:?,db3=*',
        '--check-single-keys=counter,text,long,members,ranks,doc,visitors,nothing,db3=other:7',
        '--check-key-groups=^(user):,"^(events):([a-z]+)$"', '--check-streams=db0=events:*',
        '--check-single-streams=nothing', f'--script={script}', '--export-client-list'])
    watched = Watched(exporter)
    try:
        page = wait_for(lambda: (lambda found: found.rows('redis_key_group_count') and found)(watched.page('/metrics/redis')),
                        30, 0.2)
        check(page, 'keys: patterns are looked for between scrapes')
        if page:
            values(page, redis, script)
            streams(page, redis)
        gentle(exporter, redis)
        restart(exporter, redis)
    finally:
        exporter.process.stop()
    bounded(program, folder, redis)
    redis.process.stop()


def values(page, redis, script):
    for key, words, database in [(f'queue:{number}', ('LLEN',), 0) for number in (0, 17, 39)] + [
            ('members', ('SCARD',), 0), ('ranks', ('ZCARD',), 0), ('doc', ('HLEN',), 0), ('visitors', ('PFCOUNT',), 0),
            ('long', ('STRLEN',), 0), ('other:7', ('STRLEN',), 3)]:
        size = float(redis.call(*words, key, database=database))
        check(page.value('redis_key_size', db=f'db{database}', key=key) == size, f'keys: {key} has the size {size:g}')
        memory = float(redis.call('MEMORY', 'USAGE', key, database=database))
        check(page.value('redis_key_memory_usage_bytes', db=f'db{database}', key=key) == memory,
              f'keys: {key} takes {memory:g} bytes')
    check(page.value('redis_key_size', key='nothing') == 0, 'keys: a key that is not there has the size 0')
    check(page.value('redis_key_value', key='counter') == 12.5, 'keys: a value that is a number')
    check(page.value('redis_key_value_as_string', key='text', val=r'a \"quoted\" word') == 1, 'keys: a value that is none')
    check(not page.rows('redis_key_value_as_string', key='long'), 'keys: a long value stays where it is')
    check(page.value('redis_key_size', key='bin:\ufffd\\n\\"\\\\') == 1, 'keys: any bytes may be a name',
          str(page.rows('redis_key_size')[:60]))
    check(len(page.rows('redis_key_size', db='db3')) == 10, 'keys: a pattern of another database')
    check(page.value('redis_keys_count', db='db0', key='user:*') == KEYS, f'keys: {KEYS} are counted')
    check(page.value('redis_keys_count', db='db0', key='user:?') == 10, 'keys: two patterns, one pass')
    check(page.value('redis_keys_count', db='db3', key='*') == float(redis.call('DBSIZE', database=3)), 'keys: all of db3')
    check(page.value('redis_key_group_count', db='db0', key_group='user') == KEYS, 'keys: the group of users')
    check(page.value('redis_key_group_count', db='db0', key_group='eventsorders') == 1, 'keys: captures are joined')
    check(page.value('redis_key_group_count', db='db0') == float(redis.call('DBSIZE')), 'keys: each is in one group')
    # What redis-cli finds by itself, by the same estimate.
    memory = float(redis.call('EVAL', "local sum = 0 for i = 0, 99 do sum = sum + redis.call('MEMORY', 'USAGE', 'user:' .. i)"
                              ' end return sum', '0'))
    mean = page.value('redis_key_group_memory_usage_bytes', db='db0', key_group='user') / KEYS
    check(abs(mean - memory / 100) < 8, f'keys: a user takes {mean:g} bytes')
    check(page.value('redis_number_of_distinct_key_groups', db='db3') == 1, 'keys: groups of db3')
    check(page.value('redis_script_values', key='depth', filename=script) == 40 and
          page.value('redis_script_result', filename=script) == 1, 'keys: a script of the user')
    check(page.value('redis_client_group_connections', name='resource_exporter') == 2 and
          len(page.rows('redis_connected_client_info', name='resource_exporter')) == 2,
          'keys: two connections, the second one for what is read between scrapes')


def streams(page, redis):
    info = redis.call('XINFO', 'STREAM', 'events:orders').splitlines()
    length = float(info[info.index('length') + 1])
    stream = {'db': 'db0', 'stream': 'events:orders'}
    check(page.value('redis_stream_length', **stream) == length == 10, 'streams: length')
    check(page.value('redis_stream_groups', **stream) == 2, 'streams: groups')
    check(page.value('redis_stream_first_entry_id', **stream) == 1700000000000, 'streams: the first entry')
    check(page.value('redis_stream_last_generated_id', **stream) == 1700000000009, 'streams: the last id')
    check(page.value('redis_stream_group_messages_pending', group='workers', **stream) == 3, 'streams: pending')
    check(page.value('redis_stream_group_lag', group='workers', **stream) == 7, 'streams: lag')
    check(page.value('redis_stream_group_consumer_messages_pending', consumer='c1', **stream) == 3, 'streams: a consumer')
    check(page.rows('redis_stream_length', stream='events:mails') and not page.rows('redis_stream_length', stream='nothing'),
          'streams: those that are there')


def gentle(exporter, redis):
    redis.call('SLOWLOG', 'RESET')
    def scans():
        return Page(exporter.page('/metrics/redis')[2]).value('redis_commands_total', cmd='scan')

    before = scans()
    seen = wait_for(lambda: scans() > before + 50, 30, 0.5)
    check(seen, 'keys: another pass follows')
    slow = redis.call('SLOWLOG', 'GET', '100')
    check('SCAN' not in slow.upper() or int(redis.call('SLOWLOG', 'LEN')) < 5,
          'keys: SCAN takes the server less than a millisecond', slow)


def restart(exporter, redis):
    redis.process.stop()
    check('redis_up 0\n' in exporter.page('/metrics/redis')[2], 'keys: a server that is gone')
    redis.start()
    redis.fill()
    check(wait_for(lambda: Page(exporter.page('/metrics/redis')[2]).value(
        'resource_exporter_redis_key_scan_age_seconds', db='db0') < 1, 40, 0.2), 'keys: a server that came back is read')


def bounded(program, folder, redis):
    exporter = servers.Exporter(program, folder, redis=redis, name='many',
                                arguments=['--check-keys=user:*', '--redis.max-series=50000'])
    try:
        page = wait_for(lambda: (lambda text: 'redis_key_size' in text and text)(exporter.page('/metrics/redis')[2]), 30, 0.3)
        series = sum(line.startswith('redis_key_') for line in (page or '').splitlines())
        check(series == 50000, f'keys: {series} series of 50000')
        check('problems_total{collector="redis.keys",kind="limit"} 0' not in exporter.page()[2], 'keys: and a counted problem')
    finally:
        exporter.process.stop()
