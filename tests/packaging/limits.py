"""The limits in the manifests, kept: a container of 32 MiB and a twentieth of a CPU, watched while it is scraped."""
import os
import re
import statistics
import time

from pages import Page
from process import get, wait_for
from report import check

MEMORY, CPUS = 32 << 20, 0.05
OPTIONS = ['--memory', str(MEMORY), '--memory-swap', str(MEMORY), '--cpus', str(CPUS)]
PAGES = 15  # one a second, where Prometheus would ask every 15 seconds
WHOLE = ('node_load1', 'node_filesystem_size_bytes', 'container_last_seen', 'pg_stat_database_xact_commit',
         'redis_connected_clients')


def text(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


class Group:
    """Files of the control group of a process, version 1 or 2."""

    def __init__(self, pid):
        self.folders = {}
        for line in text(f'/proc/{pid}/cgroup').splitlines():
            _, names, path = line.split(':', 2)
            for name in names.split(',') if names else ('',):
                self.folders[name] = f'/sys/fs/cgroup/{name}{path}'
        self.version1 = os.path.exists(self.folders.get('memory', '/nowhere') + '/memory.limit_in_bytes')

    def word(self, controller, file, key=None):
        content = text(f'{self.folders[controller if self.version1 else ""]}/{file}')
        return int(content if key is None else re.search(rf'^{key} (\d+)', content, re.MULTILINE).group(1))

    def limit(self):
        return self.word('memory', 'memory.limit_in_bytes' if self.version1 else 'memory.max')

    def most(self):
        return self.word('memory', 'memory.max_usage_in_bytes' if self.version1 else 'memory.peak')

    def killed(self):
        return self.word('memory', 'memory.oom_control' if self.version1 else 'memory.events', 'oom_kill')

    def throttled(self):
        """(periods of 0.1 s with something to do, those in which it had to wait, seconds that it had to)"""
        unit, name = (1e9, 'throttled_time') if self.version1 else (1e6, 'throttled_usec')
        return (self.word('cpu', 'cpu.stat', 'nr_periods'), self.word('cpu', 'cpu.stat', 'nr_throttled'),
                self.word('cpu', 'cpu.stat', name) / unit)


def out_of_the_cache(folder):
    """What is read from now on counts for whoever reads it. Nothing happens to files that are in use."""
    for path, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(path, name)
            if not os.path.islink(file):
                descriptor = os.open(file, os.O_RDONLY)
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def start_time(box, begin):
    """Seconds from the start of the process until it is ready and until the first whole page."""
    url = f'http://127.0.0.1:{box.port}'
    wait_for(lambda: get(url + '/-/ready', timeout=5)[0] == 200, 30, 0.02)
    ready = time.monotonic() - begin
    whole = wait_for(lambda: is_whole(get(url + '/metrics', timeout=15)[2]), 30, 0.02)
    return ready, time.monotonic() - begin if whole else None


def is_whole(page):
    page = Page(page)
    return all(name in page.samples for name in WHOLE) and page.value('pg_up') == 1 and page.value('redis_up') == 1


def kept(box, ready, first):
    """Scrapes a container that runs with OPTIONS."""
    group = Group(box.pid)
    check(group.limit() == MEMORY, f'limits: {MEMORY >> 20} MiB and {CPUS:.0%} of a CPU')
    check(ready < 10, f'limits: ready after {ready:.1f} s')
    check(first is not None and first < 20, f'limits: a whole page after {first or -1:.1f} s')
    before, times, lost = group.throttled(), [], 0
    for _ in range(PAGES):
        begin = time.monotonic()
        status, _, page = get(f'http://127.0.0.1:{box.port}/metrics', {'X-Prometheus-Scrape-Timeout-Seconds': '10'})
        times.append(time.monotonic() - begin)
        lost += status != 200 or not is_whole(page)
        time.sleep(max(0, 1 - times[-1]))
    periods, waited, seconds = (after - start for after, start in zip(group.throttled(), before))
    check(lost == 0, f'limits: {PAGES} pages, one a second, {lost} of them lost or with something missing', box.log()[-1500:])
    check(max(times) < 5, f'limits: a page takes {statistics.median(times):.2f} s, at most {max(times):.2f} s')
    print(f'# limits: throttled in {waited} of {periods} periods of 0.1 s, {seconds / PAGES:.3f} s for each page')
    check(group.killed() == 0, f'limits: nothing was killed; at most {group.most() / 2**20:.1f} MiB, with cached files')
