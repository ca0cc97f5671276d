#!/usr/bin/python3
"""The container image: what is in it, and that it shows a whole machine from a container without rights.

    image.py EXPORTER

Builds it with docker and podman from the root file system that rootfs.sh makes, without a network, and runs it with a
dockerd of its own. Each check is a line "ok - ..." or "not ok - ...".
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'live'))
import limits  # noqa: E402 pylint: disable=wrong-import-position
import runtimes  # noqa: E402 pylint: disable=wrong-import-position
import servers  # noqa: E402 pylint: disable=wrong-import-position
from pages import Page  # noqa: E402 pylint: disable=wrong-import-position
from process import StartError, free_port, get, run, stop_all, wait_for  # noqa: E402 pylint: disable=wrong-import-position
from redis_tls import Authority, TlsRedis  # noqa: E402 pylint: disable=wrong-import-position
from report import check, skip, summary  # noqa: E402 pylint: disable=wrong-import-position

IMAGE = 'resource_exporter:test'
PROGRAM = '/usr/bin/resource_exporter'
BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
DNS = '127.7.3.53'
HOST = ['--path.rootfs=/host', '--path.procfs=/host/proc', '--path.sysfs=/host/sys']
AS_MANIFESTS = ['--read-only', '--cap-drop=ALL', '--security-opt', 'no-new-privileges', '--network', 'host', '--pid', 'host',
                '-v', '/:/host:ro,rslave']
MOST_MEGABYTES = 40


def text(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


class Names(threading.Thread):
    """A name server: every name below "test" is 127.0.0.1."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((DNS, 53))
        self.asked = set()
        self.start()

    def run(self):
        while True:
            query, client = self.socket.recvfrom(512)
            end = query.index(b'\0', 12) + 1
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            known = labels[-1] == 'test'
            self.asked.add('.'.join(labels))
            is_a = known and query[end:end + 2] == b'\0\1'
            answer = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1' if is_a else b''
            head = query[:2] + (b'\x81\x80' if known else b'\x81\x83') + b'\0\1' + (b'\0\1' if is_a else b'\0\0') + b'\0' * 4
            self.socket.sendto(head + query[12:end + 4] + answer, client)


def root_file_system(program, folder):
    """The folder of the last stage: rootfs and its Dockerfile."""
    context = f'{folder}/context'
    os.makedirs(context)
    run(f'{HERE}/../../packaging/image/rootfs.sh', program, f'{context}/rootfs')
    files = [os.path.join(path, name).removeprefix(f'{context}/rootfs')
             for path, _, names in os.walk(f'{context}/rootfs') for name in names]
    programs = [name for name in files if '/bin/' in name or '/sbin/' in name]
    check(programs == [PROGRAM], f'one program and no shell: {" ".join(programs)}')
    rest = [name for name in files if not re.search(r'/(lib[^/]*|ld-linux[^/]*)\.so(\.\d+)*$', name)]
    check(sorted(rest) == sorted([PROGRAM, BUNDLE, '/etc/passwd', '/etc/group', '/etc/nsswitch.conf',
                                  '/usr/lib/ssl/cert.pem']), f'beside {len(files) - len(rest)} libraries: {" ".join(sorted(rest))}')
    loaded = [name for name in ('libpq.so.5', 'libsystemd.so.0', 'libsqlite3.so.0')
              if any(path.endswith('/' + name) for path in files)]
    check(len(loaded) == 3, f'libraries for dlopen(3): {" ".join(loaded)}')
    done = subprocess.run([f'{HERE}/../../packaging/image/rootfs.sh', program, f'{context}/rootfs'], capture_output=True,
                          text=True, check=False)
    check(done.returncode == 1 and 'is not empty' in done.stderr, 'rootfs.sh: a folder that is not empty stays as it is')
    stages = text(f'{HERE}/../../packaging/image/Dockerfile').split('FROM ')
    with open(f'{context}/Dockerfile', 'w', encoding='utf-8') as file:
        file.write('FROM ' + stages[-1].replace('--from=build /rootfs', 'rootfs'))
    return context


def look_at(title, image):
    """What "inspect" says of the image."""
    settings = image['Config']
    size = image['Size'] / 1e6
    check(size < MOST_MEGABYTES, f'{title}: {size:.1f} MB, at most {MOST_MEGABYTES}')
    labels = {name.removeprefix('org.opencontainers.image.') for name in settings['Labels']
              if name.startswith('org.opencontainers.image.')}
    check({'title', 'description', 'licenses', 'vendor', 'version'} <= labels, f'{title}: labels {" ".join(sorted(labels))}')
    check(settings['Entrypoint'] == [PROGRAM] and settings['User'] == '65534:65534' and
          list(settings['ExposedPorts']) == ['9100/tcp'], f'{title}: {settings["Entrypoint"]} as {settings["User"]} at 9100')
    health = settings.get('Healthcheck') or image.get('Healthcheck')
    check(health['Test'] == ['CMD', PROGRAM, 'healthcheck'], f'{title}: healthcheck {health["Test"]}')


def of_podman(folder, context):
    podman = None
    try:
        podman = runtimes.Podman(folder, f'{folder}/p')
        podman.call('build', '-q', '--format', 'docker', '--network', 'none', '-t', IMAGE, context)
        look_at('podman', json.loads(podman.call('inspect', '--type', 'image', IMAGE))[0])
        shown = podman.call('run', '--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'none', *runtimes.LIMITS, IMAGE,
                            '--version')
        check(shown.startswith('resource_exporter, version '), f'podman: runs read-only without capabilities: {shown}')
    except (StartError, OSError, subprocess.SubprocessError) as error:
        skip('podman', error)
    finally:
        if podman:
            podman.stop()


class Container:
    """The exporter in a container of docker, with a port of its own."""

    def __init__(self, docker, name, options, arguments):
        self.docker, self.name, self.port = docker, name, free_port()
        docker.names.append(name)
        docker.call('run', '-d', '--name', name, *AS_MANIFESTS, '--health-interval', '1s', '-e',
                    f'RESOURCE_EXPORTER_WEB_LISTEN_ADDRESS=127.0.0.1:{self.port}', *options, IMAGE, *HOST, *arguments)
        self.pid = docker.inspect(name)['State']['Pid']

    def ready(self):
        if not wait_for(lambda: self.get('/-/ready')[0] == 200, 10):
            raise StartError(self.log())
        return self

    def get(self, path):
        return get(f'http://127.0.0.1:{self.port}{path}')

    def page(self, path='/metrics'):
        return Page(self.get(path)[2])

    def log(self):
        done = subprocess.run([self.docker.client, '-H', self.docker.socket, 'logs', self.name], capture_output=True, text=True,
                              check=False)
        return done.stdout + done.stderr


def host_shown(box):
    page = box.page()
    status = text(f'/proc/{box.pid}/status')
    check(re.search(r'^Uid:\s+65534', status, re.MULTILINE) and re.search(r'^CapEff:\s+0+$', status, re.MULTILINE) and
          re.search(r'^NoNewPrivs:\s+1', status, re.MULTILINE), 'user 65534 without capabilities')
    failed = [labels['collector'] for labels, value in page.rows('node_scrape_collector_success')
              if value == 0 and labels['collector'] in ('filesystem', 'cpu', 'meminfo', 'timex', 'netdev', 'diskstats', 'uname',
                                                        'stat', 'loadavg', 'netclass', 'pressure', 'vmstat')]
    check(not failed, 'the host\'s collectors work under docker\'s seccomp filter', failed)
    size = os.statvfs('/')
    check(page.value('node_filesystem_size_bytes', mountpoint='/') == size.f_blocks * size.f_frsize,
          f'file system / of the host: {size.f_blocks * size.f_frsize} bytes')
    with open('/proc/1/mounts', encoding='utf-8') as file:
        mounts = {line.split()[1] for line in file}
    shown = {labels['mountpoint'] for labels, _ in page.rows('node_filesystem_size_bytes')}
    check(shown and shown <= mounts, f'mount points are those of the host: {" ".join(sorted(shown))[:100]}', shown - mounts)
    with open('/proc/uptime', encoding='ascii') as file:
        boot = time.time() - float(file.read().split()[0])
    check(abs(page.value('node_boot_time_seconds') - boot) < 2, 'boot time of the host')
    devices = {labels['device'] for labels, _ in page.rows('node_network_up')}
    check(devices == set(os.listdir('/sys/class/net')) - {'bonding_masters'}, f'network devices of the host: {sorted(devices)}')
    group = box.docker.inspect(box.docker.IDLE)['Id']
    rows = [value for labels, value in page.rows('container_memory_usage_bytes') if labels['id'].endswith(group)]
    check(len(rows) == 1 and rows[0] > 0, f'a container of the host: {rows} bytes')
    check('not the whole machine' not in box.log(), 'nothing is missing, says the log', box.log())


def servers_shown(box, postgres, names):
    page = wait_for(lambda: (lambda page: page if page.value('pg_up') == 1 else None)(box.page()), 5, 0.2) or box.page()
    check(page.value('pg_up') == 1 and page.rows('pg_static'), 'PostgreSQL over TCP, password from a file: libpq is there',
          box.log())
    check(page.value('pg_database_size_bytes', datname='watched') is not None or
          wait_for(lambda: box.page().value('pg_database_size_bytes', datname='watched'), 5, 0.5), 'its databases')
    check(postgres.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'postgres' AND client_addr = '127.0.0.1'") >= '1',
          'it came over TCP')
    check(page.value('redis_up') == 1, 'Redis by TLS, verified by the bundle in the image\'s place', box.log())
    check({'db.test', 'cache.test'} <= names.asked, f'names resolve by DNS: {" ".join(sorted(names.asked))}')


def health(box):
    state = wait_for(lambda: box.docker.inspect(box.name)['State']['Health']['Status'] == 'healthy', 10, 0.3)
    check(state, 'docker: healthy', box.docker.inspect(box.name)['State'].get('Health'))
    check(box.docker.call('exec', box.name, PROGRAM, 'healthcheck') == '', 'healthcheck: silent and 0')
    done = subprocess.run([box.docker.client, '-H', box.docker.socket, 'exec', box.name, PROGRAM, 'healthcheck',
                           '--web.listen-address=127.0.0.1:1'], capture_output=True, text=True, check=False)
    check(done.returncode == 1 and 'connection refused' in done.stderr, 'healthcheck: 1 where nobody listens', done.stderr)


def end(box):
    resident = int(re.search(r'^VmRSS:\s+(\d+)', text(f'/proc/{box.pid}/status'), re.MULTILINE).group(1)) / 1024
    check(resident < 32, f'{resident:.1f} MiB resident with host, containers, PostgreSQL and Redis')
    begin = time.monotonic()
    os.kill(box.pid, signal.SIGTERM)
    wait_for(lambda: not os.path.exists(f'/proc/{box.pid}'), 5, 0.01)
    took = time.monotonic() - begin
    wait_for(lambda: not box.docker.inspect(box.name)['State']['Running'], 5)
    status = box.docker.inspect(box.name)['State']['ExitCode']
    check(took < 1 and status == 0, f'SIGTERM: ended after {took:.2f} s with status {status}')


def sidecar(overlay):
    """(arguments, environment, the documents) of the exporter beside a server, as the manifests have them."""
    with open(f'{HERE}/../../packaging/kubernetes/overlays/{overlay}/statefulset.yaml', encoding='utf-8') as file:
        documents = {one['kind']: one for one in yaml.safe_load_all(file)}
    (container,) = documents['StatefulSet']['spec']['template']['spec']['initContainers']
    return container['args'], {row['name']: row['value'] for row in container['env']}, documents


def sidecars(docker, folder, postgres, redis):
    """The options of overlays/postgres and overlays/redis, with the roles that they speak of."""
    secret = ['-v', f'{folder}/password:/run/secrets/exporter/password:ro']
    arguments, environment, documents = sidecar('postgres')
    script = documents['ConfigMap']['data']['exporter.sh'].replace('/run/secrets/exporter', folder)
    run('bash', '-euc', script, env={**os.environ, 'PGHOST': '127.0.0.1', 'PGPORT': str(postgres.port),
                                     'PATH': f'{postgres.bin}:{os.environ["PATH"]}'})
    with open(f'{postgres.folder}/data/pg_hba.conf', 'r+', encoding='utf-8') as file:
        rules = file.read()
        file.seek(0)
        file.write('local all resource_exporter scram-sha-256\n' + rules)
    postgres.query('SELECT pg_reload_conf()')
    environment['DATA_SOURCE_URI'] += f'&port={postgres.port}'
    box = Container(docker, 'live-sidecar', [*secret, '-v', f'{postgres.folder}:/run/postgresql', *variables(environment)],
                    arguments).ready()
    page = box.page()
    check(page.value('pg_up') == 1 and page.value('pg_database_size_bytes', datname='watched') is not None,
          'overlays/postgres: its role, its password, the server\'s socket', box.log())
    check('node_load1' not in page.samples and 'container_last_seen' not in page.samples and 'redis_up' not in page.samples,
          'overlays/postgres: that module alone')
    arguments, environment, _ = sidecar('redis')
    environment['REDIS_ADDR'] = environment['REDIS_ADDR'].replace('6379', str(redis.plain))
    acl = docker.call('run', '--rm', *variables(environment), IMAGE, 'acl', 'redis', *arguments).splitlines()[0]
    password = text(f'{folder}/password').strip()
    done = subprocess.run([redis.cli, '-p', str(redis.plain)], input=acl.replace('PASSWORD', password), capture_output=True, text=True,
                          check=True)
    check(done.stdout.strip() == 'OK', 'overlays/redis: acl redis prints its user', acl)
    box = Container(docker, 'live-beside', [*secret, *variables(environment)], arguments).ready()
    page = box.page()
    check(page.value('redis_up') == 1 and 'node_load1' not in page.samples and 'pg_up' not in page.samples,
          'overlays/redis: its user, its password, that module alone', box.log())


def variables(environment):
    return [word for name, value in environment.items() for word in ('-e', f'{name}={value}')]


def of_docker(folder, context):
    docker = servers.Docker(folder)
    run(docker.client, '-H', docker.socket, 'build', '-q', '-t', IMAGE, context, env={**os.environ, 'DOCKER_BUILDKIT': '0'})
    look_at('docker', docker.inspect(IMAGE))
    postgres, names, authority = servers.Postgres(folder), Names(), Authority(folder, 'root')
    redis = TlsRedis(folder, authority, authority.sign('cache', 'subjectAltName=DNS:cache.test'), 'no', 'tls-redis')
    for name, content in (('resolv.conf', f'nameserver {DNS}\n'), ('password', 'anything\n'),
                          ('bundle', text(f'{context}/rootfs{BUNDLE}') + text(authority.certificate))):
        with open(f'{folder}/{name}', 'w', encoding='utf-8') as file:
            file.write(content)
    found = ['-v', f'{folder}/resolv.conf:/etc/resolv.conf:ro', '-v', f'{folder}/password:/run/secrets/postgres:ro']
    address = f'rediss://cache.test:{redis.port}'
    watched = [
        *found, '-v', f'{folder}/bundle:{BUNDLE}:ro', '-e', f'REDIS_ADDR={address}',
        '-e', f'DATA_SOURCE_URI=db.test:{postgres.port}/watched?sslmode=disable', '-e', 'DATA_SOURCE_USER=postgres',
        '-e', 'DATA_SOURCE_PASS_FILE=/run/secrets/postgres']
    box = Container(docker, 'live-exporter', watched, [f'--container.docker-root={docker.root}']).ready()
    host_shown(box)
    servers_shown(box, postgres, names)
    health(box)
    # Without that authority the image's own certificates are found, and do not do.
    said = docker.call('run', '--rm', *AS_MANIFESTS, *found, IMAGE, 'scrape', 'redis', f'--redis.addr={address}')
    check(re.search(r'resource_exporter_target_failure\{.*reason="tls_untrusted".*\} 1|reason="tls".*\} 1', said) and
          Page(said).value('redis_up') == 0, 'Redis by TLS with the certificates of the image alone: untrusted', said[-500:])
    end(box)
    named = Container(docker, 'live-named', ['--user', '0:0', '--cap-add', 'DAC_READ_SEARCH'],
                      ['--no-module.postgres', '--no-module.redis', f'--container.docker-root={docker.root}']).ready()
    rows = wait_for(lambda: named.page().rows('container_last_seen', name=docker.IDLE, image=docker.IMAGE), 5, 0.2)
    check(rows and rows[0][0]['container_label_com_example_tier'] == 'front',
          'root with CAP_DAC_READ_SEARCH alone: containers have names, images and labels', rows)
    limits.out_of_the_cache(docker.inspect(IMAGE)['GraphDriver']['Data']['UpperDir'])
    begin = time.monotonic()
    limited = Container(docker, 'live-limited', [*watched, *limits.OPTIONS], [])
    limits.kept(limited, *limits.start_time(limited, begin))
    sidecars(docker, folder, postgres, redis)
    docker.call('stop', '-t', '5', 'live-named')
    check(docker.inspect('live-named')['State']['ExitCode'] == 0, 'docker stop: status 0')


def main():
    if os.geteuid() != 0:
        skip('the image', 'containers take root')
        return 0
    if 'IMAGE_TEST' not in os.environ:
        # As on a machine with systemd: / is shared, so that a container may follow its mounts.
        os.execvpe('unshare', ['unshare', '--mount', '--propagation', 'shared', sys.executable, *sys.argv],
                   {**os.environ, 'IMAGE_TEST': '1'})
    folder = tempfile.mkdtemp(prefix='reb.')
    os.chmod(folder, 0o755)
    try:
        context = root_file_system(os.path.realpath(sys.argv[1]), folder)
        of_podman(folder, context)
        try:
            of_docker(folder, context)
        except (StartError, OSError, subprocess.SubprocessError) as error:
            skip('docker', error)
        return summary()
    finally:
        stop_all()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
