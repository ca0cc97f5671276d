"""PostgreSQL whose socket is in a mount namespace of its own, as in a container, found without configuration."""
import os
import re
import signal
import socket

import servers
from faults import sample
from process import Process, StartError, free_port, get, run, wait_for
from report import check, skip


class Inside:
    """A server with /run and its own /run/postgresql of a mount namespace, and no TCP port."""

    def __init__(self, folder, postgres):
        if os.geteuid() != 0:
            raise StartError('a mount namespace needs root')
        self.bin, self.as_owner, self.port = postgres.bin, postgres.as_owner, free_port()
        self.log = os.path.join(folder, 'inside.log')
        self.data = os.path.join(postgres.folder, 'inside')
        run(*self.as_owner, f'{self.bin}/initdb', '-D', self.data, '-U', 'root', '-A', 'trust', '--no-sync',
            cwd=postgres.folder)
        self.start()

    def start(self):
        mount = ('mount -t tmpfs -o mode=0755 none /run && mkdir /run/postgresql && chown postgres: /run/postgresql && '
                 'exec "$@"')
        self.process = Process(
            [servers.need('unshare', '/usr/bin'), '-m', 'sh', '-c', mount, 'sh', *self.as_owner, f'{self.bin}/postgres',
             '-D', self.data, '-c', f'port={self.port}', '-c', 'listen_addresses=', '-c', 'fsync=off',
             '-c', 'unix_socket_directories=/run/postgresql'], self.log, stop_signal=signal.SIGINT)
        self.process.wait_ready(lambda: self.query('SELECT 1', check=False) == '1')

    def query(self, sql, check=True):  # pylint: disable=redefined-outer-name
        return run(f'{self.bin}/psql', '-XAtq', '-h', f'/proc/{self.process.pid}/root/run/postgresql', '-p', str(self.port),
                   '-U', 'root', '-d', 'postgres', '-c', sql, check=check)

    def refuse(self):
        with open(os.path.join(self.data, 'pg_hba.conf'), 'w', encoding='ascii') as file:
            file.write('local all root password\nlocal all all peer\n')


def taken(port):
    with socket.socket() as client:
        return client.connect_ex(('127.0.0.1', port)) == 0


class Unconfigured(servers.Exporter):
    """With an empty folder for the root file system's: what runs on this machine is not found by its sockets."""

    def __init__(self, program, folder, name, environment=None, before=()):  # pylint: disable=super-init-not-called
        self.port = free_port()
        root = os.path.join(folder, 'nothing')
        os.makedirs(root, exist_ok=True)
        self.process = Process([*before, program, f'--web.listen-address=127.0.0.1:{self.port}', f'--path.rootfs={root}'],
                               os.path.join(folder, f'{name}.log'), environment=environment or {})
        self.process.wait_ready(lambda: get(self.url('/-/healthy'), timeout=2)[0] == 200)

    def log(self):
        with open(self.process.log, encoding='utf-8', errors='replace') as file:
            return file.read()


def everything(program, folder, postgres):
    if taken(5432):
        skip('a server in a container: everything', 'somebody listens on localhost:5432, and comes first')
        return
    try:
        inside = Inside(folder, postgres)
    except StartError as error:
        skip('a server in a container: everything', error)
        return
    found(program, folder, inside)
    out_of_reach(program, folder)
    refused(program, folder, inside)
    inside.process.stop()


def found(program, folder, inside):
    exporter = Unconfigured(program, folder, 'inside')

    def up(value):
        return sample(exporter.page('/metrics/postgres')[2], 'pg_up') == value

    check(wait_for(lambda: up('1'), 10, 0.2), 'a server in a container is found without configuration', exporter.log()[-900:])
    page = exporter.page('/metrics/postgres')[2]
    server = f'server="/run/postgresql:{inside.port}"'
    connections = re.search(rf'^pg_settings_max_connections{{{re.escape(server)}}} (\S+)$', page, re.MULTILINE)
    check(connections and float(connections.group(1)) == float(inside.query('SHOW max_connections')),
          'a server in a container: its settings, under its address inside', page[:300])
    check(f'at /proc/{inside.process.pid}/root/run/postgresql:{inside.port} as root' in exporter.log(),
          'a server in a container: the log says where it is', exporter.log()[-900:])
    first = inside.process.pid
    inside.process.stop()
    check(wait_for(lambda: up('0'), 10, 0.2), 'a server in a container: pg_up 0 when it is gone')
    inside.start()
    check(first != inside.process.pid and wait_for(lambda: up('1'), 20, 0.3),
          'a server in a container: found again under another process number', exporter.log()[-900:])
    exporter.process.stop()


def out_of_reach(program, folder):
    nobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups']
    exporter = Unconfigured(program, folder, 'inside-nobody', before=nobody)
    for _ in range(3):
        page = exporter.page('/metrics/postgres')[2]
    lines = [line for line in exporter.log().splitlines() if 'PostgreSQL runs in ' in line]
    check(len(lines) == 1 and 'CAP_SYS_PTRACE' in lines[0] and 'DATA_SOURCE_NAME' in lines[0]
          and sample(page, 'pg_up') is None,
          'a server in a container that this user may not reach: said once, and no pg_up', lines or exporter.log()[-900:])
    exporter.process.stop()


def refused(program, folder, inside):
    """A password of the environment is for servers that somebody named."""
    inside.process.stop()
    inside.refuse()
    inside.process = Process([*inside.process.child.args], inside.log, stop_signal=signal.SIGINT)
    wait_for(lambda: os.path.exists(f'/proc/{inside.process.pid}/root/run/postgresql/.s.PGSQL.{inside.port}'), 10)
    exporter = Unconfigured(program, folder, 'inside-refused',
                            {'DATA_SOURCE_PASS': 'secret', 'PGPASSWORD': 'secret'})
    for _ in range(4):
        page = exporter.page('/metrics/postgres')[2]
    lines = [line for line in exporter.log().splitlines() if 'server cannot be read' in line]
    check(sample(page, 'pg_up') == '0' and len(lines) == 1 and 'no password supplied' in lines[0] and
          'GRANT pg_monitor' in lines[0] and 'DATA_SOURCE_NAME' in lines[0],
          'a server in a container that lets nobody in: said once, with the remedy, and no password tried', lines)
    exporter.process.stop()
