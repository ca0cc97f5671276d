"""Where the values of the page can be had without the exporter: /proc and procps for the host, cgroup files and docker
inspect for containers. PostgreSQL and Redis answer for themselves (servers.py)."""
import calendar
import os
import re
import time

from process import run


def text(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def word(path, line_start, position):
    """The word at `position` of the line that starts with `line_start` (position 0 is the first word after it)."""
    for line in text(path).splitlines():
        if line.startswith(line_start):
            return float(line[len(line_start):].split()[position])
    raise ValueError(f'{path} has no line {line_start}')


def meminfo(name):
    return word('/proc/meminfo', name + ':', 0) * 1024


def free_bytes(row, column):
    """A cell of `free -b -w`: row "Mem" or "Swap", column by its title."""
    lines = run('free', '-b', '-w', env={**os.environ, 'LC_ALL': 'C'}).splitlines()
    titles = lines[0].split()
    for line in lines[1:]:
        if line.startswith(row + ':'):
            return float(line.split()[1:][titles.index(column)])
    raise ValueError(f'free shows no {row}')


def vmstat(title):
    """A line of `vmstat -s`."""
    for line in run('vmstat', '-s', env={**os.environ, 'LC_ALL': 'C'}).splitlines():
        value, _, name = line.strip().partition(' ')
        if name.strip() == title:
            return float(value)
    raise ValueError(f'vmstat -s shows no "{title}"')


def df(column, *options):
    return float(run('df', '-B1', *options, f'--output={column}', '/').splitlines()[-1])


def netstat(file, group, name):
    """A value of /proc/net/snmp or netstat: a line of names, then a line of values."""
    names, values = [line.split()[1:] for line in text(f'/proc/net/{file}').splitlines() if line.startswith(group + ':')]
    return float(values[names.index(name)])


def word_of_interface(path, name, column):
    """A counter of a net/dev file."""
    for line in text(path).splitlines():
        if line.strip().startswith(name + ':'):
            return float(line.split(':', 1)[1].split()[column])
    raise ValueError(f'{path} has no interface {name}')


def busiest_disk():
    """Name and /proc/diskstats columns (those after the name) of the disk that was read most."""
    rows = [line.split() for line in text('/proc/diskstats').splitlines()]
    rows = [row for row in rows if not re.match(r'(z?ram|loop|fd|(h|s|v|xv)d[a-z]+\d|nvme\d+n\d+p\d|sr)', row[2])]
    row = max(rows, key=lambda row: int(row[5]))
    return row[2], [int(column) for column in row[3:]]


class Container:
    """A running container, read through its init process."""

    def __init__(self, docker, name):
        self.name = name
        self.inspected = docker.inspect(name)
        self.pid = self.inspected['State']['Pid']

    def folder(self, controller):
        """Folder of the container's cgroup for `controller`; "" asks for the unified hierarchy."""
        unified = None
        mounts = [line.split(' - ') for line in text('/proc/self/mountinfo').splitlines()]
        for line in text(f'/proc/{self.pid}/cgroup').splitlines():
            _, controllers, path = line.split(':', 2)
            for left, right in mounts:
                kind, _, options = right.split(' ', 2)
                root, mount_point = left.split()[3:5]
                inside = path[len(root):] if root != '/' and path.startswith(root) else path
                if kind == 'cgroup' and controller in controllers.split(',') and controller in options.split(','):
                    return mount_point + inside
                if kind == 'cgroup2' and not controllers:
                    unified = mount_point + inside
        return unified

    def v1(self, controller):
        return not os.path.exists(os.path.join(self.folder(controller), 'cgroup.controllers'))

    def file(self, controller, v1_name, v2_name):
        return os.path.join(self.folder(controller), v1_name if self.v1(controller) else v2_name)

    def memory(self, v1_name, v2_name):
        return float(text(self.file('memory', v1_name, v2_name)))

    def memory_stat(self, v1_name, v2_name):
        return word(self.file('memory', 'memory.stat', 'memory.stat'),
                    (v1_name if self.v1('memory') else v2_name) + ' ', 0)

    def working_set(self):
        return max(0, self.memory('memory.usage_in_bytes', 'memory.current') -
                   self.memory_stat('total_inactive_file', 'inactive_file'))

    def cpu_seconds(self):
        if self.v1('cpuacct'):
            return float(text(os.path.join(self.folder('cpuacct'), 'cpuacct.usage'))) / 1e9
        return word(os.path.join(self.folder('cpu'), 'cpu.stat'), 'usage_usec', 0) / 1e6

    def cpu_stat(self, name):
        return word(os.path.join(self.folder('cpu'), 'cpu.stat'), name + ' ', 0)

    def started(self):
        """State.StartedAt ("2026-01-02T03:04:05.123456789Z") as seconds."""
        moment, _, fraction = self.inspected['State']['StartedAt'].rstrip('Z').partition('.')
        return calendar.timegm(time.strptime(moment, '%Y-%m-%dT%H:%M:%S')) + float('0.' + (fraction or '0'))

    def network(self, column):
        return word_of_interface(f'/proc/{self.pid}/net/dev', 'eth0', column)
