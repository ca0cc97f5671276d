#!/usr/bin/python3
"""Measures exporters side by side. Started by compare.sh.

    compare.py PROGRAM FLOOR [--scrapes 300]

Ours runs once for each page (/metrics/node, ... and /metrics with all four modules), always with every module on, so
that each process's figures belong to one page. One scrape of every exporter, in turn, over a kept connection with gzip
as Prometheus asks for it; then the next round. CPU is the process's own clock over the whole run, in nanoseconds,
ended threads and garbage collectors included."""
import argparse
import http.client
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live'))
import process  # noqa: E402
import servers  # noqa: E402
from effort import COUNTING, Effort, PostgresEffort, RedisEffort  # noqa: E402
from process import Process, StartError, free_port, get  # noqa: E402

WARM_UP = 20


class Subject:
    """A running exporter and one of its pages."""

    def __init__(self, title, program, path, arguments, log, environment=None):
        self.title, self.path, self.program = title, path, program
        self.port = free_port()
        self.process = Process([program, *[word.replace('PORT', str(self.port)) for word in arguments]], log,
                               environment=environment)
        begin = time.monotonic()
        self.process.wait_ready(lambda: get(f'http://127.0.0.1:{self.port}{path}', timeout=10)[0] == 200,
                                interval=0.002)
        self.start_seconds = time.monotonic() - begin
        self.connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        self.seconds = []
        self.cpu_before = 0.0

    def cpu(self):
        """CPU seconds of the whole process: the kernel's clock of a process id (see clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def begin(self):
        self.seconds = []
        self.cpu_before = self.cpu()

    def scrape(self, encoding='gzip'):
        begin = time.perf_counter()
        self.connection.request('GET', self.path, headers={
            'Accept': 'text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'Accept-Encoding': encoding,
            'X-Prometheus-Scrape-Timeout-Seconds': '10'})
        reply = self.connection.getresponse()
        body = reply.read()
        self.seconds.append(time.perf_counter() - begin)
        if reply.status != 200:
            raise StartError(f'{self.title}: status {reply.status}')
        return body

    def memory(self):
        """(RSS, PSS, anonymous) in MB."""
        found = {}
        with open(f'/proc/{self.process.pid}/smaps_rollup', encoding='ascii') as file:
            for line in file:
                words = line.split()
                if words[-1] == 'kB':
                    found[words[0]] = int(words[1]) / 1000 * 1.024
        return found['Rss:'], found['Pss:'], found['Anonymous:']

    def result(self):
        cpu = (self.cpu() - self.cpu_before) / len(self.seconds) * 1e3
        ordered = sorted(self.seconds)
        rss, pss, anonymous = self.memory()
        page = self.scrape('identity')
        return {'CPU per scrape, ms': cpu, 'median wall time, ms': statistics.median(ordered) * 1e3,
                'p99 wall time, ms': ordered[int(len(ordered) * 0.99)] * 1e3, 'RSS, MB': rss, 'PSS, MB': pss,
                'anonymous memory, MB': anonymous, 'page, kB': len(page) / 1e3,
                'series': sum(1 for line in page.splitlines() if line and not line.startswith(b'#')),
                'binary, stripped, MB': stripped_size(self.program) / 1e6}


def stripped_size(program):
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copy(program, copy.name)
        subprocess.run(['strip', copy.name], check=False, stderr=subprocess.DEVNULL)
        return os.path.getsize(copy.name)


def peer_program(name):
    if os.environ.get('PEERS'):
        return os.path.join(os.environ['PEERS'], name)
    return servers.need('prometheus-' + name.replace('_', '-'))


def start_peers(folder, postgres, redis):
    listen = '--web.listen-address=127.0.0.1:PORT'
    peers = {}
    for module, name, environment in (('node', 'node_exporter', {}),
                                      ('postgres', 'postgres_exporter', {'DATA_SOURCE_NAME': postgres.dsn()}),
                                      ('redis', 'redis_exporter', {'REDIS_ADDR': redis.address()})):
        peers[module] = Subject(name, peer_program(name), '/metrics', [listen], f'{folder}/{name}.log', environment)
    return peers


def start_same(folder, ours):
    """node_exporter with the collectors that ours has, and no others."""
    names = re.findall(r'node_scrape_collector_success\{collector="([a-z_]+)"\}', ours.scrape('identity').decode())
    known = subprocess.run([peer_program('node_exporter'), '--help'], capture_output=True, text=True, check=False)
    flags = set(re.findall(r'--(?:\[no-\])?(collector\.[a-z_]+)\b', known.stdout + known.stderr))
    return Subject('node_exporter, same collectors', peer_program('node_exporter'), '/metrics',
                   ['--web.listen-address=127.0.0.1:PORT', '--collector.disable-defaults',
                    *[f'--collector.{name}' for name in names if f'collector.{name}' in flags]], f'{folder}/same.log')


def start_ours(folder, program, postgres, redis, docker):
    arguments = ['--web.listen-address=127.0.0.1:PORT']
    environment = {'DATA_SOURCE_NAME': postgres.dsn(), 'REDIS_ADDR': redis.address()}
    if docker:
        arguments.append(f'--container.docker-root={docker.root}')
    return {page: Subject('resource_exporter ' + path, program, path, arguments, f'{folder}/ours-{page}.log', environment)
            for page, path in [('all', '/metrics')] + [(module, '/metrics/' + module) for module in servers.MODULES]}


def host_file(path):
    """Files of the kernel that describe the host; cgroups and other processes are not the host's."""
    return path.startswith(('/proc/', '/sys/')) and '/cgroup' not in path and os.path.isfile(path)


def files_of_a_scrape(subject, folder):
    """What a scrape of the host reads: the files kept open, and those opened while it runs, which strace sees."""
    pid = subject.process.pid
    found = set()
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            found.add(os.readlink(f'/proc/{pid}/fd/{fd}'))
        except OSError:
            continue
    trace = f'{folder}/trace'
    tracer = Process(['strace', '-f', '-qq', '-y', '-e', 'trace=open,openat', '-o', trace, '-p', str(pid)],
                     f'{folder}/strace.log', stop_signal=signal.SIGINT)
    tracer.wait_ready(lambda: f'TracerPid:\t{tracer.pid}' in open(f'/proc/{pid}/status', encoding='ascii').read())
    time.sleep(0.3)  # the other threads
    subject.scrape()
    tracer.stop()
    with open(trace, encoding='utf-8', errors='replace') as file:
        for match in re.finditer(r'open(?:at)?\((?:[^<(]*<([^>]*)>, )?"([^"]*)"', file.read()):
            found.add(os.path.normpath(os.path.join(match.group(1) or '/', match.group(2))))
    return sorted(path for path in found if host_file(path))


class Floor:
    """The kernel's own cost of the files, taken once between the scrapes of every round."""

    def __init__(self, floor, folder, subject):
        files = files_of_a_scrape(subject, folder)
        with open(f'{folder}/files', 'w', encoding='utf-8') as file:
            file.write(''.join(path + '\n' for path in files))
        done = subprocess.run([floor, f'{folder}/files'], capture_output=True, text=True, check=True)
        self.files, self.bytes, self.opened, self.kept, _ = (float(word) for word in done.stdout.split())
        self.child = subprocess.Popen([floor, f'{folder}/files', 'paced'], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.paced = []

    def step(self):
        self.child.stdin.write('\n')
        self.child.stdin.flush()
        self.paced.append(float(self.child.stdout.readline()))

    def stop(self):
        self.child.stdin.close()
        self.child.wait(10)


FIGURES = ['CPU per scrape, ms', 'median wall time, ms', 'p99 wall time, ms', 'RSS, MB', 'PSS, MB',
           'anonymous memory, MB', 'page, kB', 'series', 'binary, stripped, MB']


def print_row(page, who, figures):
    print(f'| {page} | {who} | ' + ' | '.join(figures) + ' |')


def print_pair(page, ours, title, theirs):
    """Ours, theirs and ours / theirs."""
    print_row(page, '**resource_exporter**', [f'{ours[figure]:.3g}' for figure in FIGURES])
    print_row('', title, [f'{theirs[figure]:.3g}' for figure in FIGURES])
    print_row('', 'ratio', [f'{ours[figure] / theirs[figure]:.2g}' for figure in FIGURES])


def print_table(ours, peers, same):
    rows = {page: subject.result() for page, subject in ours.items()}
    others = {module: subject.result() for module, subject in peers.items()}
    print_row('page', 'who', FIGURES)
    print_row('---', '---', ['---:'] * len(FIGURES))
    print_pair('node', rows['node'], 'node_exporter', others['node'])
    print_pair('node, the same collectors', rows['node'], 'node_exporter', same.result())
    print_pair('postgres', rows['postgres'], 'postgres_exporter', others['postgres'])
    print_pair('redis', rows['redis'], 'redis_exporter', others['redis'])
    print_row('container', '**resource_exporter**', [f'{rows["container"][figure]:.3g}' for figure in FIGURES])
    together = {figure: sum(row[figure] for row in others.values()) for figure in FIGURES}
    print_pair('all four on one page', rows['all'], 'the three together', together)
    return rows


def print_effort(ours, peers, servers_by_module):
    """What the server does for each of 50 scrapes, a tenth of a second apart: what ours reads between them counts."""
    for module, server in servers_by_module.items():
        rows = {}
        for who, subject in (('**resource_exporter**', ours[module]), (peers[module].title, peers[module])):
            effort = Effort(server)
            effort.begin()
            for _ in range(50):
                subject.scrape()
                time.sleep(0.1)
            rows[who] = effort.end(50)
        names = list(next(iter(rows.values())))
        print(f'\n| {module}, per scrape | ' + ' | '.join(names) + ' |')
        print('| --- |' + ' ---: |' * len(names))
        for who, row in rows.items():
            print(f'| {who} | ' + ' | '.join(f'{row[name]:.3g}' for name in names) + ' |')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('program')
    arguments.add_argument('floor')
    arguments.add_argument('--scrapes', type=int, default=300)
    options = arguments.parse_args()
    folder = tempfile.mkdtemp(prefix='reb.')
    os.chmod(folder, 0o711)
    try:
        postgres, redis = servers.Postgres(folder, COUNTING), servers.Redis(folder)
        try:
            docker = servers.Docker(folder)
        except (StartError, OSError, subprocess.SubprocessError) as error:
            print(f'no containers: {error}', file=sys.stderr)
            docker = None
        peers = start_peers(folder, postgres, redis)
        ours = start_ours(folder, options.program, postgres, redis, docker)
        same = start_same(folder, ours['node'])
        subjects = [*peers.values(), same, *ours.values()]
        floor = Floor(options.floor, folder, ours['node'])
        for number in range(WARM_UP + options.scrapes):
            for subject in subjects:
                if number == WARM_UP:
                    subject.begin()
                subject.scrape()
            floor.step()
        rows = print_table(ours, peers, same)
        print(f'\n{options.scrapes} scrapes of each, in turn; start to first page: ours '
              f'{ours["all"].start_seconds * 1e3:.0f} ms, ' +
              ', '.join(f'{peer.title} {peer.start_seconds * 1e3:.0f} ms' for peer in peers.values()) + '.')
        floor.stop()
        effort_of = {'postgres': PostgresEffort(postgres), 'redis': RedisEffort(redis)}
        paced = statistics.mean(floor.paced[WARM_UP:])
        print(f'Floor: the {floor.files:.0f} files that a scrape of the host reads, {floor.bytes:.0f} bytes, between the '
              f'scrapes of the same run: {paced:.3f} ms with pread; ours takes '
              f'{rows["node"]["CPU per scrape, ms"] / paced:.1f} times that for the whole page. In a tight loop: '
              f'{floor.kept:.3f} ms with pread, {floor.opened:.3f} ms with open/read/close.')
        for subject in ours.values():
            if subject not in (ours['postgres'], ours['redis']):
                subject.process.stop()
        print_effort(ours, peers, effort_of)
    except StartError as error:
        print(f'compare: {error}', file=sys.stderr)
        return 1
    finally:
        process.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
