"""--sampler.interval between real sessions: one waits for a lock, one sleeps, one does nothing in its transaction."""
import os
import time

import servers
from process import Process, wait_for
from relations import rows
from report import check

WAITS = {('other', 'Lock', 'relation', 'active'), ('other', 'Timeout', 'PgSleep', 'active'),
         ('other', 'Client', 'ClientRead', 'idle in transaction')}


def everything(program, folder, postgres):
    sessions = []

    def session(typed):
        sessions.append(Process([f'{postgres.bin}/psql', '-X', *postgres.at('other')],
                                os.path.join(folder, 'sampled.log'), typed=typed))

    session('BEGIN; LOCK TABLE item;\n')
    session('SELECT pg_sleep(60);\n')
    exporter = servers.Exporter(program, folder, postgres, name='sampler',
                                arguments=['--sampler.interval=100ms', '--include-databases=other'])
    try:
        wait_for(lambda: postgres.query("SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
                                        " AND relation IS NOT NULL"), 10)
        session('SELECT count(*) FROM item;\n')
        wait_for(lambda: postgres.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), 10)

        def counted():
            page = exporter.page('/metrics/postgres')[2]
            return (rows(page, 'pg_wait_event_samples_total'),
                    float(next(line.split()[1] for line in page.splitlines()
                               if line.startswith('pg_wait_event_active_sessions_count'))))

        exporter.page('/metrics/postgres')
        wait_for(lambda: WAITS <= set(counted()[0]), 10)
        before, samples_before = counted()
        time.sleep(2)
        after, samples_after = counted()
        samples = samples_after - samples_before
        check(10 <= samples <= 25, 'sampler: a sample each tenth of a second', samples)
        for key in sorted(WAITS):
            grown = after.get(key, 0) - before.get(key, 0)
            check(abs(grown - samples) <= 1, f'sampler: each of {samples:g} samples saw {" ".join(key[1:])}', grown)
        check({key[0] for key in after} - {''} == {'other'}, 'sampler: sessions of other databases are not shown', after)
        connections = postgres.query("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'resource_exporter'")
        check(int(connections) <= 8, 'sampler: one connection more for each exporter', connections)
    finally:
        exporter.process.stop()
        for one in reversed(sessions):
            one.stop()
