"""A host with everything on it that dashboards look at: PostgreSQL with a standby, a slot, a subscriber and sessions that
wait, Redis with a replica, containers, the exporter that watches them, and load. All on loopback ports of their own."""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'live'))

import replicas  # noqa: E402 (the folder above)
import servers  # noqa: E402
from process import Process, StartError, free_port, run, wait_for  # noqa: E402

# What is off by default and has panels or public queries.
FLAGS = ['--collector.interrupts', '--collector.processes', '--collector.tcpstat', '--collector.systemd', '--collector.ntp',
         '--collector.buddyinfo', '--collector.ethtool', '--collector.qdisc', '--collector.softirqs', '--collector.process_groups',
         '--collector.cgroups', '--collector.container.tasks', '--collector.container.process', '--collector.container.tcp',
         '--collector.container.udp', '--collector.container.sched', '--collector.stat_statements',
         '--collector.stat_user_indexes', '--collector.stat_activity_autovacuum', '--collector.stat_wal_receiver',
         '--collector.database_wraparound', '--collector.process_idle', '--postgres.legacy-names', '--sampler.interval=100ms',
         '--collector.burst', '--check-streams=db0=jobs', '--check-keys=db0=key:*', '--collector.sysctl']


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
