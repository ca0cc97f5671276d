#!/usr/bin/python3
"""What the container page costs with many control groups, beside what the kernel takes for the same files.

    cgroups.py PROGRAM FLOOR [--cadvisor PROGRAM] [GROUPS ...]

Makes groups as Docker would, but empty of processes, and a data directory that says what they are; then the same number
of groups that are no containers. Scrapes the container page as Prometheus does, in turn with passes over the same files
by cgroup_floor.cpp, and prints a Markdown table. CPU is the whole program's for the whole page: walk, files, text,
gzip, socket. Memory "of state" is what stays beside the text of the page, of which small families are held twice. Exit
status 1 when something is above its limit. Needs root. Started by cgroups.sh.

With --cadvisor: a minute of both side by side instead."""
import argparse
import collections
import http.client
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live'))
import process  # noqa: E402
from groups import Groups  # noqa: E402
from process import Process, StartError, children, free_port, get  # noqa: E402

TIMES_FLOOR = 2  # CPU of a group against that of openat, read and close of its files
CPU_OF_1000 = 0.1  # seconds; containers have their names on each line, so that their page is four times as large
TIMEOUT = 10  # seconds that a scrape may take
SHARED = 256 * 1024  # bytes of a family's text from which on it is not copied
STATE = 2048  # bytes of ours that a group may take beside the page
DESCRIPTORS = 0.85  # share of those that the system allows
WARM_UP = 3
SETTLE, INTERVAL, SCRAPES = 20, 15, 4  # seconds; beside cAdvisor


class Subject:
    """A program that has a page of containers."""

    def __init__(self, arguments, log, path, prefix=()):
        self.port = free_port()
        self.path = path
        begin = time.monotonic()
        self.process = Process([*prefix, *(word.replace('PORT', str(self.port)) for word in arguments)], log)
        self.process.wait_ready(lambda: get(f'http://127.0.0.1:{self.port}/', timeout=60), 60, 0.002)
        self.connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        self.ready = time.monotonic() - begin

    def scrape(self, encoding='gzip'):
        self.connection.request('GET', self.path, headers={'Accept-Encoding': encoding,
                                                           'X-Prometheus-Scrape-Timeout-Seconds': str(TIMEOUT)})
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise StartError(f'status {reply.status}')
        return body

    def cpu(self):
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def status(self, field):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as file:
            return int(re.search(rf'{field}:\s+(\d+)', file.read()).group(1)) * 1024

    def anonymous(self):
        return self.status('RssAnon')

    def rss(self):
        return self.status('VmRSS')

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def stop(self):
        self.connection.close()
        self.process.stop(60)


def ours(program, groups, folder, prefix=(), more=()):
    return Subject([program, '--web.listen-address=127.0.0.1:PORT', f'--container.docker-root={groups.data}', *more],
                   f'{folder}/ours.log', '/metrics/container', prefix)


class Floor:
    """cgroup_floor over the files that a scrape of ours opens for the last of the groups."""

    def __init__(self, program, groups, files, folder):
        with open(f'{folder}/groups', 'w', encoding='utf-8') as file:
            file.write(''.join(groups.path(name)[1:] + '\n' for name in groups.names))
        with open(f'{folder}/files', 'w', encoding='utf-8') as file:
            file.write(''.join(f'{place}\t{name}\n' for place, name in files))
        self.child = subprocess.Popen([program, f'{folder}/groups', f'{folder}/files'], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
        self.kept = int(self.child.stdout.readline().split()[2])

    def step(self, kind):
        """CPU seconds of a pass."""
        self.child.stdin.write(kind + '\n')
        self.child.stdin.flush()
        return float(self.child.stdout.readline().split()[0]) / 1e6

    def stop(self):
        self.child.stdin.close()
        self.child.wait(60)


def files_of(program, groups, folder):
    """(hierarchy, name) of the files that a first scrape opens in the last of the groups."""
    trace = f'{folder}/trace'
    subject = ours(program, groups, folder,
                   ['strace', '-f', '--seccomp-bpf', '-qq', '-y', '-e', 'trace=openat', '-o', trace])
    subject.scrape()
    for child in children(subject.process.pid):
        os.kill(child, 15)  # strace follows
    subject.process.child.wait(60)
    end, found = groups.path(groups.names[-1]), {}
    with open(trace, encoding='utf-8', errors='replace') as file:
        for line in file:
            match = re.search(r'openat\(\d+<([^>]*)>, "([^"]*)", (\S+)\).* = \d', line)
            if match and 'O_DIRECTORY' not in match.group(3):
                place, name = os.path.split(os.path.normpath(os.path.join(match.group(1), match.group(2))))
                if place.endswith(end):
                    found[(place[:-len(end)], name)] = True
    return list(found)


def limit(name, value, most, problems):
    if value > most:
        problems.append(f'{name}: {value:.4g}, above {most:.4g}')


def held(page):
    """Bytes of a page's text in memory: by family, and once more in the page but for what is large."""
    families = collections.Counter()
    for line in page.splitlines(keepends=True):
        if not line.startswith(b'#'):
            families[re.split(rb'[{ ]', line, 1)[0]] += len(line)
    return sum(size if size >= SHARED else 2 * size for size in families.values())


def state_of(program, groups, files, folder):
    """Bytes of ours for each group beside the page: with one collector, whose lines are few, and with one that looks
    for no groups. A descriptor for each of the files comes on top."""
    sizes = []
    for name in ('container.lifecycle', 'container.machine'):
        subject = ours(program, groups, folder, more=['--collector.disable-defaults', f'--collector.{name}'])
        for _ in range(3):
            page = subject.scrape('identity')
        sizes.append(subject.anonymous() - held(page))
        subject.stop()
    return (sizes[0] - sizes[1]) / len(groups.names) + 4 * len(files)


def turns(subject, floor, count):
    """Medians of CPU seconds by turns: ours, openat and kept files of the floor; and the longest wall time of ours."""
    spent, wall, opened, kept = [], [], [], []
    for number in range(WARM_UP + max(5, 4000 // count)):
        cpu, clock = subject.cpu(), time.monotonic()
        subject.scrape()
        sample = subject.cpu() - cpu, time.monotonic() - clock, floor.step('open'), floor.step('kept')
        if number >= WARM_UP:
            for values, value in zip((spent, wall, opened, kept), sample):
                values.append(value)
    return statistics.median(spent), statistics.median(opened), statistics.median(kept), max(wall)


def measure(options, groups, count, folder, problems):
    """The table's row for one size."""
    groups.grow(count)
    files = files_of(options.program, groups, folder)
    floor = Floor(options.floor, groups, files, folder)
    begin = time.monotonic()
    subject = ours(options.program, groups, folder)
    subject.scrape()
    first = time.monotonic() - begin
    spent, opened, kept, wall = turns(subject, floor, count)
    descriptors, memory, page = subject.descriptors(), subject.anonymous(), subject.scrape('identity')
    floor.stop()
    subject.stop()
    state = state_of(options.program, groups, files, folder)
    kind = 'containers' if groups.containers else 'groups'
    what = f'{count} {kind}: '
    limit(what + 'CPU against the floor with openat', spent / opened, TIMES_FLOOR, problems)
    if count <= 1000 and not groups.containers and not options.ratios_only:
        limit(what + 'CPU seconds of a scrape', spent, CPU_OF_1000, problems)
    limit(what + 'seconds of the slowest scrape', wall, TIMEOUT, problems)
    limit(what + 'seconds to the first page', first, TIMEOUT, problems)
    limit(what + 'bytes of state for each', state, STATE, problems)
    limit(what + 'descriptors', descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[1] * DESCRIPTORS, problems)
    series = sum(1 for line in page.splitlines() if not line.startswith(b'#'))
    figures = (f'{spent * 1e3:.1f}', f'{spent / count * 1e6:.1f}', f'{opened / count * 1e6:.1f}',
               f'{spent / opened:.2f}', f'{kept / count * 1e6:.1f}', f'{wall * 1e3:.0f}', f'{first * 1e3:.0f}',
               str(len(files)), str(series), f'{len(page) / 1e3:.0f}', f'{descriptors}', f'{state:.0f}',
               f'{memory / 1e6:.1f}')
    return f'| {count} {kind} | ' + ' | '.join(figures) + ' |'


def stir(groups):
    """A child that goes from group to group once a second, so that each has used some CPU: cAdvisor looks ever less
    often at groups in which nothing happens."""
    child = os.fork()
    if child == 0:
        lists = [f'{place}/{groups.parent}/{name}/cgroup.procs' for name in groups.names for place in groups.places
                 if os.path.exists(f'{place}/cpuacct.usage') or os.path.exists(f'{place}/cgroup.controllers')]
        while os.getppid() != 1:
            for path in lists:
                with open(path, 'w', encoding='ascii') as file:
                    file.write('0')
                time.sleep(1 / len(lists))
    return child


def compare(options, groups, count, folder):
    """A minute of cAdvisor and ours side by side, scraped every 15 seconds: CPU of a scrape with all that the program
    does between scrapes, and memory."""
    groups.grow(count)
    child = stir(groups)
    theirs = Subject([options.cadvisor, '--port=PORT', '--listen_ip=127.0.0.1', '--docker=unix:///nonexistent'],
                     f'{folder}/cadvisor.log', '/metrics')
    subjects = {'resource_exporter': ours(options.program, groups, folder), 'cAdvisor': theirs}
    for subject in subjects.values():
        subject.scrape()
    time.sleep(SETTLE)
    before = {name: subject.cpu() for name, subject in subjects.items()}
    for _ in range(SCRAPES):
        time.sleep(INTERVAL)
        pages = {name: subject.scrape('identity') for name, subject in subjects.items()}
    figures = {name: ((subject.cpu() - before[name]) / SCRAPES * 1e3, subject.rss() / 1e6,
                      sum(1 for line in pages[name].splitlines() if not line.startswith(b'#')))
               for name, subject in subjects.items()}
    os.kill(child, 9)
    os.waitpid(child, 0)
    for subject in subjects.values():
        subject.stop()
    for name, (cpu, rss, series) in figures.items():
        print(f'| {count} | {name} | {cpu:.1f} | {rss:.1f} | {series} |')
    (cpu, rss, _), (their_cpu, their_rss, _) = figures['resource_exporter'], figures['cAdvisor']
    print(f'| | ratio | {cpu / their_cpu:.4f} | {rss / their_rss:.3f} | |', flush=True)


def print_table(options, folder, problems):
    print('| | CPU of a scrape, ms | CPU for each, us | openat floor, us | ratio | kept floor, us | '
          'slowest scrape, ms | start to first page, ms | files of each | series | page, kB | descriptors | '
          'state of each, bytes | '
          'anonymous memory, MB |')
    print('|---' + '|---:' * 13 + '|', flush=True)
    for containers in (False, True):
        groups = Groups(folder, containers)
        try:
            for count in options.groups:
                print(measure(options, groups, count, folder, problems), flush=True)
        finally:
            groups.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('floor')
    parser.add_argument('--cadvisor')
    parser.add_argument('--ratios-only', action='store_true', help='on an emulated machine: no limit on CPU time')
    parser.add_argument('groups', nargs='*', type=int, default=[100, 1000, 10000])
    options = parser.parse_intermixed_args()
    folder = tempfile.mkdtemp(prefix='reb.')
    problems = []
    try:
        if not options.cadvisor:
            print_table(options, folder, problems)
        else:
            print('| containers | who | CPU of a scrape and until the next, ms | RSS, MB | series |')
            print('|---:|---|---:|---:|---:|')
            groups = Groups(folder, True)
            try:
                for count in options.groups:
                    compare(options, groups, count, folder)
            finally:
                groups.remove()
    except StartError as error:
        problems.append(str(error))
    finally:
        process.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    for problem in problems:
        print(f'cgroups: {problem}', file=sys.stderr)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
