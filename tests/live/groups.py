"""Control groups made by mkdir, with Docker's files for them: thousands of containers without a process in any."""
import hashlib
import json
import os
import time

CONTROLLERS = {'cpu', 'cpuacct', 'memory', 'blkio', 'pids', 'cpuset', 'hugetlb', 'perf_event'}
HANDED_DOWN = {'cpu', 'io', 'memory', 'pids'}


def hierarchies():
    """Mount points of the control group hierarchies that have numbers."""
    found = {}
    with open('/proc/self/mountinfo', encoding='utf-8') as file:
        for line in file:
            left, right = line.split(' - ')
            kind, _, options = right.split(' ', 2)
            if kind == 'cgroup2' or (kind == 'cgroup' and CONTROLLERS & set(options.strip().split(','))):
                found[left.split()[4]] = True
    return list(found)


def remove(path):
    """A group that was looked into a moment ago may still be busy."""
    for _ in range(50):
        try:
            os.rmdir(path)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.01)


class Groups:
    """Groups below one of our own in every hierarchy: with the ids of containers and a data directory that says what
    they are, or plain ones."""

    def __init__(self, folder, containers=True):
        self.containers = containers
        self.parent = f're-{os.getpid()}-{"containers" if containers else "plain"}'
        self.places = hierarchies()
        self.data = f'{folder}/{self.parent}'
        self.names = []
        os.makedirs(f'{self.data}/containers')
        for place in self.places:
            os.makedirs(f'{place}/{self.parent}')
        self.hand_down()

    def hand_down(self):
        """On a version 2 tree groups have the files of those controllers only that their parents hand down."""
        for place in self.places:
            try:
                with open(f'{place}/cgroup.controllers', encoding='ascii') as file:
                    words = ' '.join('+' + name for name in file.read().split() if name in HANDED_DOWN)
                for folder in (place, f'{place}/{self.parent}'):
                    with open(f'{folder}/cgroup.subtree_control', 'w', encoding='ascii') as file:
                        file.write(words)
            except OSError:
                continue

    def path(self, name):
        return f'/{self.parent}/{name}'

    def grow(self, count):
        """Makes groups until there are `count`."""
        for number in range(len(self.names), count):
            name = f'group{number}'
            if self.containers:
                name = hashlib.sha256(f'{self.parent} {number}'.encode()).hexdigest()
                self.describe(name, f'service-{number}')
            self.make(name)
            self.names.append(name)

    def make(self, name):
        for place in self.places:
            os.mkdir(f'{place}/{self.parent}/{name}')

    def unmake(self, name):
        for place in self.places:
            remove(f'{place}/{self.parent}/{name}')

    def describe(self, name, title):
        """Writes config.v2.json as dockerd does: a temporary file, renamed."""
        folder = f'{self.data}/containers/{name}'
        os.makedirs(folder, exist_ok=True)
        config = {'ID': name, 'Created': '2026-01-02T03:04:05.678901234Z', 'Name': '/' + title, 'RestartCount': 0,
                  'State': {'Running': True, 'Pid': 0, 'ExitCode': 0, 'StartedAt': '2026-01-02T03:04:06.1Z'},
                  'Config': {'Image': 'registry.example.com/team/service:1.2.3', 'Env': ['PATH=/usr/bin:/bin'],
                             'Labels': {'com.docker.compose.project': 'shop', 'com.docker.compose.service': title}}}
        with open(f'{folder}/.tmp-config.v2.json', 'w', encoding='utf-8') as file:
            json.dump(config, file)
        os.rename(f'{folder}/.tmp-config.v2.json', f'{folder}/config.v2.json')

    def forget(self, name):
        folder = f'{self.data}/containers/{name}'
        os.unlink(f'{folder}/config.v2.json')
        os.rmdir(folder)

    def remove(self):
        for place in self.places:
            top = f'{place}/{self.parent}'
            if os.path.isdir(top):
                for entry in list(os.scandir(top)):
                    if entry.is_dir():
                        remove(entry.path)
                remove(top)
