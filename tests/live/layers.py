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
    return watched.page().value('container_fs_usage_bytes', name=name)


def written(runtime, call, watched, name):
    """20 MB come and go. `call` is that of the runtime's client."""
    before = wait_for(lambda: usage(watched, name), 20, 0.5)
    check(before is not None and before < 2 * MIB, f'{runtime}, layer: {before} bytes at first')
    if before is None:
        return
    call('exec', name, *WRITE)
    grown = wait_for(lambda: usage(watched, name) >= before + 20 * MIB, 20, 0.5)
    after = usage(watched, name)
    check(grown and after < before + 21 * MIB, f'{runtime}, layer: 20 MiB written, {after - before:.0f} bytes more')
    call('exec', name, *REMOVE)
    check(wait_for(lambda: usage(watched, name) <= before + MIB, 20, 0.5), f'{runtime}, layer: removed, and gone')


def of_docker(program, folder, docker):
    exporter = servers.Exporter(program, folder, docker=docker, arguments=INTERVAL, name='layers')
    written('docker', docker.call, Watched(exporter), docker.IDLE)
    exporter.process.stop()
