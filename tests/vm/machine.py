"""A machine in an emulator, whose scrape port and agent (agent.py) are reached through ports of this host's loopback."""
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../live'))
from pages import Page  # noqa: E402
from process import Process, free_port, wait_for  # noqa: E402

UNIT = 'resource_exporter.service'


class Machine:
    """A virtual machine whose scrape port and agent are reached through ports of the host's loopback."""

    def __init__(self, image, folder, work):
        self.scrape_port, self.agent_port = free_port(), free_port()
        payload = os.path.join(work, 'payload')
        os.mkdir(payload)
        for name in ('release1.deb', 'release2.deb'):
            shutil.copy(os.path.join(folder, name), payload)
        subprocess.run(['mke2fs', '-q', '-t', 'ext4', '-d', payload, os.path.join(work, 'payload.img'), '64M'], check=True)
        kvm = os.environ.get('VM_ACCEL') == 'kvm'
        drive = 'format=raw,if=virtio,cache=unsafe'
        forward = ''.join(f',hostfwd=tcp:127.0.0.1:{ours}-:{theirs}' for ours, theirs in
                          ((self.scrape_port, 9100), (self.agent_port, 8000)))
        self.console = os.path.join(folder, 'console.log')
        self.process = Process(
            ['qemu-system-x86_64', '-accel', 'kvm' if kvm else 'tcg,thread=multi', '-cpu', 'host' if kvm else 'max',
             '-machine', 'q35', '-smp', '2', '-m', '2048', '-nodefaults', '-display', 'none',
             '-serial', f'file:{self.console}', '-no-reboot',
             '-kernel', os.path.join(image, 'kernel'), '-initrd', os.path.join(image, 'initrd'),
             '-append', 'root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 panic=-1 mitigations=off',
             '-drive', f'file={image}/base.img,snapshot=on,{drive}', '-drive', f'file={work}/payload.img,{drive}',
             '-netdev', f'user,id=net{forward}', '-device', 'virtio-net-pci,netdev=net'],
            os.path.join(folder, 'qemu.log'), environment={'TMPDIR': work})
        self.process.wait_ready(lambda: self.run('true').status == 0, seconds=180, interval=0.5)

    def run(self, script):
        request = urllib.request.Request(f'http://127.0.0.1:{self.agent_port}/', script.encode())
        try:
            with urllib.request.urlopen(request, timeout=150) as reply:
                return Done(**json.load(reply))
        except urllib.error.URLError as error:
            raise OSError(str(error)) from error

    def page(self, path='/metrics'):
        """The page as it comes from outside, or OSError."""
        request = urllib.request.Request(f'http://127.0.0.1:{self.scrape_port}{path}',
                                         headers={'X-Prometheus-Scrape-Timeout-Seconds': '10'})
        with urllib.request.urlopen(request, timeout=20) as reply:
            return Scraped(reply.read().decode(), dict(reply.headers))

    def wait_page(self, seconds=30):
        return wait_for(self.page, seconds, interval=0.2)

    def wait(self, script, seconds=30):
        return wait_for(lambda: self.run(script).status == 0, seconds, interval=0.3)

    def journal(self, since):
        """The exporter's lines since a cursor of `mark()`, without their time."""
        return self.run(f'journalctl -u {UNIT} -o cat --no-pager --after-cursor="{since}"').out

    def told_once(self, since, *words):
        """The one line since `mark()` with these words; None when there is none within a while, or more than one."""
        def lines():
            return [line for line in self.journal(since).splitlines() if all(word in line for word in words)]
        found = wait_for(lines, 15, interval=0.5)
        return found[0] if found and len(found) == 1 else None

    def mark(self):
        return re.search(r'-- cursor: (\S+)', self.run('journalctl -n 1 --show-cursor --no-pager').out).group(1)


class Done:
    def __init__(self, status, out, seconds):
        self.status, self.out, self.seconds = status, out.strip(), seconds


class Scraped(Page):
    def __init__(self, text, headers):
        super().__init__(text)
        self.headers = headers
