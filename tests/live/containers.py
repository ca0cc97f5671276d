"""Containers of Docker, Podman and containerd in all their states, held against docker inspect, docker stats and the
control groups' own files; and what the exporter leaves alone."""
import os
import re
import shutil
import signal
import subprocess
import time

import churn
import docker_socket
import layers
import runtimes
import servers
import sources
from pages import Page, Watched
from process import Process, StartError, children, free_port, get, run, wait_for
from report import check, skip
from sources import text

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
COMPOSE = {'com.docker.compose.project': 'shop', 'org.label-schema.group': 'monitoring'}
UNITS = {'B': 1, 'kB': 1e3, 'MB': 1e6, 'GB': 1e9, 'KiB': 1 << 10, 'MiB': 1 << 20, 'GiB': 1 << 30}


def size(words):
    """"1.5MiB" as bytes."""
    number, unit = re.fullmatch(r'([\d.]+)([kKMG]?i?B)', words.strip()).groups()
    return float(number) * UNITS[unit]


def start_containers(docker):
    """One in each state that is looked at."""
    forever = 'exec /bin/busybox sleep 100000'
    labels = [word for key, value in COMPOSE.items() for word in ('--label', f'{key}={value}')]
    disk = '/dev/' + sources.busiest_disk()[0]
    slow = ['--device-read-bps', f'{disk}:500mb'] if os.path.exists(disk) else []
    docker.run('live-limited', '--cpus', '0.3', '-m', '96m', '--memory-reservation', '48m', '--cpu-shares', '512',
               '--memory-swap', '96m', *labels, *slow, command=f'while :; do :; done & {forever}')
    docker.run('live-hungry', '-m', '16m', '--memory-swap', '16m',
               command=f'/bin/busybox dd if=/dev/zero of=/dev/null bs=64M count=1; {forever}')
    docker.run('live-shared', '--network', f'container:{docker.IDLE}', command=forever)
    docker.run('live-paused', command=forever)
    docker.run('live-called', command=forever)
    docker.run('live-again', command=forever)
    docker.run('live-short', command=forever)
    docker.call('pause', 'live-paused')


def docker_values(watched, docker):
    limited, hungry, paused = (sources.Container(docker, f'live-{name}') for name in ('limited', 'hungry', 'paused'))
    host = limited.inspected['HostConfig']
    for metric, value in (('memory_limit_bytes', host['Memory']), ('cpu_shares', host['CpuShares']),
                          ('memory_reservation_limit_bytes', host['MemoryReservation']),
                          ('cpu_quota', host['NanoCpus'] / 1e9 * 100000), ('cpu_period', 100000)):
        watched.near('docker inspect', lambda value=value: value, f'container_spec_{metric}', name='live-limited')
    for field in ('nr_periods', 'nr_throttled'):
        metric = {'nr_periods': 'periods', 'nr_throttled': 'throttled_periods'}[field]
        watched.near('throttled', lambda field=field: limited.cpu_stat(field), f'container_cpu_cfs_{metric}_total', 15,
                     name='live-limited')
    watched.near('busy', limited.cpu_seconds, 'container_cpu_usage_seconds_total', 0.5, name='live-limited')
    wait_for(lambda: hungry_kills(hungry) > 0, 10)
    check(hungry_kills(hungry) > 0, 'the kernel killed a process of live-hungry')
    watched.near('killed for lack of memory', lambda: hungry_kills(hungry), 'container_oom_events_total',
                 name='live-hungry')
    watched.near('paused', paused.cpu_seconds, 'container_cpu_usage_seconds_total', 1e-9, name='live-paused')
    watched.near('paused', lambda: paused.memory('memory.usage_in_bytes', 'memory.current'),
                 'container_memory_usage_bytes', name='live-paused')
    watched.near('paused', lambda: paused.memory_stat('total_rss', 'anon'), 'container_memory_rss', name='live-paused')
    watched.near('paused', paused.started, 'container_start_time_seconds', 1, name='live-paused')


def hungry_kills(container):
    if container.v1('memory'):
        return sources.word(os.path.join(container.folder('memory'), 'memory.oom_control'), 'oom_kill ', 0)
    return sources.word(os.path.join(container.folder('memory'), 'memory.events'), 'oom_kill ', 0)


def docker_stats(watched, docker):
    """What "docker stats" shows, rounded to four digits there."""
    name = docker.IDLE

    def stats(field, part=0):
        line = docker.call('stats', '--no-stream', '--format', '{{.' + field + '}}', name)
        return size(line.split(' / ')[part])

    network = 'container_network_{}_bytes_total'
    watched.near('docker stats', lambda: stats('MemUsage'), 'container_memory_working_set_bytes', 8192, 0.002,
                 name=name)
    watched.near('docker stats', lambda: stats('NetIO'), network.format('receive'), 500, 0.01, name=name)
    watched.near('docker stats', lambda: stats('NetIO', 1), network.format('transmit'), 500, 0.01, name=name)


def docker_events(watched, docker):
    """Renamed, restarted, changed and removed: on the next page, whatever came before."""
    docker.call('rename', 'live-called', 'live-renamed')
    page = watched.page()
    new, old = (page.rows('container_last_seen', name=name) for name in ('live-renamed', 'live-called'))
    check(new and not old, 'renamed: the next page has the new name only')
    docker.names.append('live-renamed')
    before = sources.Container(docker, 'live-again').started()
    time.sleep(1.1)
    docker.call('restart', '-t', '0', 'live-again')
    started = sources.Container(docker, 'live-again').started()
    shown = watched.page().value('container_start_time_seconds', name='live-again')
    check(started > before and abs(shown - started) <= 1,
          f'restarted: the next page has the new start, {started:.0f} instead of {before:.0f}')
    docker.call('update', '--cpus', '0.4', 'live-limited')
    check(watched.page().value('container_spec_cpu_quota', name='live-limited') == 40000,
          'updated: the next page has the new quota')
    short = docker.inspect('live-short')['Id']
    docker.call('rm', '-f', 'live-short')
    page = watched.page()
    left = [name for name, rows in page.samples.items() for labels, _ in rows if short in labels.get('id', '')]
    check(not left, 'removed: the next page has no series of it', ' '.join(sorted(set(left))))
    shared = [sum(value for _, value in page.rows('container_network_receive_bytes_total', name=name))
              for name in (docker.IDLE, 'live-shared')]
    check(shared[0] > 0 and shared[1] == 0 or not docker.network,
          f'shared network: its owner has received {shared[0]:.0f} bytes, and they are shown once', shared)
    twice = {}
    for labels, _ in page.rows('container_last_seen'):
        twice[labels['id']] = twice.get(labels['id'], 0) + 1
    check(max(twice.values()) == 1, 'each control group is there once')
    empty = {f'{name} {key}' for name, rows in page.samples.items() if name.startswith('container_')
             for labels, _ in rows for key, value in labels.items() if value == ''}
    check(not empty, 'no label is empty', ' '.join(sorted(empty)[:20]))


def must_have(program, folder, docker):
    """All that the dashboards and rules of the field ask for, with their labels, of a container that has them."""
    with open(f'{HERE}/../compatibility/container_must_have.tsv', encoding='utf-8') as file:
        rows = [line.rstrip('\n').split('\t') for line in file if not line.startswith('#')]
    exporter = servers.Exporter(program, folder, docker=docker, arguments=['--collector.container.tasks'],
                                name='must-have')
    watched = Watched(exporter)
    # Layers are measured between scrapes.
    wait_for(lambda: watched.page().rows('container_fs_usage_bytes', name='live-limited'), 30, 1)
    page = watched.page()
    kubernetes = {'namespace', 'pod', 'container'}
    for metric, labels, where in rows:
        wanted = set(filter(None, labels.split(','))) - kubernetes
        found = [set(labels) for labels, _ in page.rows(metric)]
        if where == 'container':
            found = [set(labels) for labels, _ in page.rows(metric, name=networked(metric, docker))]
            if metric.startswith('container_network_'):
                wanted = {label for label in wanted if not label.startswith('container_label_')}
        elif where == 'root':
            found = [set(labels) for labels, _ in page.rows(metric, id='/')]
        check(any(wanted <= labels for labels in found),
              f'must have: {metric} with {" ".join(sorted(wanted)) or "any labels"}',
              f'{len(page.rows(metric))} rows, such as {page.rows(metric)[:2]}')
    exporter.process.stop()


def networked(metric, docker):
    """The container with all kinds of limits has no network, the other has nothing else."""
    return docker.IDLE if metric.startswith('container_network_') else 'live-limited'


def no_socket(program, folder, docker):
    """By default no runtime's socket is opened, and the names are there all the same."""
    trace, port = f'{folder}/connect.trace', free_port()
    tracer = Process(['strace', '-f', '-qq', '-e', 'trace=connect,openat,open', '-o', trace, program,
                      f'--web.listen-address=127.0.0.1:{port}'], f'{folder}/strace.log')
    tracer.wait_ready(lambda: get(f'http://127.0.0.1:{port}/-/healthy', timeout=5)[0] == 200, 60)
    for _ in range(5):
        page = Page(get(f'http://127.0.0.1:{port}/metrics', timeout=60)[2])
    for child in children(tracer.pid):
        os.kill(child, signal.SIGTERM)  # strace follows
    tracer.child.wait(30)
    tracer.stop()
    asked = sorted(set(re.findall(r'connect\(\d+, \{sa_family=AF_UNIX, sun_path=@?"([^"]*)"', text(trace))))
    runtime = [path for path in asked if path == docker.socket.split('://')[1] or
               re.search(r'docker|containerd|podman|crio|buildkit|libpod', path)]
    check(not runtime, 'no socket of a container runtime is connected to', ' '.join(runtime))
    check('config.v2.json' in text(trace) and page.rows('container_last_seen', name=docker.IDLE, image=docker.IMAGE),
          f'and yet containers have their names, from files (sockets asked for: {" ".join(asked) or "none"})')


def ordinary_user(program, folder, docker, watched):
    """As nobody, without any capability: statistics and network are there; names need permission."""
    copy = f'{folder}/exporter'
    shutil.copy(program, copy)
    os.chmod(copy, 0o755)
    port = free_port()
    process = Process(['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups', copy,
                       f'--web.listen-address=127.0.0.1:{port}', f'--container.docker-root={docker.root}'],
                      f'{folder}/nobody.log')
    process.wait_ready(lambda: get(f'http://127.0.0.1:{port}/-/healthy', timeout=5)[0] == 200)
    status = text(f'/proc/{process.pid}/status')
    check(re.search(r'^CapEff:\s+0+$', status, re.MULTILINE) and re.search(r'^Uid:\s+65534', status, re.MULTILINE),
          'ordinary user: nobody, without capabilities')
    page, theirs = Page(get(f'http://127.0.0.1:{port}/metrics/container')[2]), watched.page()
    group = docker.inspect(docker.IDLE)['Id']
    of = {labels['id']: labels for labels, _ in theirs.rows('container_last_seen') if group in labels['id']}
    (path,) = of
    for metric in ('container_cpu_usage_seconds_total', 'container_memory_usage_bytes', 'container_memory_rss',
                   'container_spec_memory_limit_bytes', 'container_start_time_seconds',
                   'container_pressure_cpu_waiting_seconds_total'):
        rows, root_rows = page.value(metric, id=path), theirs.value(metric, id=path)
        same = rows == root_rows or None not in (rows, root_rows) and abs(rows - root_rows) <= 0.01 * root_rows + 65536
        check(same,
              f'ordinary user: {metric} = {rows}, for root {root_rows}')
    if docker.network:
        rows = page.value('container_network_receive_bytes_total', id=path, interface='eth0')
        real = sources.Container(docker, docker.IDLE).network(0)
        check(rows is not None and abs(rows - real) <= 2000, f'ordinary user: received {rows} bytes, /proc says {real}')
    missing = {name for name, rows in theirs.samples.items() if name.startswith('container_')} - set(page.samples)
    missing = {name for name in missing
               if not name.startswith(('container_state_', 'container_health_', 'container_fs_usage_'))}
    check(not missing, 'ordinary user: all families but those of Docker\'s files and of layers are there',
          ' '.join(sorted(missing)))
    words = text(f'{folder}/nobody.log')
    check('CAP_DAC_READ_SEARCH' in words, 'ordinary user: the log names the capability that names need', words[-500:])
    check(process.stop() == 0, 'ordinary user: ends with status 0')


def group_number(pid, controller, v1_name, v2_name):
    """A number from a file of the process's control group."""
    for line in text(f'/proc/{pid}/cgroup').splitlines():
        _, names, path = line.split(':', 2)
        if controller in names.split(','):
            return float(text(f'/sys/fs/cgroup/{controller}{path}/{v1_name}'))
        if not names and not os.path.isdir(f'/sys/fs/cgroup/{controller}'):
            return float(text(f'/sys/fs/cgroup{path}/{v2_name}'))
    raise ValueError(f'{pid} has no group of {controller}')


def other_runtimes(program, folder):
    """Podman and containerd, in a root file system of their own."""
    root = f'{folder}/r'
    exporter = podman = containerd = None
    try:
        podman = runtimes.Podman(folder, root)
        pod = podman.start('live-pod', '-m', '48m', '--label', 'com.example.tier=pod')
        containerd = runtimes.Containerd(folder, root)
        sandbox = containerd.start('sandbox')
        shop = containerd.start('container', sandbox, 'till')
        layers.of_podman(program, folder, podman, 'live-pod')
        exporter = servers.Exporter(program, folder, arguments=[f'--path.rootfs={root}'], name='runtimes')
        watched = Watched(exporter)
        podman_values(watched, podman, pod)
        containerd_values(watched, containerd, sandbox, shop)
    except (StartError, OSError, subprocess.SubprocessError) as error:
        skip('podman and containerd', error)
    finally:
        if exporter:
            exporter.process.stop()
        if containerd:
            containerd.process.stop(20)
        if podman:
            podman.stop()
        remove_groups('kubepods', 'libpod_parent')


def lxc(program, folder):
    """LXC's container has the name of its group, and that group's limits."""
    exporter = box = None
    try:
        box = runtimes.Lxc(folder, 'live-box')
        exporter = servers.Exporter(program, folder, name='lxc')
        watched = Watched(exporter)
        rows = watched.page().rows('container_last_seen', name='live-box')
        check(len(rows) == 1 and rows[0][0]['id'].endswith('/lxc.payload.live-box'), 'LXC: one row with the name', rows)
        watched.near('LXC', lambda: box.MEMORY, 'container_spec_memory_limit_bytes', name='live-box')
        watched.near('LXC', lambda: box.QUOTA, 'container_spec_cpu_quota', name='live-box')
        watched.near('LXC', lambda: group_number(box.pid(), 'memory', 'memory.usage_in_bytes', 'memory.current'),
                     'container_memory_usage_bytes', 65536, name='live-box')
        box.stop()
        check(wait_for(lambda: not watched.page().rows('container_last_seen', name='live-box'), 5),
              'LXC: stopped, and gone')
    except (StartError, OSError, subprocess.SubprocessError) as error:
        skip('LXC', error)
    finally:
        if exporter:
            exporter.process.stop()
        if box:
            box.stop()
        remove_groups('lxc.payload.live-box', 'lxc.monitor.live-box', 'lxc.pivot')


def remove_groups(*names):
    """Empty groups that the runtimes leave behind, in every hierarchy."""
    for line in text('/proc/self/mountinfo').splitlines():
        left, right = line.split(' - ')
        if right.startswith('cgroup'):
            for name in names:
                top = f'{left.split()[4]}/{name}'
                run('find', top, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';', check=False)


def podman_values(watched, podman, pod):
    labels = {'name': 'live-pod', 'image': podman.IMAGE}
    rows = watched.page().rows('container_last_seen', **labels)
    check(len(rows) == 1 and pod in rows[0][0]['id'] and rows[0][0].get('container_label_com_example_tier') == 'pod',
          'podman: one row with name, image and label', watched.page().rows('container_last_seen'))
    watched.near('podman', lambda: 48 * MIB, 'container_spec_memory_limit_bytes', **labels)
    watched.near('podman',
                 lambda: group_number(podman.pid('live-pod'), 'memory', 'memory.usage_in_bytes', 'memory.current'),
                 'container_memory_usage_bytes', 65536, **labels)
    podman.call('rename', 'live-pod', 'live-cask')
    rows = watched.page().rows('container_last_seen', name='live-cask')
    check(len(rows) == 1, 'podman: renamed on the next page')
    podman.call('rm', '-f', '-t', '0', 'live-cask')
    check(not [1 for found, _ in watched.page().rows('container_last_seen') if pod in found['id']],
          'podman: removed, and gone from the next page')


def containerd_values(watched, containerd, sandbox, shop):
    page = watched.page()
    rows = {name: [found for found, _ in page.rows('container_last_seen') if found['id'].endswith('/' + name)]
            for name in (sandbox, shop)}
    pod = {'namespace': 'market', 'pod': 'shop-0'}
    wanted = {**pod, 'container': 'till', 'image': containerd.IMAGE}
    check(len(rows[shop]) == 1 and {**rows[shop][0], **wanted} == rows[shop][0],
          'containerd: namespace, pod, container and image of a container of Kubernetes', rows[shop])
    check(rows[shop] and rows[shop][0].get('container_label_tier') == 'shop' and rows[shop][0].get('name'),
          'containerd: its name and labels', rows[shop])
    check(len(rows[sandbox]) == 1 and {**rows[sandbox][0], **pod} == rows[sandbox][0] and
          rows[sandbox][0].get('container') != 'till', 'containerd: namespace and pod of the sandbox', rows[sandbox])
    watched.near('containerd', lambda: 64 * MIB, 'container_spec_memory_limit_bytes', container='till', **pod)
    watched.near('containerd',
                 lambda: group_number(containerd.pid(shop), 'memory', 'memory.usage_in_bytes', 'memory.current'),
                 'container_memory_usage_bytes', 65536, container='till', **pod)


def everything(program, folder, docker, exporter):
    watched = Watched(exporter)
    start_containers(docker)
    docker_values(watched, docker)
    if docker.network:
        docker_stats(watched, docker)
    docker_events(watched, docker)
    must_have(program, folder, docker)
    no_socket(program, folder, docker)
    ordinary_user(program, folder, docker, watched)
    docker_socket.everything(program, folder, docker)
    layers.of_docker(program, folder, docker)
    other_runtimes(program, folder)
    lxc(program, folder)
    churn.run(program, folder, 10, 50)
