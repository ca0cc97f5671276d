"""Queues of Celery, Sidekiq, BullMQ and RQ, laid out as these libraries do it, among 20,000 other keys; and a user of the
server who may do no more than `acl redis` says."""
import json
import shlex
import time

from pages import Page
from process import run, wait_for
from redis_sets import Node
from report import check
from servers import Exporter

SEPARATOR = '\x06\x16'
QUEUES = '--redis.queues=celery,bullmq,db1=sidekiq,db2=rq'


class Filled(Node):
    def __init__(self, folder):
        super().__init__(folder, 'queues', '--save', '')
        self.now = time.time()
        self.call('EVAL', "for i = 1, 20000 do redis.call('SET', 'key:' .. i, 'x') end", '0')
        self.celery()
        self.sidekiq()
        self.bullmq()
        self.rq()

    def on(self, database, *words):
        return self.call('-n', str(database), *map(str, words))

    def celery(self):
        for exchange, queue in (('celery', 'celery'), ('mail', 'mail'), ('celery.pidbox', 'celery@a.celery.pidbox')):
            self.on(0, 'SADD', f'_kombu.binding.{exchange}', f'{queue}{SEPARATOR}{SEPARATOR}{queue}')
        message = json.dumps({'body': 'W10=', 'headers': {'task': 'add'}, 'properties': {'priority': 0}})
        self.on(0, 'LPUSH', 'celery', message, message, message)
        self.on(0, 'LPUSH', f'celery{SEPARATOR}6', message)
        self.on(0, 'HSET', 'unacked', 'tag-1', json.dumps([{}, 'celery', 'celery']), 'tag-2', '[]')
        self.on(0, 'ZADD', 'unacked_index', self.now - 300, 'tag-1', self.now, 'tag-2')

    def sidekiq(self):
        self.on(1, 'SADD', 'queues', 'default', 'mails')
        for number in range(5):  # the oldest at the end, in the milliseconds of Sidekiq 8
            job = {'class': 'Hard', 'args': [{'enqueued_at': 'x'}], 'jid': number,
                   'enqueued_at': int((self.now - 100 + number) * 1000)}
            self.on(1, 'LPUSH', 'queue:default', json.dumps(job))
        self.on(1, 'LPUSH', 'queue:mails', json.dumps({'class': 'Mail', 'args': [], 'enqueued_at': self.now - 200}))
        for number, key in enumerate(('retry', 'schedule', 'dead')):
            for job in range(number + 1):
                self.on(1, 'ZADD', key, self.now + job, json.dumps({'class': 'Hard', 'jid': job}))
        self.on(1, 'SADD', 'processes', 'app-1:7:aa', 'app-2:9:bb', 'gone:1:cc')
        self.on(1, 'HSET', 'app-1:7:aa', 'info', '{}', 'busy', 3, 'beat', self.now)
        self.on(1, 'HSET', 'app-2:9:bb', 'info', '{}', 'busy', 1, 'beat', self.now)

    def bullmq(self):
        for prefix, queue in (('bull', 'images'), ('{bull}', 'videos')):
            key = f'{prefix}:{queue}'
            self.on(0, 'HSET', f'{key}:meta', 'opts.maxLenEvents', 10000, 'version', 'bullmq:5.1.0')
            self.on(0, 'SET', f'{key}:id', 20)
            for number in range(1, 5):
                self.on(0, 'HSET', f'{key}:{number}', 'name', 'resize', 'data', '{}', 'timestamp',
                        int((self.now - 60 + number) * 1000), 'delay', 0, 'priority', 0)
                self.on(0, 'LPUSH', f'{key}:wait', number)
            self.on(0, 'RPUSH', f'{key}:active', 9)
            for number, state in enumerate(('delayed', 'prioritized', 'completed', 'failed', 'waiting-children')):
                self.on(0, 'ZADD', f'{key}:{state}', *[word for job in range(number + 1) for word in (job, f'{state}-{job}')])
            self.on(0, 'XADD', f'{key}:events', '*', 'event', 'added')

    def rq(self):
        self.on(2, 'SADD', 'rq:queues', 'rq:queue:default', 'rq:queue:low')
        when = time.strftime('%Y-%m-%dT%H:%M:%S.123456Z', time.gmtime(self.now - 50))
        self.on(2, 'RPUSH', 'rq:queue:default', 'job-1', 'job-2')  # the oldest at the begin
        self.on(2, 'HSET', 'rq:job:job-1', 'status', 'queued', 'created_at', when, 'enqueued_at', when, 'origin', 'default')
        for number, registry in enumerate(('wip', 'scheduled', 'deferred', 'finished', 'failed')):
            self.on(2, 'ZADD', f'rq:{registry}:default',
                    *[word for job in range(number + 1) for word in (self.now, f'{registry}-{job}')])
        self.on(2, 'SADD', 'rq:workers', 'rq:worker:a', 'rq:worker:b')


WANTED = [  # system, database, queue, state, jobs
    ('celery', 0, 'celery', 'waiting', 4), ('celery', 0, 'mail', 'waiting', 0), ('celery', 0, '', 'active', 2),
    ('sidekiq', 1, 'default', 'waiting', 5), ('sidekiq', 1, 'mails', 'waiting', 1), ('sidekiq', 1, '', 'active', 4),
    ('sidekiq', 1, '', 'retry', 1), ('sidekiq', 1, '', 'scheduled', 2), ('sidekiq', 1, '', 'dead', 3),
    *[('bullmq', 0, queue, state, jobs) for queue in ('images', 'videos') for state, jobs in (
        ('waiting', 4), ('active', 1), ('paused', 0), ('delayed', 1), ('prioritized', 2), ('completed', 3), ('failed', 4),
        ('waiting-children', 5))],
    *[('rq', 2, 'default', state, jobs) for state, jobs in (
        ('waiting', 2), ('active', 1), ('scheduled', 2), ('deferred', 3), ('completed', 4), ('failed', 5), ('canceled', 0))],
    *[('rq', 2, 'low', state, 0) for state in (
        'waiting', 'active', 'scheduled', 'deferred', 'completed', 'failed', 'canceled')],
]
AGES = [('celery', '', 'active', 300), ('sidekiq', 'default', 'waiting', 100), ('sidekiq', 'mails', 'waiting', 200),
        ('bullmq', 'images', 'waiting', 59), ('bullmq', 'videos', 'waiting', 59), ('rq', 'default', 'waiting', 50)]


def watch(program, folder, redis, name, login=''):
    return Exporter(program, folder, name=name, arguments=[
        '--no-postgres.discover', f'--redis.addr=redis://{login}127.0.0.1:{redis.port}',
        QUEUES])


def everything(program, folder):
    redis = Filled(folder)
    exporter = watch(program, folder, redis, 'queues-all')
    try:
        page = Page(exporter.page('/metrics/redis')[2])
        values(page, redis, 'queues')
        gentle(exporter, redis)
        redis.on(1, 'RPOP', 'queue:default')
        page = Page(exporter.page('/metrics/redis')[2])
        check(page.value('redis_queue_length', system='sidekiq', queue='default', state='waiting') == 4,
              'queues: a job that is taken is counted no more')
    finally:
        exporter.process.stop()
    little(program, folder, redis)
    redis.process.stop()


def values(page, redis, title):
    found = [(row['system'], int(row['db'][2:]), row['queue'], row['state'], value)
             for row, value in page.rows('redis_queue_length')]
    for system in ('celery', 'sidekiq', 'bullmq', 'rq'):
        wanted = sorted(row for row in WANTED if row[0] == system)
        shown = sorted(row for row in found if row[0] == system)
        check(shown == wanted, f'{title}: {len(wanted)} lengths of {system}', f'{shown}, not {wanted}')
    late = time.time() - redis.now
    for system, queue, state, age in AGES:
        value = page.value('redis_queue_oldest_job_age_seconds', system=system, queue=queue, state=state)
        check(value is not None and age - 1 <= value <= age + late + 1,
              f'{title}: the oldest job of {system} {queue or "all"} came {value} seconds ago, {age} expected')
    check(len(page.rows('redis_queue_oldest_job_age_seconds')) == len(AGES), f'{title}: and none without jobs')
    check(page.value('redis_queue_workers', system='sidekiq') == 2 and page.value('redis_queue_workers', system='rq') == 2,
          f'{title}: workers', str(page.rows('redis_queue_workers')))


def calls(redis, command):
    return int(redis.fields('INFO', 'commandstats').get(f'cmdstat_{command}', 'calls=0').split('calls=')[1].split(',')[0])


def gentle(exporter, redis):
    scans = calls(redis, 'scan')
    for _ in range(5):
        exporter.page('/metrics/redis')
    check(calls(redis, 'scan') == scans > 0, f'queues: keys are looked for once a minute, {scans} times SCAN')
    check(calls(redis, 'keys') == 0 and calls(redis, 'smembers') == 0, 'queues: nothing is asked that takes long')


def little(program, folder, redis):
    line = run(program, 'acl', 'redis', '--redis.user=reader', QUEUES).replace('PASSWORD', 'secret')
    redis.call(*shlex.split(line))
    exporter = watch(program, folder, redis, 'queues-reader', 'reader:secret@')
    try:
        redis.on(1, 'RPUSH', 'queue:default', json.dumps({'enqueued_at': redis.now - 100}))
        page = Page(exporter.page('/metrics/redis')[2])
        values(page, redis, 'queues, a user with few rights')
        denied = [row['command'] for row, _ in page.rows('resource_exporter_redis_denied_commands')]
        check(not denied, f'queues: nothing is denied: {denied}')
    finally:
        exporter.process.stop()
    redis.call('ACL', 'SETUSER', 'reader', '-scan', '-zcard')
    exporter = watch(program, folder, redis, 'queues-less', 'reader:secret@')
    try:
        def told():
            page = Page(exporter.page('/metrics/redis')[2])
            return {row['command'] for row, _ in page.rows('resource_exporter_redis_denied_commands')} >= {'scan', 'zcard'}

        check(wait_for(told, 5, 0.3), 'queues: commands that are denied are named')
        page = Page(exporter.page('/metrics/redis')[2])
        check(page.value('redis_queue_length', system='celery', queue='celery', state='waiting') == 4 and
              page.value('redis_queue_length', system='rq', queue='default', state='waiting') == 2 and
              not page.rows('redis_queue_length', state='failed'), 'queues: and the others go on')
    finally:
        exporter.process.stop()
