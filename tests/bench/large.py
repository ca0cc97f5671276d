#!/usr/bin/python3
"""What each collector costs on a very large machine, beside what the kernel takes for the same files.

    large.py PROGRAM FLOOR [--disks 1000] [--links 5000] [--cpus 512] [--mounts 2000] [--processes 10000] [COLLECTOR ...]

Makes a tree of /proc and /sys files (in memory where /dev/shm is), runs the program once for each collector of the host
over it, and prints a Markdown table: CPU of a scrape without what an almost empty page costs, the same for each series,
the floor, and their ratio.

The floor is what no program can do without, measured by floor.cpp: reading the same files and folders, with kept
descriptors where that is cheaper and the limit of descriptors allows it; finding the ends of their lines; and for each
series reading one number, and writing one line of the page's mean length with a number at its end; sending the page.
It has no labels to look up, no order to keep, no other number to step over.

Text files of the generated tree are ready in memory, while the real kernel takes about a microsecond for each of their
lines; so the ratios are stricter than on a real machine of that size, and where the floor is that of a few large texts
the time for each series says more. A collector with a thread of its own costs a hand-over more than the almost empty
page, 0.02 to 0.1 ms: ratios of less than SMALL milliseconds of CPU say nothing and are left out. Started by large.sh."""
import argparse
import http.client
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live'))
import process  # noqa: E402
from process import Process, StartError, children, free_port, get  # noqa: E402

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'fixtures', 'host')
MOST = 3  # times its floor that a collector may cost
SMALL = 0.2  # milliseconds
DESCRIPTORS = 2048  # of the floor: what a collector may keep open
# Asks this machine, whatever the tree says: netlink, clocks, sockets.
NOT_OF_FILES = {'ethtool', 'logind', 'network_route', 'ntp', 'perf', 'supervisord', 'systemd', 'tcpstat', 'time',
                'timex', 'uname', 'wifi'}
FLAGS = {
    'arp': ['--no-collector.arp.netlink'],
    'cpu': ['--collector.cpu.info'],
    'netdev': ['--no-collector.netdev.netlink'],
}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def attributes(folder, values):
    os.makedirs(folder, exist_ok=True)
    for name, value in values.items():
        with open(f'{folder}/{name}', 'w', encoding='utf-8') as file:
            file.write(f'{value}\n')


def make_cpus(root, count):
    total = ' '.join(str(count * n) for n in (98765, 12, 34567, 8765432, 234, 0, 456, 7, 0, 0))
    lines = [f'cpu  {total}']
    lines += [f'cpu{i} {98765 + i} 12 {34567 + i} {8765432 + i} 234 0 456 7 0 0' for i in range(count)]
    lines += ['intr 123456789 0 9 0', 'ctxt 987654321', 'btime 1700000000', 'processes 123456', 'procs_running 3',
              'procs_blocked 0', 'softirq 1000 1 2 3 4 5 6 7 8 9 10']
    write(f'{root}/proc/stat', '\n'.join(lines) + '\n')
    info = ['processor\t: {0}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: Large CPU\n'
            'stepping\t: 7\nmicrocode\t: 0x5003604\ncpu MHz\t\t: 2500.000\ncache size\t: 36608 KB\n'
            'physical id\t: {1}\ncore id\t\t: {2}\nflags\t\t: fpu vme\nbugs\t\t: spectre_v1\n'
            .format(i, i // 128, i % 64) for i in range(count)]
    write(f'{root}/proc/cpuinfo', '\n'.join(info) + '\n')
    write(f'{root}/proc/softirqs', ''.join(
        [' ' * 10 + ' '.join(f'CPU{i}' for i in range(count)) + '\n'] +
        [f'{name:>9}: ' + ' '.join(str(1000 + i) for i in range(count)) + '\n'
         for name in ('HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU')]))
    write(f'{root}/proc/interrupts', ''.join(
        [' ' * 8 + ' '.join(f'CPU{i}' for i in range(count)) + '\n'] +
        [f'{n:4}: ' + ' '.join(str(i * n) for i in range(count)) + f'  PCI-MSI {n}-edge      nvme0q{n}\n'
         for n in range(100)]))
    write(f'{root}/proc/net/softnet_stat', ''.join(
        '00000ac1 ' + '00000000 ' * 11 + f'{i:08x}\n' for i in range(count)))
    write(f'{root}/proc/schedstat', 'version 15\ntimestamp 4295168000\n' + ''.join(
        f'cpu{i} 0 0 0 0 0 0 {2045936778163039 + i} {343796328169361 + i} {4767485306 + i}\n' for i in range(count)))
    base = f'{root}/sys/devices/system/cpu'
    for i in range(count):
        attributes(f'{base}/cpu{i}/topology', {'core_id': i % 64, 'physical_package_id': i // 128})
        attributes(f'{base}/cpu{i}/thermal_throttle', {'core_throttle_count': i, 'package_throttle_count': 1})
        attributes(f'{base}/cpu{i}/cpufreq', {
            'cpuinfo_cur_freq': 2500000, 'cpuinfo_min_freq': 800000, 'cpuinfo_max_freq': 3500000,
            'scaling_cur_freq': 2500000 + i, 'scaling_min_freq': 800000, 'scaling_max_freq': 3500000,
            'scaling_governor': 'powersave', 'scaling_available_governors': 'performance powersave'})
        attributes(f'{base}/cpu{i}', {'online': 1})
    attributes(base, {'online': f'0-{count - 1}', 'present': f'0-{count - 1}', 'offline': '', 'isolated': ''})


def make_disks(root, count):
    lines = []
    for i in range(count):
        major, minor = 65 + i // 256, i % 256
        lines.append(f'{major:4} {minor:7} dm{i} 184{i} 15 12{i} 130 80 20 900 60 0 170 190 1 2 3 4 5 6')
        attributes(f'{root}/sys/block/dm{i}/queue', {'rotational': 0})
        write(f'{root}/udev/b{major}:{minor}', f'E:ID_MODEL=Disk\nE:ID_SERIAL_SHORT=S{i}\nE:ID_FS_TYPE=ext4\n')
    write(f'{root}/proc/diskstats', '\n'.join(lines) + '\n')


def make_links(root, count):
    lines = ['Inter-|   Receive                                                |  Transmit',
             ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls '
             'carrier compressed']
    for i in range(count):
        lines.append(f' veth{i}: {88000000 + i} 5100 0 0 0 0 0 0 {12000000 + i} 3100 0 0 0 0 0 0')
        attributes(f'{root}/sys/class/net/veth{i}', {
            'addr_assign_type': 3, 'addr_len': 6, 'address': f'02:42:ac:11:{i // 256:02x}:{i % 256:02x}',
            'broadcast': 'ff:ff:ff:ff:ff:ff', 'carrier': 1, 'carrier_changes': 2, 'carrier_up_count': 1,
            'carrier_down_count': 1, 'dev_id': '0x0', 'dev_port': 0, 'dormant': 0, 'duplex': 'full',
            'flags': '0x1003', 'gro_flush_timeout': 0, 'ifalias': '', 'ifindex': i + 2, 'iflink': i + 3,
            'link_mode': 0, 'mtu': 1500, 'name_assign_type': 3, 'netdev_group': 0, 'operstate': 'up', 'proto_down': 0,
            'speed': 10000, 'tx_queue_len': 1000, 'type': 1})
    write(f'{root}/proc/net/dev', '\n'.join(lines) + '\n')
    write(f'{root}/proc/net/arp', 'IP address       HW type     Flags       HW address            Mask     Device\n' +
          ''.join(f'10.{i // 65536}.{i // 256 % 256}.{i % 256}  0x1  0x2  02:42:ac:11:00:01  *  veth{i}\n'
                  for i in range(count)))


def make_mounts(root, count):
    os.makedirs(f'{root}/root', exist_ok=True)
    lines = ['20 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw']
    for i in range(count):
        os.makedirs(f'{root}/root/mnt/{i}', exist_ok=True)
        lines.append(f'{30 + i} 20 253:{i} / /mnt/{i} rw,relatime shared:{i} - ext4 /dev/mapper/volume{i} rw')
    write(f'{root}/proc/1/mountinfo', '\n'.join(lines) + '\n')
    nfs = ''.join(f'device server:/export{i} mounted on /nfs/{i} with fstype nfs4 statvers=1.1\n'
                  '\topts:\trw,vers=4.2,mountaddr=192.0.2.1,proto=tcp\n\tage:\t100\n\tevents:\t' + '1 ' * 27 +
                  '\n\tbytes:\t1 2 3 4 5 6 7 8\n\tRPC iostats version: 1.1  p/v: 100003/4 (nfs)\n'
                  '\txprt:\ttcp 0 0 1 0 11 100 100 0 200 0 2 100 100\n\tper-op statistics\n'
                  '\t        NULL: 1 1 0 44 24 1 2 3 0\n\t        READ: 10 10 0 44 24 1 2 3 0\n\n'
                  for i in range(count // 10))
    lines += [f'{30 + count + i} 20 0:{count + i} / /nfs/{i} rw,relatime - nfs4 server:/export{i} '
              'rw,vers=4.2,addr=192.0.2.1,proto=tcp' for i in range(count // 10)]
    write(f'{root}/proc/self/mountinfo', '\n'.join(lines) + '\n')
    write(f'{root}/proc/self/mountstats', nfs)


def make_processes(root, count):
    for pid in range(100, 100 + count):
        stat = (f'{pid} (worker-{pid % 40}) S 1 {pid} {pid} 0 -1 4194560 100 0 0 0 {pid} 20 0 0 20 0 2 0 100 10000000 '
                '500 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n')
        write(f'{root}/proc/{pid}/stat', stat)
        for thread in (pid, pid + 100000):
            write(f'{root}/proc/{pid}/task/{thread}/stat', stat)
        attributes(f'{root}/proc/{pid}', {'comm': f'worker-{pid % 40}', 'cgroup': f'0::/system.slice/w{pid % 40}.service',
                                          'io': 'rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n'
                                                'cancelled_write_bytes: 0'})
        os.makedirs(f'{root}/proc/{pid}/ns', exist_ok=True)
        if not os.path.lexists(f'{root}/proc/{pid}/ns/net'):
            os.symlink('net:[4026531840]', f'{root}/proc/{pid}/ns/net')
    write(f'{root}/proc/loadavg', f'1.00 1.00 1.00 3/{2 * count} {count + 100}\n')
    write(f'{root}/proc/sys/kernel/threads-max', '1000000\n')
    write(f'{root}/proc/sys/kernel/pid_max', '4194304\n')


def make_tree(root, options):
    """Every fixture's files together, so that each collector finds something; then the large parts."""
    for name in ('proc', 'sys', 'root', 'udev'):
        os.makedirs(f'{root}/{name}', exist_ok=True)
        for collector in sorted(os.listdir(FIXTURES)):
            source = f'{FIXTURES}/{collector}/{name}'
            if os.path.isdir(source):
                subprocess.run(['cp', '-rT', '--remove-destination', source, f'{root}/{name}'], check=False,
                               stderr=subprocess.DEVNULL)
    for folder in ('block', 'class/net'):
        shutil.rmtree(f'{root}/sys/{folder}', ignore_errors=True)
    for collector in ('mdadm', 'dmmultipath', 'bonding'):
        source = f'{FIXTURES}/{collector}/sys'
        if os.path.isdir(source):
            subprocess.run(['cp', '-rT', source, f'{root}/sys'], check=False)
    make_cpus(root, options.cpus)
    make_disks(root, options.disks)
    make_links(root, options.links)
    make_mounts(root, options.mounts)
    make_processes(root, options.processes)


def collectors_of(program):
    """Those of this machine's files: they have a fixture, and the program has them."""
    text = subprocess.run([program, '--help'], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r'--\[no-\]collector\.([a-z_0-9]+)\b(?![.-])', text))
    return [name for name in sorted(os.listdir(FIXTURES)) if name in known and name not in NOT_OF_FILES]


def arguments_for(collector, root, port):
    words = [f'--web.listen-address=127.0.0.1:{port}', '--collector.disable-defaults', f'--path.procfs={root}/proc',
             f'--path.sysfs={root}/sys', f'--path.rootfs={root}/root', f'--path.udev.data={root}/udev',
             f'--collector.{collector}']
    flags = f'{FIXTURES}/{collector}/flags'
    if collector in FLAGS:
        words += FLAGS[collector]
    elif os.path.exists(flags):
        with open(flags, encoding='utf-8') as file:
            for line in file.read().replace('$FIXTURE', f'{FIXTURES}/{collector}').splitlines():
                name, _, value = line.partition('=')
                if value in ('true', 'false'):
                    words.append(f'--{"" if value == "true" else "no-"}{name}')
                elif 'path.' not in name:
                    words.append(line if line.startswith('--') else f'--{line}')
    return words


class Subject:
    def __init__(self, program, collector, root, folder, prefix=()):
        self.port = free_port()
        self.process = Process([*prefix, program, *arguments_for(collector, root, self.port)],
                               f'{folder}/{collector}.log')
        # The start page, so that nothing is collected before it is measured.
        self.process.wait_ready(lambda: get(f'http://127.0.0.1:{self.port}/', timeout=30)[0] == 200, interval=0.01)
        self.connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)

    def scrape(self):
        self.connection.request('GET', '/metrics/node', headers={'Accept-Encoding': 'identity',
                                                                 'X-Prometheus-Scrape-Timeout-Seconds': '60'})
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise StartError(f'status {reply.status}')
        return body

    def cpu(self):
        return time.clock_gettime((~self.process.pid << 3) | 2)

    def milliseconds(self):
        """Of the quickest of several rounds: what else the machine does only adds to it."""
        page = self.scrape()
        self.scrape()
        rounds = []
        for _ in range(5):
            begin, count = self.cpu(), 0
            while count < 2 or (self.cpu() - begin < 0.05 and count < 100):
                self.scrape()
                count += 1
            rounds.append((self.cpu() - begin) / count * 1e3)
        return min(rounds), page

    def rss(self):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as file:
            return int(re.search(r'VmRSS:\s+(\d+)', file.read()).group(1)) * 1.024 / 1e3

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.process.stop()


def trace(program, collector, root, folder):
    """The files, folders, links and mounts that a first scrape looks at, as the floor's list."""
    log = f'{folder}/{collector}.trace'
    with Subject(program, collector, root, folder, ['strace', '-f', '--seccomp-bpf', '-qq', '-y', '-e',
                                                    'trace=open,openat,statfs,readlinkat', '-o', log]) as subject:
        subject.scrape()
        for child in children(subject.process.pid):
            os.kill(child, 15)  # strace follows
        subject.process.child.wait(30)
    lines = {}
    with open(log, encoding='utf-8', errors='replace') as file:
        for line in file:
            match = re.search(r'open(?:at)?\((?:[^<(]*<([^>]*)>, )?"([^"]*)", (\S+)\).*= (\S+)', line)
            if match and 'O_PATH' not in match.group(3) and not match.group(4).startswith('-'):
                path = os.path.normpath(os.path.join(match.group(1) or '/', match.group(2)))
                if path.startswith(root):
                    lines[path + ('/' if 'O_DIRECTORY' in match.group(3) else '')] = True
            match = re.search(r'readlinkat\([^<(]*<([^>]*)>, "([^"]*)".*= \d', line)
            if match and match.group(1).startswith(root):
                lines['link ' + os.path.join(match.group(1), match.group(2))] = True
            match = re.search(r'statfs\("([^"]*)"', line)
            if match and match.group(1).startswith(root):
                lines['statfs ' + match.group(1)] = True
    return list(lines)


def floor_of(floor, files, page, series, folder):
    """Milliseconds, or None when nothing is read."""
    with open(f'{folder}/files', 'w', encoding='utf-8') as file:
        file.write(''.join(line + '\n' for line in files))
    done = subprocess.run([floor, f'{folder}/files', str(page), str(series)], capture_output=True, text=True,
                          check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                             (DESCRIPTORS, DESCRIPTORS)))
    if done.returncode != 0:
        return None
    opened, kept, sent, text = (float(word) for word in done.stdout.split()[2:])
    return min(opened, kept) + sent + text


def measure(program, floor, name, root, folder, nothing):
    """The table's row, and whether the collector costs too much."""
    files = trace(program, name, root, folder)
    with Subject(program, name, root, folder) as subject:
        cost, page = subject.milliseconds()
        rss = subject.rss()
    cost = max(cost - nothing, 0)
    series = sum(1 for line in page.splitlines() if line and not line.startswith(b'#'))
    low = floor_of(floor, files, len(page), series, folder)
    judged = low and cost >= SMALL
    shown = name if f'_success{{collector="{name}"}} 1\n'.encode() in page else f'{name} (found nothing)'
    ratio = f'{cost / low:.2f}' if judged else ''
    row = (f'| {shown} | {series} | {len(page) / 1e3:.1f} | {cost:.3f} | {cost / series * 1e6:.0f} | {len(files)} | '
           f'{low or 0:.3f} | {ratio} | {rss:.1f} |')
    return row, judged and cost > MOST * low


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('floor')
    for name, default in (('disks', 1000), ('links', 5000), ('cpus', 512), ('mounts', 2000), ('processes', 10000)):
        parser.add_argument(f'--{name}', type=int, default=default)
    parser.add_argument('collectors', nargs='*')
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='reb.', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    root = f'{folder}/tree'
    try:
        make_tree(root, options)
        with Subject(options.program, 'filefd', root, folder) as empty:
            nothing, _ = empty.milliseconds()
        print(f'{options.disks} disks, {options.links} links, {options.cpus} CPUs, {options.mounts} mounts, '
              f'{options.processes} processes; an almost empty page costs {nothing:.3f} ms.\n')
        print('| collector | series | page, kB | CPU, ms | ns per series | files | floor, ms | ratio | RSS, MB |')
        print('|---|---:|---:|---:|---:|---:|---:|---:|---:|', flush=True)
        above = []
        for name in options.collectors or collectors_of(options.program):
            try:
                row, dear = measure(options.program, options.floor, name, root, folder, nothing)
            except (StartError, OSError, http.client.HTTPException, subprocess.SubprocessError) as error:
                row, dear = f'| {name} | {str(error).splitlines()[0]} |', True
            print(row, flush=True)
            above += [name] if dear else []
        print(f'\nAbove {MOST} times their floor, or not measured: {", ".join(above) or "none"}.')
    except StartError as error:
        print(f'large: {error}', file=sys.stderr)
        return 1
    finally:
        process.stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
