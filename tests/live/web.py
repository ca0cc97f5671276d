"""The scrape port with --web.config.file: Prometheus over mutual TLS with a password, curl and openssl as clients,
certificates that are replaced, and files that are no good."""
import base64
import os
import socket
import ssl
import subprocess
import time
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from process import Process, free_port, get, wait_for
from redis_tls import Authority, write
from report import check
from servers import Exporter, Prometheus, need

USER, PASSWORD = 'prometheus', 'live-Scr4pe/secret'
CONFIG = """tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: %s
  client_allowed_sans: [prometheus.live]
http_server_config:
  headers:
    X-Frame-Options: deny
basic_auth_users:
  %s: %s
  reader: %s
access:
  reload: [%s]
"""


def bcrypt(password):
    code = "import crypt, sys; print(crypt.crypt(sys.stdin.readline(), crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=1 << 10)))"
    done = subprocess.run(['python3', '-W', 'ignore', '-c', code], input=password, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class SafePort:
    """An exporter whose port is for those who are known."""

    def __init__(self, program, folder):
        self.folder = os.path.join(folder, 'web')
        os.makedirs(self.folder)
        self.port = free_port()
        self.authority = Authority(self.folder, 'web-authority')
        self.client = self.authority.sign('scraper', 'subjectAltName=DNS:prometheus.live')
        self.stranger = self.authority.sign('stranger', 'subjectAltName=DNS:somebody.live')
        self.renew()
        hash_ = bcrypt(PASSWORD)
        self.config = write(os.path.join(self.folder, 'web.yml'),
                            CONFIG % (self.authority.certificate, USER, hash_, hash_, USER))
        self.process = Process([program, f'--web.listen-address=127.0.0.1:{self.port}', '--no-postgres.discover',
                                '--redis.addr=', '--web.enable-lifecycle', f'--web.config.file={self.config}'],
                               os.path.join(folder, 'web.log'))
        self.process.wait_ready(lambda: self.get('/-/healthy') == 200)

    def renew(self):
        """Another certificate under the same name; returns its number."""
        own = self.authority.sign('next', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
        os.chmod(own[1], 0o600)
        os.rename(own[1], os.path.join(self.folder, 'server.key'))
        os.rename(own[0], os.path.join(self.folder, 'server.crt'))

    def curl(self, path, *more, user=USER, password=PASSWORD, client=None):
        """(exit status of curl, HTTP status, text)"""
        client = client or self.client
        done = subprocess.run(['curl', '-s', '--cacert', self.authority.certificate, '--cert', client[0], '--key', client[1],
                               '-u', f'{user}:{password}', '-w', '\n%{http_code}', *more,
                               f'https://127.0.0.1:{self.port}{path}'], capture_output=True, text=True, timeout=60, check=False)
        text, _, status = done.stdout.rpartition('\n')
        return done.returncode, int(status or 0), text

    def get(self, path, **who):
        return self.curl(path, **who)[1]

    def number(self):
        """Of the certificate that is shown."""
        shown = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{self.port}', '-cert', self.client[0], '-key',
                                self.client[1]], input='', capture_output=True, text=True, timeout=30, check=False).stdout
        return subprocess.run(['openssl', 'x509', '-noout', '-serial'], input=shown, capture_output=True, text=True, check=True).stdout


def everything(program, folder):
    need('curl')
    port = SafePort(program, folder)
    clients(port)
    prometheus(port, folder)
    changes(port)
    hostile(port)
    check(port.process.stop() == 0, 'web: the exporter ends when told to')
    check(PASSWORD not in open(port.process.log, encoding='utf-8').read(), 'web: the password is not in the log')
    refused(program, port)
    openmetrics(program, folder)


def openmetrics(program, folder):
    """The whole page as OpenMetrics, read by the Python client's strict parser and by Prometheus, which prefers it."""
    exporter = Exporter(program, folder, name='openmetrics', arguments=['--web.openmetrics', '--no-postgres.discover', '--redis.addr='])
    _, headers, text = exporter.page(Accept='application/openmetrics-text;version=1.0.0')
    families = list(text_string_to_metric_families(text))
    samples = {sample.name for family in families for sample in family.samples}
    check(headers['Content-Type'] == 'application/openmetrics-text; version=1.0.0; charset=utf-8' and len(families) > 100 and
          {'node_cpu_seconds_total', 'node_load1', 'process_cpu_seconds_total'} <= samples,
          f'OpenMetrics: the parser of python3-prometheus-client reads {len(families)} families')
    check('text/plain' in exporter.page()[1]['Content-Type'], 'OpenMetrics: whoever does not ask for it gets text')
    scraper = Prometheus(need('prometheus'), folder, exporter, modules=('node',), name='prometheus-open')
    good = wait_for(lambda: [value for _, value in scraper.query('up')] == [1.0, 1.0] and
                    len(scraper.query('count(node_cpu_seconds_total{job="node"})')) == 1, 20, 0.3)
    check(good, 'OpenMetrics: Prometheus scrapes it', scraper.errors())
    for one in (scraper, exporter.process):
        one.stop()


def clients(port):
    code, status, page = port.curl('/metrics', '-i')
    check(code == 0 and status == 200 and 'X-Frame-Options: deny' in page and 'node_cpu_seconds_total{' in page,
          'web: certificate and password open it, with the headers that are asked for', page[:400])
    check(port.get('/metrics', password='wrong') == 401, 'web: a wrong password is 401')
    check(port.get('/metrics', user='nobody') == 401, 'web: a name that there is not is 401')
    check(port.get('/metrics', user='reader') == 200, 'web: each user may read metrics')
    check(port.curl('/-/reload', '-X', 'POST', user='reader')[1] == 403, 'web: who may not reload is told so')
    check(port.curl('/-/reload', '-X', 'POST')[1] == 200, 'web: who may, reloads')
    check(port.curl('/metrics', client=port.stranger)[0] != 0, 'web: a certificate with another name is refused')
    for version, good in (('tls1_1', False), ('tls1_2', True), ('tls1_3', True)):
        done = subprocess.run(['openssl', 's_client', f'-{version}', '-connect', f'127.0.0.1:{port.port}', '-cert',
                               port.client[0], '-key', port.client[1], '-CAfile', port.authority.certificate,
                               '-verify_return_error'], input='', capture_output=True, text=True, timeout=30, check=False)
        check((done.returncode == 0) == good, f'web: openssl s_client -{version} {"gets in" if good else "does not"}',
              done.stderr[-300:])
    status, _, text = get(f'http://127.0.0.1:{port.port}/metrics')
    check(status == 400 and 'HTTPS' in text, 'web: HTTP without TLS is told so', text)


def prometheus(port, folder):
    scraper = Prometheus(need('prometheus'), folder, port, modules=('node',), name='prometheus-tls', more={
        'scheme': 'https', 'basic_auth': {'username': USER, 'password': PASSWORD},
        'tls_config': {'ca_file': port.authority.certificate, 'cert_file': port.client[0], 'key_file': port.client[1]}})
    good = wait_for(lambda: [value for _, value in scraper.query('up')] == [1.0, 1.0], 20, 0.3)
    check(good, 'web: Prometheus scrapes over mutual TLS with a password', scraper.errors())
    expression = 'resource_exporter_config_last_reload_successful'
    check(wait_for(lambda: [value for _, value in scraper.query(expression)] == [1.0, 1.0], 10, 0.3),
          'web: and stores that the settings are good', scraper.query(expression))
    scraper.stop()


def changes(port):
    first = port.number()
    port.renew()
    check(port.curl('/-/reload', '-X', 'POST')[1] == 200 and port.number() != first, 'web: another certificate is shown')
    first = port.number()
    port.renew()
    check(wait_for(lambda: port.number() != first, 10, 0.3), 'web: without being told as well, after some seconds')
    good = open(port.config, encoding='ascii').read()
    write(port.config, good.replace('basic_auth_users', 'basic_auth_user'))
    code, status, text = port.curl('/-/reload', '-X', 'POST')
    check(code == 0 and status == 500 and "web.yml:10:1: unknown key 'basic_auth_user'" in text,
          'web: a mistake is named with its place', text)
    page = port.curl('/metrics')[2]
    check('resource_exporter_config_last_reload_successful 0\n' in page, 'web: what was in force stays, and the page says so')
    write(port.config, good)
    check(wait_for(lambda: 'resource_exporter_config_last_reload_successful 1\n' in port.curl('/metrics')[2], 10, 0.3),
          'web: until the file is good again')


def resident(port):
    """Bytes of the exporter's memory."""
    with open(f'/proc/{port.process.pid}/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE')


def hostile(port):
    """Handshakes that never end, and guessed passwords, beside a scrape."""
    context = ssl.create_default_context(cafile=port.authority.certificate)
    context.load_cert_chain(*port.client)
    before = resident(port)
    half = []
    for _ in range(200):
        one = socket.create_connection(('127.0.0.1', port.port))
        one.send(b'\x16\x03\x01\x40\x00')
        half.append(one)
    begin = time.monotonic()
    check(port.get('/metrics') == 200 and time.monotonic() - begin < 2, 'web: 200 clients in mid-handshake hold nobody up')
    grown = resident(port) - before
    check(grown < 2 << 20, f'web: and take {grown / 1e6:.1f} MB')
    for one in half:
        one.close()
    guesses = [subprocess.Popen(['curl', '-s', '-o', os.devnull, '--cacert', port.authority.certificate, '--cert', port.client[0],
                                 '--key', port.client[1], '-u', f'{USER}:guess-{number}',
                                 f'https://127.0.0.1:{port.port}/metrics']) for number in range(30)]
    request = urllib.request.Request(f'https://127.0.0.1:{port.port}/metrics', headers={
        'Authorization': 'Basic ' + base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()})
    slowest = 0.0
    while any(guess.poll() is None for guess in guesses):
        begin = time.monotonic()
        with urllib.request.urlopen(request, context=context, timeout=30) as reply:
            reply.read()
        slowest = max(slowest, time.monotonic() - begin)
    check(slowest < 2, f'web: who is known waits for no guessed password: {slowest * 1000:.0f} ms at most')


def refused(program, port):
    def refuses(title, words, text=None):
        path = port.config if text is None else write(os.path.join(port.folder, 'bad.yml'), text)
        done = subprocess.run([program, '--web.listen-address=127.0.0.1:0', f'--web.config.file={path}'], capture_output=True,
                              text=True, timeout=30, check=False)
        check(done.returncode == 2 and words in done.stderr and done.stderr.count('\n') == 1,
              f'web: {title} is refused at start: "{words}"', done.stderr)

    os.chmod(os.path.join(port.folder, 'server.key'), 0o644)
    refuses('a key that everybody may read', 'chmod o-r')
    os.rename(port.stranger[1], os.path.join(port.folder, 'server.key'))
    os.chmod(os.path.join(port.folder, 'server.key'), 0o600)
    refuses('a key of another certificate', 'the key does not match the certificate')
    refuses('an unknown key', "bad.yml:1:1: unknown key 'tls'", 'tls: {}\n')
    refuses('a password that is no hash', 'bad.yml:1:23: no bcrypt hash', 'basic_auth_users: {a: plain}\n')
    refuses('a missing certificate', 'none.crt: no such file', 'tls_server_config: {cert_file: none.crt, key_file: none.key}\n')
