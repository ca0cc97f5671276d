"""A host with everything on it that dashboards look at: PostgreSQL with a standby, a slot, a subscriber and sessions that
wait, Redis with a replica, containers, the exporter that watches them, and load. All on loopback ports of their own."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'live'))

import replicas  # noqa: E402 (the folder above)
import servers  # noqa: E402
from process import Process, free_port, run, wait_for  # noqa: E402

# What is off by default and has panels or public queries.
FLAGS = [*(f'--collector.{name}' for name in (
    'burst', 'buddyinfo', 'interrupts', 'process_groups', 'processes', 'tcpstat', 'container.process', 'container.sched',
    'container.tasks', 'container.tcp', 'database_wraparound', 'long_running_transactions',
    'postmaster', 'stat_statements', 'stat_user_indexes', 'stat_wal_receiver', 'statio_user_indexes')),
         '--postgres.legacy-names', '--sampler.interval=100ms', '--check-keys=db0=key:*', '--check-streams=db0=jobs', '--include-system-metrics']
COMPOSE = {'com.docker.compose.project': 'shop', 'org.label-schema.group': 'monitoring'}


class Replica:
    """A Redis that follows another."""

    def __init__(self, folder, primary):
        self.port = free_port()
        self.cli = primary.cli
        self.process = Process([servers.need('redis-server', '/usr/bin'), '--port', str(self.port), '--bind', '127.0.0.1',
                                '--save', '', '--dir', primary.folder, '--replicaof', '127.0.0.1', str(primary.port)],
                               os.path.join(folder, 'redis-replica.log'))
        self.process.wait_ready(lambda: 'master_link_status:up' in self.call('INFO', 'replication', check=False))

    def call(self, *words, check=True):
        return run(self.cli, '-h', '127.0.0.1', '-p', str(self.port), *words, check=check)

    def address(self):
        return f'redis://127.0.0.1:{self.port}'


def fill(primary, redis):
    """What a panel shows only when it is there: an index that nobody reads, a sequence near its end, a stream."""
    primary.query('CREATE EXTENSION pg_stat_statements; CREATE INDEX item_note ON item (note);'
                  " CREATE SEQUENCE tickets MAXVALUE 10; SELECT setval('tickets', 8)", 'watched')
    redis.call('XADD', 'jobs', '*', 'n', '1')
    redis.call('XGROUP', 'CREATE', 'jobs', 'workers', '0')
    redis.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0', 'appendonly', 'yes')


def load(folder, primary, redis):
    """Statements and commands several times a second, and a session that waits for another's row."""
    psql = [f'{primary.bin}/psql', '-X']

    def session(name, database, typed):
        return Process([*psql, *primary.at(database)], os.path.join(folder, f'{name}.log'), typed=typed)

    session('load', 'watched', 'UPDATE item SET price = price + 1 WHERE id = 7 \\watch 0.2\n')
    session('lock', 'other', 'BEGIN; UPDATE item SET price = 1 WHERE id = 1;\n')
    wait_for(lambda: primary.query("SELECT 1 FROM pg_locks WHERE mode = 'RowExclusiveLock'"), 10)
    session('waiter', 'other', 'UPDATE item SET price = 2 WHERE id = 1;\n')
    wait_for(lambda: primary.query("SELECT 1 FROM pg_locks WHERE NOT granted"), 10)
    for name, words in (('get', ('GET', 'key:1')), ('miss', ('GET', 'nothing')), ('wrong', ('INCR', 'key:1'))):
        Process([redis.cli, '-p', str(redis.port), '-r', '1000000', '-i', '0.1', *words], os.path.join(folder, f'{name}.log'))


def start_container(docker):
    """One with a limit of everything, of a compose project, that reads and writes past the page cache."""
    labels = [word for key, value in COMPOSE.items() for word in ('--label', f'{key}={value}')]
    docker.run('live-limited', '--cpus', '0.2', '-m', '64m', '--memory-reservation', '32m', '--memory-swap', '64m', *labels,
               command='/bin/busybox cp /bin/busybox /x; while :; do echo 1 >/y; /bin/busybox fsync /y;'
               ' /bin/busybox dd if=/x of=/dev/null bs=64k iflag=direct; for i in 1 2 3 4 5 6 7 8; do :; done; done')


class World:
    """.exporter watches .primary, .standby, .redis, .replica and .docker."""

    def __init__(self, program, folder):
        self.primary = replicas.start(folder, 'primary', {
            'shared_preload_libraries': 'pg_stat_statements', 'autovacuum': 'on', 'autovacuum_naptime': '1s',
            'autovacuum_vacuum_threshold': 5, 'autovacuum_vacuum_scale_factor': 0})
        self.standby = replicas.Standby(folder, self.primary, 'paired')
        self.redis = servers.Redis(folder)
        fill(self.primary, self.redis)
        self.docker = servers.Docker(folder)
        start_container(self.docker)
        self.replica = Replica(folder, self.redis)
        load(folder, self.primary, self.redis)
        both = Several([self.redis, self.replica])
        self.exporter = servers.Exporter(program, folder, replicas.Several([self.primary, self.standby]), both, self.docker,
                                         FLAGS)


class Several:
    """Redis servers that one exporter watches."""

    def __init__(self, several):
        self.several = several

    def address(self):
        return ','.join(server.address() for server in self.several)
