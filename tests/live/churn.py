#!/usr/bin/python3
"""Containers that come and go during scrapes: no wrong name, none missing, no ghost, and nothing is left behind.

    churn.py EXPORTER [--seconds 60] [--rate 50]

Containers are control groups without processes, made with Docker's files (groups.py) in a data directory of their own.
Some get their names late, some are started again under the same id, and names are used again by others. live.py does
the same for a shorter time."""
import argparse
import hashlib
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time
from collections import deque

import process
import servers
from groups import Groups
from report import check, summary

ALIVE = 200
SEEN = re.compile(r'^container_last_seen\{(.*)\} \S+$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Churn(threading.Thread):
    """Starts and stops `rate` containers a second. What is true of each id is in `states`, as (since when, what):
    `named` when all is in place, `gone` when nothing of it is left, `moving` between these."""

    def __init__(self, groups, rate):
        super().__init__(daemon=True)
        self.groups, self.rate = groups, rate
        self.random = random.Random(7)
        self.titles, self.states = {}, {}
        self.alive, self.late = deque(), deque()
        self.started = 0
        self.stopping = threading.Event()
        self.error = None

    def begin(self, name):
        self.states[name] = (time.monotonic(), 'moving')
        late = self.random.random() < 0.1
        if not late:
            self.groups.describe(name, self.titles[name])
        self.groups.make(name)
        self.alive.append(name)
        if late:
            self.late.append(name)
        else:
            self.states[name] = (time.monotonic(), 'named')

    def start_one(self):
        self.started += 1
        name = hashlib.sha256(f'{self.groups.parent} {self.started}'.encode()).hexdigest()
        # Many names are used again by another container, as "compose up" does.
        self.titles[name] = f'churn-{self.started % 300}'
        self.begin(name)

    def stop_one(self):
        name = self.alive.popleft()
        if name in self.late:
            self.late.remove(name)
            self.groups.describe(name, self.titles[name])
        self.states[name] = (time.monotonic(), 'moving')
        self.groups.unmake(name)
        if self.random.random() < 0.1:
            self.begin(name)  # a restart
            return
        self.groups.forget(name)
        self.states[name] = (time.monotonic(), 'gone')

    def name_late(self):
        while len(self.late) > 2:
            name = self.late.popleft()
            self.groups.describe(name, self.titles[name])
            self.states[name] = (time.monotonic(), 'named')

    def run(self):
        try:
            begin, turns = time.monotonic(), 0
            while not self.stopping.is_set():
                self.start_one()
                while len(self.alive) > ALIVE:
                    self.stop_one()
                self.name_late()
                turns += 1
                time.sleep(max(0, begin + turns / self.rate - time.monotonic()))
        except OSError as error:
            self.error = error

    def finish(self):
        self.stopping.set()
        if self.ident:
            self.join()
        while self.alive:
            self.stop_one()


def shown(page, parent):
    """[(id of the container, labels)] of the containers below `parent`."""
    found = []
    for match in SEEN.finditer(page):
        labels = dict(LABEL.findall(match.group(1)))
        if labels.get('id', '').startswith(f'/{parent}/'):
            found.append((labels['id'].rsplit('/', 1)[1], labels))
    return found


def faults_of(page, begin, churn, before):
    """What is wrong with a page that was asked for at `begin`; `before` are the states of that moment."""
    containers = shown(page, churn.groups.parent)
    names = [name for name, _ in containers]
    faults = [f'{name} is there twice' for name in set(names) if names.count(name) > 1]
    for name, labels in containers:
        title = churn.titles.get(name)
        if {labels.get('name', title), labels.get('container_label_com_docker_compose_service', title)} != {title}:
            faults.append(f'{name} is called {labels.get("name")} instead of {title}')
        if before.get(name, (begin, ''))[1] == 'gone' and churn.states[name] == before[name]:
            faults.append(f'{name} is a ghost')
    there = dict(containers)
    for name, state in before.items():
        named = there.get(name, {}).get('name') == churn.titles[name]
        if not named and state[1] == 'named' and churn.states[name] == state:
            faults.append(f'{name} is {"without its name" if name in there else "missing"}')
    return faults


def kilobytes(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return int(re.search(r'RssAnon:\s+(\d+)', file.read()).group(1))


def descriptors(pid, groups):
    """How many of the process's are of these groups and their files; others on the machine come and go as well."""
    count = 0
    for name in os.listdir(f'/proc/{pid}/fd'):
        try:
            count += groups.parent in os.readlink(f'/proc/{pid}/fd/{name}')
        except FileNotFoundError:
            continue
    return count


def problems(page):
    """Sum of the counted problems of the container module, but for what this machine does not let anyone see."""
    return sum(float(value) for labels, value in
               re.findall(r'^resource_exporter_collector_problems_total\{(.*)\} (\S+)$', page, re.MULTILINE)
               if 'container.' in labels and 'denied' not in labels)


def run(program, folder, seconds, rate):
    groups = Groups(folder)
    churn = Churn(groups, rate)
    try:
        exporter = servers.Exporter(program, folder, arguments=[f'--container.docker-root={groups.data}'], name='churn')
        pid = exporter.process.pid
        churn.start_one()  # the folder of Docker's files stays open from the first container on
        page = exporter.page('/metrics/container')[2]
        churn.finish()
        churn.stopping.clear()
        for _ in range(3):
            page = exporter.page('/metrics/container')[2]
        quiet, counted = descriptors(pid, groups), problems(page)
        churn.start()
        process.wait_for(lambda: len(churn.alive) >= ALIVE, 60)
        begin, first, pages, faults, uses = time.monotonic(), churn.started, 0, [], []
        while time.monotonic() < begin + seconds:
            before, moment = dict(churn.states), time.monotonic()
            page = exporter.page('/metrics/container')[2]
            faults += faults_of(page, moment, churn, before)
            pages += 1
            uses.append((descriptors(pid, groups), kilobytes(pid)))
            time.sleep(0.1)
        lasted, started = time.monotonic() - begin, churn.started - first
        churn.finish()
        check(not churn.error and started >= 0.8 * rate * lasted,
              f'{started} containers were started and stopped, {started / lasted:.0f} a second, during {pages} scrapes',
              churn.error)
        check(not faults, 'each page has the containers of its moment under their names', '\n'.join(faults))
        check(problems(page) == counted, 'nothing was a problem', f'{counted} before, {problems(page)} after')
        half = len(uses) // 2
        most = [max(use[column] for use in part) for part in (uses[:half], uses[half:]) for column in (0, 1)]
        check(most[2] <= most[0] * 1.05 + 50, f'descriptors do not grow: at most {most[0]} in the first half,'
              f' {most[2]} in the second')
        check(most[3] <= most[1] * 1.05 + 500, f'memory does not grow: at most {most[1]} kB, then {most[3]} kB')
        for _ in range(3):
            page = exporter.page('/metrics/container')[2]
        check(not shown(page, groups.parent), 'all containers are gone from the page')
        check(descriptors(pid, groups) <= quiet, f'no descriptor of them is left (at most {quiet}, as before)',
              descriptors(pid, groups))
        check(exporter.process.stop() == 0, 'the exporter of the churn ends with status 0')
    finally:
        churn.finish()
        groups.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('exporter')
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--rate', type=float, default=50)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='rec.')
    try:
        run(os.path.abspath(options.exporter), folder, options.seconds, options.rate)
    finally:
        process.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    return summary()


if __name__ == '__main__':
    sys.exit(main())
