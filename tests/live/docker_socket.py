"""Names from dockerd's API, for those who ask for it: with Docker's files out of reach, nothing but the one request that
reads, and a daemon that hangs."""
import os
import re
import shutil
import socket
import threading

import servers
from pages import Watched
from process import Frozen, run, wait_for
from report import check

REQUEST = re.compile(rb'GET /containers/[0-9a-f]{64}/json HTTP/1\.0\r\nHost: docker\r\n\r\n')
FRESH = 15  # seconds after which a known container is asked for again


class Relay:
    """A socket between the exporter and dockerd that keeps all that is sent to the latter."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self.requests = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(self.target)
            self.requests.append(b'')
            number = len(self.requests) - 1

            def back():
                while data := server.recv(65536):
                    client.sendall(data)
                client.shutdown(socket.SHUT_WR)

            thread = threading.Thread(target=back, daemon=True)
            thread.start()
            while data := client.recv(65536):
                self.requests[number] += data
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
            thread.join(10)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def names(page):
    """{id of the container: labels of its row} of those that have a name."""
    return {labels['id'].rsplit('/', 1)[-1]: labels for labels, _ in page.rows('container_last_seen') if 'name' in labels}


def running(docker):
    """{id: name} by dockerd's own word."""
    lines = docker.call('ps', '--no-trunc', '--format', '{{.ID}} {{.Names}}').splitlines()
    return dict(line.split() for line in lines)


def all_named(watched, docker, seconds):
    """Whether every container has the name that dockerd gives it, within this time."""
    wanted = running(docker)
    return wait_for(lambda: {name: labels['name'] for name, labels in names(watched.page()).items()
                             if name in wanted} == wanted, seconds, 0.2)


def no_files(folder):
    """Options under which Docker's files are nowhere."""
    empty = f'{folder}/no-docker'
    os.makedirs(empty, exist_ok=True)
    return [f'--container.docker-root={empty}']


def labels_of(docker, name):
    """What the row of a container has to say by docker inspect."""
    inspected = docker.inspect(name)
    labels = {'container_label_' + re.sub('[^a-zA-Z0-9_]', '_', key): value
              for key, value in inspected['Config']['Labels'].items()}
    return {'name': name, 'image': inspected['Config']['Image'], **labels}


def without_files(program, folder, docker):
    relay = Relay(f'{folder}/relay', docker.socket.removeprefix('unix://'))
    exporter = servers.Exporter(program, folder, name='api',
                                arguments=[*no_files(folder), f'--container.docker-socket=unix://{relay.path}'])
    watched = Watched(exporter)
    time, first = watched.timed_page()
    check(first.rows('container_last_seen') and time < 0.5, f'API: no page waits for names (first: {time * 1e3:.0f} ms)')
    good = all_named(watched, docker, 10)
    check(good, f'API: all {len(running(docker))} running containers have the names that dockerd gives them',
          f'{names(watched.page())}\n{running(docker)}')
    rows = [labels for labels, _ in watched.page().rows('container_last_seen', name='live-limited')]
    wanted = labels_of(docker, 'live-limited')
    check(len(rows) == 1 and {key: value for key, value in rows[0].items() if key != 'id'} == wanted,
          'API: image and labels as docker inspect says', f'{rows}\n{wanted}')
    started = docker.call('inspect', '-f', '{{.State.StartedAt}}', 'live-limited')
    watched.near('API', lambda: float(run('date', '-d', started, '+%s')), 'container_start_time_seconds',
                 name='live-limited')
    docker.call('rename', docker.IDLE, 'live-moved')
    check(all_named(watched, docker, FRESH + 10), 'API: a new name is there when it is asked for again')
    docker.call('rename', 'live-moved', docker.IDLE)
    exporter.process.stop()
    relay.stop()
    other = [request for request in relay.requests if not REQUEST.fullmatch(request)]
    check(relay.requests and not other, f'API: {len(relay.requests)} requests, all of them the one that reads', other[:3])


def unreadable_files(program, folder, docker):
    """As a user who may open the socket but not Docker's files."""
    copy = f'{folder}/api-exporter'
    shutil.copy(program, copy)
    os.chmod(copy, 0o755)
    path = docker.socket.removeprefix('unix://')
    group, mode = os.stat(path).st_gid, os.stat(os.path.dirname(path)).st_mode
    os.chmod(os.path.dirname(path), mode | 0o011)
    as_nobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--groups', str(group)]
    exporter = servers.Exporter(copy, folder, docker=docker, name='api-nobody', before=as_nobody,
                                arguments=[f'--container.docker-socket={docker.socket}'])
    watched = Watched(exporter)
    check(all_named(watched, docker, 10), 'API: names for a user who may not read the files',
          f'{names(watched.page())}\n{running(docker)}')
    exporter.process.stop()
    os.chmod(os.path.dirname(path), mode)


def hanging(program, folder, docker):
    """dockerd stands still: the kernel accepts connections for it, and nobody answers."""
    with Frozen(docker.process.pid):
        exporter = servers.Exporter(program, folder, name='api-hangs',
                                    arguments=[*no_files(folder), f'--container.docker-socket={docker.socket}'])
        watched = Watched(exporter)
        watched.page()
        times, pages = zip(*(watched.timed_page() for _ in range(10)))
        check(max(times) < 0.5, f'API hangs: pages come at once (slowest of 10: {max(times) * 1e3:.0f} ms)')
        check(not names(pages[-1]), 'API hangs: no names')
        ids = [labels['id'] for labels, _ in pages[-1].rows('container_memory_usage_bytes')]
        check(sum(bool(re.search('[0-9a-f]{64}', path)) for path in ids) >= 2, 'API hangs: the numbers are there', ids)
    good = all_named(watched, docker, 20)
    check(good, 'API hangs no longer: the names are there')
    with Frozen(docker.process.pid):
        wait_for(lambda: False, FRESH + 3, 1)  # until it is asked for again, in vain
        time, page = watched.timed_page()
        check('live-limited' in [labels['name'] for labels in names(page).values()] and time < 0.5,
              'API hangs later: known names stay')
        check(exporter.process.stop(5) == 0, 'API hangs: ends with status 0 when told to')


def everything(program, folder, docker):
    without_files(program, folder, docker)
    unreadable_files(program, folder, docker)
    hanging(program, folder, docker)
