"""The servers that the exporter watches, and those that watch it. All of them listen on loopback ports or sockets of
their own, keep their data below one temporary folder, and are stopped by process id."""
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess

from process import Process, StartError, free_port, get, get_json, run, wait_for

MODULES = ('node', 'container', 'postgres', 'redis')


def need(program, *folders):
    """Path of a program, or StartError."""
    found = shutil.which(program) or shutil.which(program, path=os.pathsep.join(folders or ['/usr/sbin']))
    if not found:
        raise StartError(f'{program} is not installed')
    return found


class Postgres:
    """PostgreSQL with four databases: `watched` (the exporter's own, with a table), `other` (the same again), `still`
    (nobody may connect once it is filled, so its counters stand still) and `held` (one session idle in a transaction).
    Autovacuum is off: it would count. `more` are settings of the server."""

    def __init__(self, folder, more=None):
        newest = sorted(glob.glob('/usr/lib/postgresql/*/bin'), key=lambda path: int(path.split('/')[-2]))
        if not newest:
            raise StartError('PostgreSQL is not installed')
        self.bin = newest[-1]
        self.port = free_port()
        self.folder = os.path.join(folder, 'postgres')
        data = os.path.join(self.folder, 'data')
        os.makedirs(self.folder)
        self.as_owner = []
        if os.geteuid() == 0:  # the server refuses to run as root
            owner = pwd.getpwnam('postgres')
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.as_owner = ['setpriv', '--reuid', 'postgres', '--regid', str(owner.pw_gid), '--clear-groups']
        run(*self.as_owner, f'{self.bin}/initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8',
            '--locale=C', '--no-sync', cwd=self.folder)
        settings = {'port': self.port, 'listen_addresses': '127.0.0.1', 'unix_socket_directories': self.folder,
                    'autovacuum': 'off', 'fsync': 'off', 'max_connections': 40, 'track_io_timing': 'on',
                    **(more or {})}
        flags = [word for name, value in settings.items() for word in ('-c', f'{name}={value}')]
        self.process = Process([*self.as_owner, f'{self.bin}/postgres', '-D', data, *flags],
                               os.path.join(folder, 'postgres.log'), stop_signal=signal.SIGINT, cwd=self.folder)
        self.process.wait_ready(lambda: socket.create_connection(('127.0.0.1', self.port), 1).close() or self.up())
        self.fill()
        self.holder = Process([f'{self.bin}/psql', '-X', *self.at('held')], os.path.join(folder, 'psql.log'),
                              typed='BEGIN; SELECT count(*) FROM pg_class;\n')
        wait_for(lambda: self.query("SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction'"), 10)

    def at(self, database):
        return ['-h', '127.0.0.1', '-p', str(self.port), '-U', 'postgres', '-d', database]

    def up(self):
        return self.query('SELECT 1', check=False) == '1'

    def query(self, sql, database='postgres', check=True):
        return run(f'{self.bin}/psql', '-XAtq', *self.at(database), '-c', sql, check=check)

    def number(self, sql, database='postgres'):
        return float(self.query(sql, database))

    def fill(self):
        for name in ('watched', 'other', 'still', 'held'):
            self.query(f'CREATE DATABASE {name}')
        for name in ('watched', 'other', 'still'):
            self.query('CREATE TABLE item (id int PRIMARY KEY, price int, note text)', name)
            self.query('INSERT INTO item SELECT n, n % 7, repeat(chr(120), 50) FROM generate_series(1, 3000) n', name)
            self.query('UPDATE item SET price = price + 1 WHERE id <= 500; DELETE FROM item WHERE id > 2900', name)
            self.query('SELECT count(*) FROM item; SELECT * FROM item WHERE id = 7', name)
            self.query('ANALYZE item', name)
        self.query("SET client_min_messages = fatal; INSERT INTO item VALUES (1, 1, 'twice')", 'still', check=False)
        self.query('ALTER DATABASE still ALLOW_CONNECTIONS false')

    def dsn(self):
        return f'postgresql://postgres@127.0.0.1:{self.port}/watched?sslmode=disable'


class Redis:
    """A Redis with keys in two databases, some that expire, and a client that blocks."""

    def __init__(self, folder):
        self.port = free_port()
        self.folder = os.path.join(folder, 'redis')
        os.makedirs(self.folder)
        self.cli = need('redis-cli')
        self.process = Process([need('redis-server', '/usr/bin'), '--port', str(self.port), '--bind', '127.0.0.1',
                                '--save', '', '--appendonly', 'no', '--maxmemory', '64mb', '--maxclients', '500',
                                '--dir', self.folder], os.path.join(folder, 'redis.log'))
        self.process.wait_ready(lambda: self.call('PING', check=False) == 'PONG')
        self.fill()
        self.blocked = Process([self.cli, '-p', str(self.port), 'BLPOP', 'never', '0'], os.path.join(folder, 'blpop.log'))

    def call(self, *words, database=0, check=True):
        return run(self.cli, '-h', '127.0.0.1', '-p', str(self.port), '-n', str(database), *words, check=check)

    def info(self, section='everything'):
        return dict(line.split(':', 1) for line in self.call('INFO', section).splitlines() if ':' in line)

    def number(self, field):
        return float(self.info()[field])

    def fill(self):
        for number in range(20):
            self.call('SET', f'key:{number}', 'x' * 100)
        for number in range(5):
            self.call('SET', f'soon:{number}', 'x', 'EX', '100000')
            self.call('SET', f'other:{number}', 'x', database=3)
        self.call('GET', 'key:1')
        self.call('GET', 'nothing')
        self.call('SET', 'short', 'x', 'PX', '1')
        wait_for(lambda: self.number('expired_keys') == 1, 5)

    def address(self):
        return f'redis://127.0.0.1:{self.port}'


class Docker:
    """dockerd with its own data, state and socket, and two labelled containers on a network of their own."""

    BUSY, IDLE, IMAGE = 'live-busy', 'live-idle', 'live:1'

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise StartError('dockerd needs root')
        self.folder = os.path.join(folder, 'docker')
        self.root = os.path.join(self.folder, 'data')
        self.socket = f'unix://{self.folder}/s'
        self.client = need('docker')
        self.network = False
        self.names = []
        os.makedirs(self.root)
        with open(f'{self.folder}/daemon.json', 'w', encoding='ascii') as file:
            file.write('{}')  # not the machine's own settings
        self.process = Process(
            [need('dockerd'), '--data-root', self.root, '--exec-root', f'{self.folder}/x', '--pidfile',
             f'{self.folder}/pid', '-H', self.socket, '--config-file', f'{self.folder}/daemon.json', '--bridge=none',
             '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false', '--userland-proxy=false'],
            os.path.join(folder, 'dockerd.log'))
        try:
            self.process.wait_ready(lambda: self.call('version', '--format', '{{.Server.Version}}', check=False), 60)
            self.process.before_stop = self.remove_containers
            self.start_containers()
        except (StartError, OSError, subprocess.SubprocessError):
            self.process.stop(20)
            raise

    def call(self, *words, check=True):
        return run(self.client, '-H', self.socket, *words, check=check)

    def inspect(self, name):
        return json.loads(self.call('inspect', name))[0]

    def start_containers(self):
        tree = os.path.join(self.folder, 'image')
        os.makedirs(f'{tree}/bin')
        shutil.copy(need('busybox', '/bin'), f'{tree}/bin/busybox')
        archive = os.path.join(self.folder, 'image.tar')
        run('tar', '-C', tree, '-cf', archive, '.')
        self.call('import', archive, self.IMAGE)
        try:
            self.call('network', 'create', '--internal', '--subnet', '10.231.77.0/24', 'live')
            self.network = True
        except StartError as error:
            print(f'# containers run without a network: {error}')
        for name, command, options in (
                (self.BUSY, 'while :; do :; done', ['--cpus', '0.2', '-m', '64m', '--label', 'com.example.tier=back']),
                (self.IDLE, 'exec /bin/busybox sleep 100000', ['--label', 'com.example.tier=front'])):
            self.run(name, *options, command=command)
        if self.network:
            networks = self.inspect(self.BUSY)['NetworkSettings']['Networks']
            self.call('exec', self.IDLE, '/bin/busybox', 'ping', '-c', '5', '-s', '50000', networks['live']['IPAddress'], check=False)

    def run(self, name, *options, command):
        """Starts a container with a shell's command."""
        network = [] if '--network' in options else ['--network', 'live' if self.network else 'none']
        self.names.append(name)
        self.call('run', '-d', '--name', name, *network, *options, self.IMAGE, '/bin/busybox', 'sh', '-c', command)

    def remove_containers(self):
        """Containers outlive a daemon that is killed, and their network would stay on the machine."""
        self.call('rm', '-f', *self.names, check=False)
        if self.network:
            self.call('network', 'rm', 'live', check=False)


class Exporter:
    """The program under test, with a port of its own."""

    def __init__(self, program, folder, postgres=None, redis=None, docker=None, arguments=(), name='exporter',
                 before=()):
        """before: words in front of the program, such as setpriv's."""
        self.port = free_port()
        environment = {}
        if postgres:
            environment['DATA_SOURCE_NAME'] = postgres.dsn()
        if redis:
            environment['REDIS_ADDR'] = redis.address()
        if docker:
            arguments = [*arguments, f'--container.docker-root={docker.root}']
        self.process = Process([*before, program, f'--web.listen-address=127.0.0.1:{self.port}', *arguments],
                               os.path.join(folder, f'{name}.log'), environment=environment)
        self.process.wait_ready(lambda: get(self.url('/-/healthy'), timeout=2)[0] == 200)

    def url(self, path):
        return f'http://127.0.0.1:{self.port}{path}'

    def page(self, path='/metrics', timeout=30, **headers):
        return get(self.url(path), headers, timeout)


class Prometheus:
    """Scrapes the exporter every second: job "all" reads /metrics, the others one module each."""

    def __init__(self, program, folder, exporter, modules=MODULES, name='prometheus', more=None):
        """more: settings of each job."""
        self.name = name
        self.port = free_port()
        self.jobs = ['all', *modules]
        own = os.path.join(folder, name)
        os.makedirs(own)
        jobs = [{'job_name': job, 'metrics_path': '/metrics' + ('' if job == 'all' else '/' + job),
                 'static_configs': [{'targets': [f'127.0.0.1:{exporter.port}']}], **(more or {})} for job in self.jobs]
        with open(f'{own}/prometheus.yml', 'w', encoding='utf-8') as file:  # JSON is YAML
            json.dump({'global': {'scrape_interval': '1s', 'scrape_timeout': '1s'}, 'scrape_configs': jobs}, file)
        self.process = Process([program, f'--config.file={own}/prometheus.yml', f'--storage.tsdb.path={own}/data',
                                f'--web.listen-address=127.0.0.1:{self.port}', '--log.level=warn'],
                               os.path.join(folder, f'{name}.log'))
        self.process.wait_ready(lambda: get(self.url('/-/ready'), timeout=2)[0] == 200, 60)

    def url(self, path):
        return f'http://127.0.0.1:{self.port}{path}'

    def query(self, expression):
        """[(labels, value)]; a scalar has no labels. ValueError when Prometheus refuses the expression."""
        answer = get_json(self.url('/api/v1/query'), query=expression)
        if answer['status'] != 'success':
            raise ValueError(f'{expression}: {answer.get("error")}')
        data = answer['data']
        if data['resultType'] == 'scalar':
            return [({}, float(data['result'][1]))]
        return [(row['metric'], float(row['value'][1])) for row in data['result']]

    def errors(self):
        """Scrape errors by job."""
        targets = get_json(self.url('/api/v1/targets'))['data']['activeTargets']
        return {target['labels']['job']: target['lastError'] for target in targets if target['lastError']}

    def stop(self):
        return self.process.stop()
