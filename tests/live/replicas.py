"""A primary with a slot, its streaming replica, a replica without a slot and a logical subscriber, against what psql says
of each. One exporter watches all four."""
import os
import signal
import socket

import servers
from pages import Targets
from process import Process, free_port, run, wait_for
from report import check


class Standby:
    """A streaming replica of `primary`; slot: made on the primary for it, None for none."""

    def __init__(self, folder, primary, slot):
        self.bin, self.as_owner, self.port = primary.bin, primary.as_owner, free_port()
        data = os.path.join(primary.folder, f'standby-{slot}')
        run(*self.as_owner, f'{self.bin}/pg_basebackup', '-h', '127.0.0.1', '-p', str(primary.port), '-U', 'postgres',
            '-D', data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync', *(['-C', '-S', slot] if slot else []),
            cwd=primary.folder)
        self.process = Process([*self.as_owner, f'{self.bin}/postgres', '-D', data, '-c', f'port={self.port}',
                                '-c', 'listen_addresses=127.0.0.1', '-c', f'unix_socket_directories={primary.folder}',
                                '-c', 'max_connections=40', '-c', 'fsync=off', '-c', f'cluster_name=standby_{slot}',
                                '-c', 'wal_receiver_status_interval=1s'],
                               os.path.join(folder, f'standby-{slot}.log'), stop_signal=signal.SIGINT, cwd=primary.folder)
        self.process.wait_ready(lambda: socket.create_connection(('127.0.0.1', self.port), 1).close() or
                                self.query('SELECT pg_is_in_recovery()') == 't')

    def query(self, sql, database='postgres'):
        return run(f'{self.bin}/psql', '-XAtq', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'postgres', '-d', database,
                   '-c', sql, check=False)

    dsn = servers.Postgres.dsn


class Several:
    """Servers that one exporter watches."""

    def __init__(self, servers_of_it):
        self.servers = servers_of_it

    def dsn(self):
        return ','.join(server.dsn() for server in self.servers)


def start(folder, name, settings):
    inside = os.path.join(folder, name)
    os.mkdir(inside)
    os.chmod(inside, 0o711)
    return servers.Postgres(inside, settings)


def everything(program, folder):
    primary = start(folder, 'primary', {'wal_level': 'logical'})
    subscriber = start(folder, 'subscriber', {'wal_retrieve_retry_interval': '100ms'})
    replica, loose = Standby(folder, primary, 'paired'), Standby(folder, primary, None)
    for server in (primary, subscriber):
        server.query('CREATE TABLE feed (id int PRIMARY KEY)', 'watched')
    primary.query('CREATE PUBLICATION feeds FOR TABLE feed', 'watched')
    subscriber.query(f"CREATE SUBSCRIPTION reader CONNECTION 'host=127.0.0.1 port={primary.port} user=postgres"
                     " dbname=watched' PUBLICATION feeds", 'watched')
    primary.query('INSERT INTO feed SELECT generate_series(1, 1000)', 'watched')
    wait_for(lambda: subscriber.query('SELECT count(*) FROM feed', 'watched') == '1000', 20)
    wait_for(lambda: {server.query('SELECT count(*) FROM feed', 'watched') for server in (replica, loose)} == {'1000'}, 20)
    exporter = servers.Exporter(program, folder, Several([primary, replica, loose, subscriber]), name='replicas',
                                arguments=['--collector.stat_wal_receiver'])
    watch = Targets(exporter, '/metrics/postgres')
    watch.page()

    def equal(what, metric, server, sql, **labels):
        watch.equal(f'replicas: {what}', metric, server, lambda: server.query(sql, 'watched'), **labels)

    roles_of(watch, primary, replica, loose, subscriber)
    on_the_primary(equal, primary)
    on_the_standbys(equal, replica, loose)
    on_the_subscriber(equal, subscriber)
    lag_of_a_paused_replica(watch, primary, replica)
    for server in (exporter, loose, replica, subscriber, primary):
        server.process.stop()


def roles_of(watch, primary, replica, loose, subscriber):
    for server, up, role in ((primary, 1, 0), (replica, 1, 1), (loose, 1, 1), (subscriber, 1, 0)):
        check(watch.of('pg_up', server) == up and watch.of('pg_replication_is_replica', server) == role,
              f'replicas: a server that is {"a replica" if role else "no replica"} says so')


def on_the_primary(equal, primary):
    for slot, kind in (('paired', 'physical'), ('reader', 'logical')):
        equal(f'slot {slot}', 'pg_replication_slots_slot_is_active', primary,
              f"SELECT active::int FROM pg_replication_slots WHERE slot_name = '{slot}'", slot_name=slot, slot_type=kind)
        equal(f'slot {slot}', 'pg_replication_slots_pg_wal_lsn_diff', primary,
              'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) FROM pg_replication_slots'
              f" WHERE slot_name = '{slot}'", slot_name=slot)
    for name in ('standby_paired', 'standby_None', 'reader'):
        equal(f'sender to {name}', 'pg_stat_replication_pg_wal_lsn_diff', primary,
              'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) FROM pg_stat_replication'
              f" WHERE application_name = '{name}'", application_name=name, state='streaming')
    equal('slot reader', 'pg_stat_replication_slots_total_txns_total', primary,
          "SELECT total_txns FROM pg_stat_replication_slots WHERE slot_name = 'reader'", slot_name='reader')


def on_the_standbys(equal, replica, loose):
    for server, slot in ((replica, 'paired'), (loose, '')):
        for metric, column in (('flushed_lsn', "flushed_lsn - '0/0'"), ('latest_end_lsn', "latest_end_lsn - '0/0'"),
                               ('receive_start_tli', 'receive_start_tli')):
            equal(f'receiver of {slot or "none"}', f'pg_stat_wal_receiver_{metric}', server,
                  f'SELECT {column} FROM pg_stat_wal_receiver', slot_name=slot, status='streaming')


def on_the_subscriber(equal, subscriber):
    equal('subscription', 'pg_stat_subscription_apply_workers', subscriber,
          'SELECT count(*) FROM pg_stat_subscription WHERE relid IS NULL AND pid IS NOT NULL', subname='reader')
    equal('subscription', 'pg_stat_subscription_received_lsn_bytes', subscriber,
          "SELECT received_lsn - '0/0' FROM pg_stat_subscription", subname='reader')
    equal('subscription', 'pg_stat_subscription_enabled', subscriber, 'SELECT subenabled::int FROM pg_subscription',
          subname='reader')
    equal('origin', 'pg_replication_origin_remote_lsn_bytes', subscriber,
          "SELECT remote_lsn - '0/0' FROM pg_replication_origin_status")


def lag_of_a_paused_replica(watch, primary, replica):
    replica.query('SELECT pg_wal_replay_pause()')
    primary.query('INSERT INTO feed SELECT generate_series(1001, 2000)', 'watched')
    behind = wait_for(lambda: (watch.of('pg_stat_replication_pg_wal_lsn_diff', primary, application_name='standby_paired')
                               or 0) > 50000, 10, 0.2)
    check(behind, 'replicas: a replica that does not replay falls behind on its primary')
    grown = wait_for(lambda: (watch.of('pg_replication_lag_seconds', replica) or 0) >= 1, 10, 0.2)
    check(grown, 'replicas: and its lag in seconds grows')
    replica.query('SELECT pg_wal_replay_resume()')
    caught = wait_for(lambda: watch.of('pg_replication_lag_seconds', replica) == 0, 10, 0.2)
    check(caught, 'replicas: it is 0 once all is replayed')
