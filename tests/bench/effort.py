"""What the servers do for scrapes: their CPU time, statements or commands, reads and new connections."""
import os

# For servers.Postgres: counts statements. The extension is made by PostgresEffort.
COUNTING = {'shared_preload_libraries': 'pg_stat_statements', 'pg_stat_statements.track': 'top',
            'pg_stat_statements.max': 100000}


class PostgresEffort:
    """Of a whole PostgreSQL server."""

    def __init__(self, postgres):
        self.postgres = postgres
        self.tick = os.sysconf('SC_CLK_TCK')
        postgres.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements')

    def cpu(self):
        """Seconds of the server's processes, those that ended included."""
        total = 0
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
                    fields = file.read().rsplit(')', 1)[1].split()
            except OSError:
                continue
            parent, user, system, children_user, children_system = (int(fields[i]) for i in (1, 11, 12, 13, 14))
            if int(pid) == self.postgres.process.pid:
                total += user + system + children_user + children_system
            elif parent == self.postgres.process.pid:
                total += user + system
        return total / self.tick

    def connections(self):
        """Those of exporters that are open now."""
        return int(self.postgres.query("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
                                       " AND application_name <> 'psql'"))

    def counters(self):
        statements, sessions = self.postgres.query(
            'SELECT (SELECT sum(calls) FROM pg_stat_statements), (SELECT sum(sessions) FROM pg_stat_database)').split('|')
        return {"server's CPU, ms": self.cpu() * 1e3, 'statements': int(statements), 'new connections': int(sessions)}


class RedisEffort:
    """Of a Redis server; it reads once for each write of a client that it gets whole."""

    FIELDS = {'commands': 'total_commands_processed', 'reads': 'total_reads_processed',
              'new connections': 'total_connections_received'}

    def __init__(self, redis):
        self.redis = redis

    def counters(self):
        info = self.redis.info()
        cpu = sum(float(info[f'used_cpu_{kind}']) for kind in ('sys', 'user'))
        return {"server's CPU, ms": cpu * 1e3, **{name: int(info[field]) for name, field in self.FIELDS.items()}}


class Effort:
    """What happens from begin() to end(), without what asking for the counters takes."""

    def __init__(self, server):
        self.server = server

    def begin(self):
        before = self.server.counters()
        self.start = self.server.counters()
        self.asking = {name: self.start[name] - before[name] for name in before}

    def end(self, scrapes):
        """Of each scrape."""
        after = self.server.counters()
        return {name: max(0, after[name] - self.start[name] - self.asking[name]) / scrapes for name in after}
