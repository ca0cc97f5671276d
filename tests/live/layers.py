"""What containers write into their own layers, measured between scrapes: Docker's and Podman's overlay."""
import servers
from pages import Watched
from process import wait_for
from report import check

MIB = 1 << 20
INTERVAL = ['--container.disk-usage-interval=1s']
WRITE = ('/bin/busybox', 'dd', 'if=/dev/zero', 'of=/written', 'bs=1M', 'count=20')
REMOVE = ('/bin/busybox', 'rm', '/written')


def usage(watched, labels):
    """Bytes; -1 while they are not there."""
    found = watched.page().value('container_fs_usage_bytes', **labels)
    return -1 if found is None else found


def written(runtime, call, watched, container, **labels):
    """20 MB come and go. `call` is that of the runtime's client, `labels` are those of the container's row."""
    check(wait_for(lambda: 0 <= usage(watched, labels) < 2 * MIB, 20, 0.5),
          f'{runtime}, layer: {usage(watched, labels):.0f} bytes at first')
    before = usage(watched, labels)
    call('exec', container, *WRITE)
    wait_for(lambda: usage(watched, labels) >= before + 20 * MIB, 20, 0.5)
    more = usage(watched, labels) - before
    check(20 * MIB <= more < 21 * MIB, f'{runtime}, layer: 20 MiB written, {more:.0f} bytes more')
    call('exec', container, *REMOVE)
    check(wait_for(lambda: 0 <= usage(watched, labels) < before + MIB, 20, 0.5), f'{runtime}, layer: removed, and gone')


def of_docker(program, folder, docker):
    exporter = servers.Exporter(program, folder, docker=docker, arguments=INTERVAL, name='layers')
    written('docker', docker.call, Watched(exporter), docker.IDLE, name=docker.IDLE)
    exporter.process.stop()


def of_podman(program, folder, podman, name):
    """Without the root file system that stands in for the real one: the kernel's mount tables have the real paths."""
    exporter = servers.Exporter(program, folder, arguments=INTERVAL, name='podman-layers')
    watched, pid = Watched(exporter), podman.pid(name)
    (path,) = {line.split(':')[2].strip() for line in open(f'/proc/{pid}/cgroup', encoding='utf-8') if 'libpod-' in line}
    written('podman', podman.call, watched, name, id=path)
    exporter.process.stop()
