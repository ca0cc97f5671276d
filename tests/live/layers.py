"""What containers write into their own layers, measured between scrapes: Docker's and Podman's overlay."""
import servers
from pages import Watched
from process import wait_for
from report import check

MIB = 1 << 20
INTERVAL = ['--container.disk-usage-interval=1s']
WRITE = ('/bin/busybox', 'dd', 'if=/dev/zero', 'of=/written', 'bs=1M', 'count=20')
REMOVE = ('/bin/busybox', 'rm', '/written')


def usage(watched, name):
    """Bytes; -1 while they are not there."""
    found = watched.page().value('container_fs_usage_bytes', name=name)
    return -1 if found is None else found


def written(runtime, call, watched, name):
    """20 MB come and go. `call` is that of the runtime's client."""
    check(wait_for(lambda: 0 <= usage(watched, name) < 2 * MIB, 20, 0.5),
          f'{runtime}, layer: {usage(watched, name):.0f} bytes at first')
    before = usage(watched, name)
    call('exec', name, *WRITE)
    wait_for(lambda: usage(watched, name) >= before + 20 * MIB, 20, 0.5)
    more = usage(watched, name) - before
    check(20 * MIB <= more < 21 * MIB, f'{runtime}, layer: 20 MiB written, {more:.0f} bytes more')
    call('exec', name, *REMOVE)
    check(wait_for(lambda: 0 <= usage(watched, name) < before + MIB, 20, 0.5), f'{runtime}, layer: removed, and gone')


def of_docker(program, folder, docker):
    exporter = servers.Exporter(program, folder, docker=docker, arguments=INTERVAL, name='layers')
    written('docker', docker.call, Watched(exporter), docker.IDLE)
    exporter.process.stop()
