"""Redis by TLS: certificates of an authority of our own, good and bad ones, passwords from a file, and an ACL user."""
import json
import os
import subprocess

from faults import sample
from process import Process, free_port, run, tail, wait_for
from report import check
from servers import Exporter, need

PASSWORD, SECOND = 'live-R3dis/secret', 'live-second/secret'


class Authority:
    def __init__(self, folder, name):
        self.folder = folder
        self.certificate, self.key = os.path.join(folder, f'{name}.crt'), os.path.join(folder, f'{name}.key')
        self.call('req', '-x509', *self.new(self.key), '-out', self.certificate, '-subj', f'/CN={name}', '-days', '2')

    @staticmethod
    def call(*words):
        subprocess.run(['openssl', *words], check=True, capture_output=True)

    @staticmethod
    def new(key):
        return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key]

    def sign(self, name, extension, days=2):
        """Paths of a certificate and its key."""
        base = os.path.join(self.folder, name)
        with open(f'{base}.ext', 'w', encoding='ascii') as file:
            file.write(extension)
        self.call('req', *self.new(f'{base}.key'), '-out', f'{base}.csr', '-subj', f'/CN={name}')
        self.call('x509', '-req', '-in', f'{base}.csr', '-CA', self.certificate, '-CAkey', self.key, '-CAcreateserial',
                  '-days', str(days), '-out', f'{base}.crt', '-extfile', f'{base}.ext')
        return f'{base}.crt', f'{base}.key'


class TlsRedis:
    """One port with TLS, one without, the user `watcher` with few rights; clients may have to show a certificate."""

    def __init__(self, folder, authority, own, clients, name):
        self.port, self.plain = free_port(), free_port()
        self.cli = need('redis-cli')
        self.process = Process([need('redis-server', '/usr/bin'), '--port', str(self.plain), '--tls-port', str(self.port),
                                '--bind', '127.0.0.1', '--save', '', '--dir', folder, '--tls-cert-file', own[0],
                                '--tls-key-file', own[1], '--tls-ca-cert-file', authority.certificate,
                                '--tls-auth-clients', clients], os.path.join(folder, f'{name}.log'))
        self.process.wait_ready(lambda: self.call('PING', check=False) == 'PONG')

    def call(self, *words, check=True):
        return run(self.cli, '-h', '127.0.0.1', '-p', str(self.plain), *words, check=check)

    def number(self, field):
        return float(dict(line.split(':', 1) for line in self.call('INFO').splitlines() if ':' in line)[field])

    def address(self):
        return f'rediss://127.0.0.1:{self.port}'


def write(path, text):
    with open(path + '.new', 'w', encoding='ascii') as file:
        file.write(text)
    os.rename(path + '.new', path)
    return path


class Trials:
    """Each trial is an exporter that watches one address."""

    def __init__(self, program, folder):
        self.program, self.folder, self.number = program, folder, 0

    def start(self, address, *arguments):
        self.number += 1
        return Exporter(self.program, self.folder, name=f'tls-{self.number}', arguments=[
            '--collector.disable-defaults', '--collector.redis.info', '--collector.redis.slowlog', '--no-postgres.discover',
            f'--redis.addr={address}', *arguments])

    def reads(self, title, address, *arguments):
        exporter = self.start(address, *arguments)
        page = exporter.page('/metrics/redis')[2]
        check(sample(page, 'redis_up') == '1' and 'resource_exporter_target_failure' not in page, f'TLS: {title}', page[:600])
        exporter.process.stop()

    def fails(self, title, reason, text, address, *arguments):
        exporter = self.start(address, *arguments)
        page = exporter.page('/metrics/redis', **{'X-Prometheus-Scrape-Timeout-Seconds': '2'})[2]
        errors = [line for line in page.splitlines() if line.startswith('redis_exporter_last_scrape_error{')]
        check(sample(page, 'redis_up') == '0' and len(errors) == 1 and text in errors[0] and
              f'resource_exporter_target_failure{{module="redis",reason="{reason}"}} 1\n' in page,
              f'TLS: {title}: {reason}, "{text}"', page[:900])
        exporter.process.stop()

    def refuses(self, title, text, *arguments):
        done = subprocess.run([self.program, '--web.listen-address=127.0.0.1:0', '--redis.addr=rediss://h', *arguments],
                              capture_output=True, text=True, timeout=30, check=False)
        check(done.returncode == 2 and text in done.stderr, f'TLS: {title} is refused at start: "{text}"', done.stderr)


def certificates(trials, open_server, closed, authority, other, client):
    ca = f'--tls-ca-cert-file={authority.certificate}'
    mine = [f'--tls-client-cert-file={client[0]}', f'--tls-client-key-file={client[1]}']
    local = f'rediss://localhost:{open_server.port}'
    trials.reads('rediss:// by an IP address', open_server.address(), ca)
    trials.reads('valkeys:// and --tls-server-name', local.replace('rediss', 'valkeys'), ca, '--tls-server-name=redis.live')
    trials.reads('--skip-tls-verification', local, '--skip-tls-verification')
    trials.reads('a client certificate', closed.address(), ca, *mine)
    trials.fails('the system knows no such authority', 'tls', '--tls-ca-cert-file', open_server.address())
    trials.fails('another authority', 'tls', '--tls-ca-cert-file', open_server.address(),
                 f'--tls-ca-cert-file={other.certificate}')
    trials.fails('another name', 'tls', 'is for redis.live, 127.0.0.1 and not for localhost', local, ca)
    trials.fails('no client certificate', 'tls', '--tls-client-cert-file', closed.address(), ca)
    trials.fails('rediss:// to a port without TLS', 'timeout', 'the port may be one without TLS',
                 f'rediss://127.0.0.1:{open_server.plain}', ca)
    trials.fails('redis:// to a port with TLS', 'tls', 'write rediss://', f'redis://127.0.0.1:{open_server.port}')
    strange = other.sign('strange', 'extendedKeyUsage=clientAuth')
    trials.fails('a client certificate of another authority', 'tls', 'does not take our client certificate',
                 closed.address(), ca, f'--tls-client-cert-file={strange[0]}', f'--tls-client-key-file={strange[1]}')
    trials.refuses('a key of another certificate', 'the key does not match the certificate', mine[0],
                   f'--tls-client-key-file={strange[1]}')
    trials.refuses('a missing file', 'no such file or directory', '--tls-ca-cert-file=/nonexistent/ca')


def rotation(trials, server, authority, other, folder):
    """The authority is replaced while the exporter runs, once by half a file."""
    file = write(os.path.join(folder, 'rotating.crt'), open(authority.certificate, encoding='ascii').read())
    exporter = trials.start(server.address(), f'--tls-ca-cert-file={file}')
    up = lambda: sample(exporter.page('/metrics/redis')[2], 'redis_up')
    before = server.number('total_connections_received')
    good = sum(up() == '1' for _ in range(50))
    made = server.number('total_connections_received') - before
    check(good == 50 and made <= 2, f'TLS: 50 scrapes, {good} good, no connection but our own ({made:g})')
    write(file, '-----BEGIN CERTIFICATE-----\nMIIB')
    server.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    check(up() == '1', 'TLS: half a file of authorities changes nothing')
    check('no certificate in PEM form' in tail(exporter.process.log, 50), 'TLS: and is named in the log')
    write(file, open(other.certificate, encoding='ascii').read())
    check(up() == '1', 'TLS: a kept connection stays')
    server.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    check(up() == '0', 'TLS: the next handshake is made with the new authorities')
    write(file, open(authority.certificate, encoding='ascii').read())
    check(wait_for(lambda: up() == '1', 10), 'TLS: and with the old ones once they are back')
    exporter.process.stop()


def passwords(trials, server, authority, folder):
    """A user of few rights whose password is in a file and changes."""
    server.call('ACL', 'SETUSER', 'watcher', 'on', f'>{PASSWORD}', 'resetkeys', '-@all', '+info', '+client|setname')
    key = f'rediss://watcher@127.0.0.1:{server.port}'
    file = write(os.path.join(folder, 'passwords.json'), json.dumps({key: PASSWORD}))
    exporter = trials.start(server.address(), f'--tls-ca-cert-file={authority.certificate}', f'--redis.password-file={file}')
    page = exporter.page('/metrics/redis')[2]
    check(sample(page, 'redis_up') == '1' and 'user=watcher' in server.call('CLIENT', 'LIST'),
          'TLS: logged in as the user of the password file', page[:600])
    denied = [line for line in page.splitlines() if line.startswith('resource_exporter_redis_denied_commands{')]
    check(sorted(denied) == [f'resource_exporter_redis_denied_commands{{command="slowlog|{word}"}} 1' for word in ('get', 'len')],
          'TLS: what the ACL forbids is named', denied)
    server.call('ACL', 'SETUSER', 'watcher', f'<{PASSWORD}', f'>{SECOND}')
    server.call('CLIENT', 'KILL', 'USER', 'watcher')
    page = exporter.page('/metrics/redis')[2]
    check(sample(page, 'redis_up') == '0' and 'target_failure{module="redis",reason="auth"} 1' in page,
          'TLS: an old password is reason "auth"', page[:600])
    write(file, '{"' + key)
    exporter.page('/metrics/redis')
    write(file, json.dumps({'rediss://watcher@*:*': SECOND}))
    check(sample(exporter.page('/metrics/redis')[2], 'redis_up') == '1', 'TLS: the changed password file counts at once')
    exporter.process.stop()
    with open(exporter.process.log, encoding='utf-8', errors='replace') as log:
        text = log.read()
    check(PASSWORD not in text and SECOND not in text, 'TLS: no password in the log', text)


def everything(program, folder):
    need('openssl')
    own = os.path.join(folder, 'tls')
    os.makedirs(own)
    authority, other = Authority(own, 'authority'), Authority(own, 'other')
    certificate = authority.sign('server', 'subjectAltName=DNS:redis.live,IP:127.0.0.1')
    client = authority.sign('client', 'extendedKeyUsage=clientAuth')
    server = TlsRedis(own, authority, certificate, 'no', 'redis-open')
    closed = TlsRedis(own, authority, certificate, 'yes', 'redis-closed')
    trials = Trials(program, own)
    certificates(trials, server, closed, authority, other, client)
    rotation(trials, server, authority, other, own)
    passwords(trials, server, authority, own)
    server.process.stop()
    closed.process.stop()
