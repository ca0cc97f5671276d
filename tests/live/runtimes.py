"""Podman and containerd with data, state and sockets of their own, below one folder that stands in for the root file
system (--path.rootfs): so the exporter finds them in their usual places. And LXC, whose names are in the groups."""
import hashlib
import json
import os
import shutil
import subprocess

from process import Process, StartError, run, wait_for
from servers import need

LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']  # the defaults need CAP_SYS_RESOURCE


def image_tree(folder):
    """A tar archive of a file system that has busybox."""
    tree = os.path.join(folder, 'tree')
    os.makedirs(f'{tree}/bin')
    shutil.copy(need('busybox', '/bin'), f'{tree}/bin/busybox')
    run('tar', '-C', tree, '-cf', f'{folder}/tree.tar', '.')
    return f'{folder}/tree.tar'


class Podman:
    """Podman with control groups made by itself (no systemd) and with runc, since crun refuses hybrid hierarchies."""

    IMAGE = 'localhost/live:1'

    def __init__(self, folder, root):
        self.base = [need('podman'), '--root', f'{root}/var/lib/containers/storage',
                     '--runroot', f'{root}/run/containers/storage', '--tmpdir', f'{root}/run/libpod',
                     '--cgroup-manager', 'cgroupfs', '--runtime', need('runc'), '--events-backend', 'file']
        self.folder = os.path.join(folder, 'podman')
        os.makedirs(self.folder)
        self.call('import', '-q', image_tree(self.folder), self.IMAGE)

    def call(self, *words, check=True):
        return run(*self.base, *words, check=check)

    def start(self, name, *options, command=('/bin/busybox', 'sleep', '100000')):
        """Id of a running container."""
        return self.call('run', '-d', '--name', name, '--network', 'none', '--stop-timeout', '0', *LIMITS, *options,
                         self.IMAGE, *command)

    def pid(self, name):
        return int(self.call('inspect', '-f', '{{.State.Pid}}', name))

    def stop(self):
        self.call('rm', '-f', '-a', '-t', '0', check=False)


class Containerd:
    """containerd with two containers as the kubelet would have them: a pod's sandbox and one more."""

    IMAGE = 'docker.io/library/live:1'
    POD = {'io.kubernetes.pod.name': 'shop-0', 'io.kubernetes.pod.namespace': 'market',
           'io.kubernetes.pod.uid': '6f0ab8c1-58c9-4b3e-9d4c-0f4d2f2a7a11'}

    def __init__(self, folder, root):
        self.folder = os.path.join(folder, 'cd')
        self.socket = f'{self.folder}/s'
        os.makedirs(self.folder)
        settings = f'{self.folder}/config.toml'
        with open(settings, 'w', encoding='utf-8') as file:
            file.write(f'version = 2\nroot = "{root}/var/lib/containerd"\nstate = "{root}/run/containerd"\n'
                       f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "{self.socket}"\n')
        self.client = need('ctr')
        self.ids = []
        self.process = Process([need('containerd'), '--config', settings], os.path.join(folder, 'containerd.log'))
        try:
            self.process.wait_ready(lambda: self.call('version', check=False), 30)
            self.process.before_stop = self.remove_containers
            self.call('images', 'import', self.image())
        except (StartError, OSError, subprocess.SubprocessError):
            self.process.stop()
            raise

    def call(self, *words, check=True):
        return run(self.client, '-a', self.socket, '-n', 'k8s.io', *words, check=check)

    def image(self):
        """An archive such as "docker save" writes."""
        shutil.copy(image_tree(self.folder), f'{self.folder}/layer.tar')
        with open(f'{self.folder}/layer.tar', 'rb') as file:
            layer = 'sha256:' + hashlib.sha256(file.read()).hexdigest()
        for name, content in (('config.json', {'architecture': 'amd64', 'os': 'linux', 'config': {},
                                               'rootfs': {'type': 'layers', 'diff_ids': [layer]}}),
                              ('manifest.json', [{'Config': 'config.json', 'RepoTags': [self.IMAGE],
                                                  'Layers': ['layer.tar']}])):
            with open(f'{self.folder}/{name}', 'w', encoding='utf-8') as file:
                json.dump(content, file)
        run('tar', '-C', self.folder, '-cf', f'{self.folder}/image.tar', 'config.json', 'manifest.json', 'layer.tar')
        return f'{self.folder}/image.tar'

    def start(self, kind, sandbox=None, container=None):
        """Starts one as the CRI plugin does, with its annotations, labels and control group. Returns its id."""
        name = hashlib.sha256(f'{os.getpid()} {kind} {container}'.encode()).hexdigest()
        notes = {'io.kubernetes.cri.container-type': kind, 'io.kubernetes.cri.sandbox-id': sandbox or name,
                 'io.kubernetes.cri.sandbox-name': self.POD['io.kubernetes.pod.name'],
                 'io.kubernetes.cri.sandbox-namespace': self.POD['io.kubernetes.pod.namespace'],
                 'io.kubernetes.cri.sandbox-uid': self.POD['io.kubernetes.pod.uid']}
        labels = {'io.cri-containerd.kind': kind, 'tier': 'shop', **self.POD}
        if container:
            notes |= {'io.kubernetes.cri.container-name': container, 'io.kubernetes.cri.image-name': self.IMAGE}
            labels['io.kubernetes.container.name'] = container
        options = [word for key, value in notes.items() for word in ('--annotation', f'{key}={value}')]
        options += [word for key, value in labels.items() for word in ('--label', f'{key}={value}')]
        self.ids.append(name)
        self.call('run', '-d', *options, '--memory-limit', str(64 << 20),
                  '--cgroup', f'/kubepods/burstable/pod{self.POD["io.kubernetes.pod.uid"]}/{name}', self.IMAGE, name,
                  '/bin/busybox', 'sleep', '100000')
        return name

    def pid(self, name):
        for line in self.call('task', 'ls').splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise StartError(f'containerd has no task {name}')

    def remove_containers(self):
        for name in self.ids:
            self.call('task', 'kill', '-s', 'KILL', name, check=False)
        for name in self.ids:
            wait_for(lambda name=name: 'STOPPED' in self.call('task', 'ls', check=False) or
                     name not in self.call('task', 'ls', check=False), 10, 0.1)
            self.call('task', 'rm', '-f', name, check=False)
            self.call('container', 'rm', name, check=False)


class Lxc:
    """One container of LXC with limits, without a network."""

    MEMORY, QUOTA = 40 << 20, 40000

    def __init__(self, folder, name):
        self.name = name
        self.at = ['-P', os.path.join(folder, 'lxc'), '-n', name]
        own = os.path.join(folder, 'lxc', name)
        os.makedirs(f'{own}/root/bin')
        shutil.copy(need('busybox', '/bin'), f'{own}/root/bin/busybox')
        limits = {'cgroup2.memory.max': self.MEMORY, 'cgroup2.cpu.max': f'{self.QUOTA} 100000'}
        if os.path.isdir('/sys/fs/cgroup/memory'):
            limits = {'cgroup.memory.limit_in_bytes': self.MEMORY, 'cgroup.cpu.cfs_quota_us': self.QUOTA}
        settings = {'uts.name': name, 'rootfs.path': f'dir:{own}/root', 'init.cmd': '/bin/busybox sleep 100000',
                    'net.0.type': 'empty', **limits}
        with open(f'{own}/config', 'w', encoding='ascii') as file:
            file.write(''.join(f'lxc.{key} = {value}\n' for key, value in settings.items()))
        self.client = need('lxc-start')
        run(self.client, *self.at, '-o', f'{folder}/lxc.log', '-l', 'INFO')

    def pid(self):
        return int(run('lxc-info', *self.at, '-p', '-H'))

    def stop(self):
        run('lxc-stop', *self.at, '-k', check=False)
