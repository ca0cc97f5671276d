"""What happens when a server hangs, when the exporter is told to go, and when it is started with nonsense."""
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

from process import Frozen, get, wait_for
from report import check

FAMILY = re.compile(r'^# TYPE (\S+) ', re.MULTILINE)


def families(page):
    return set(FAMILY.findall(page))


def sample(page, name):
    """Value of a sample without labels, as text."""
    match = re.search(rf'^{re.escape(name)} (\S+)$', page, re.MULTILINE)
    return match and match.group(1)


def timed_page(exporter, path, deadline):
    start = time.monotonic()
    try:
        status, _, page = exporter.page(path, timeout=deadline + 10,
                                        **{'X-Prometheus-Scrape-Timeout-Seconds': str(deadline)})
    except OSError as error:
        status, page = error, ''
    return status, page, time.monotonic() - start


def hanging_server(title, pid, prefix, up, exporter, prometheuses):
    """The server stops answering without closing a connection: only its own samples may suffer."""
    before = families(exporter.page()[2])
    with Frozen(pid) as frozen:
        check(len(frozen.pids) > 0, f'{title}: {len(frozen.pids)} processes stopped')
        for number, path in enumerate(('/metrics', '/metrics', '/metrics/' + title), 1):
            status, page, seconds = timed_page(exporter, path, 3)
            check(status == 200 and seconds < 3, f'{title} hangs: scrape {number} of {path} comes within its 3 s'
                  f' ({seconds:.2f} s)', f'status {status}')
            check(sample(page, up) == '0', f'{title} hangs: {up} 0 on {path}', f'{up} {sample(page, up)}')
            if path == '/metrics':
                missing = {name for name in before - families(page) if not name.startswith((prefix, f'resource_exporter_{title}_'))}
                check(not missing, f'{title} hangs: all else is on the page', ' '.join(sorted(missing)))
        status, page, seconds = timed_page(exporter, '/metrics/node', 3)
        check(status == 200 and seconds < 1, f'{title} hangs: /metrics/node does not wait ({seconds:.2f} s)')
        shorter_deadline(title, up, exporter)
        for prometheus in prometheuses:
            query = f'{up}{{job="{title}"}}'
            check(wait_for(lambda p=prometheus, q=query: [value for _, value in p.query(q)] == [0.0], 10),
                  f'{title} hangs: {prometheus.name} sees {query} 0', prometheus.query(query))
            check(wait_for(lambda p=prometheus: [value for _, value in p.query('up')] == [1.0] * len(p.jobs), 3),
                  f'{title} hangs: {prometheus.name} has up 1 for every job',
                  f'{prometheus.query("up")} {prometheus.errors()}')
    start = time.monotonic()
    check(wait_for(lambda: sample(exporter.page()[2], up) == '1', 20, 0.2),
          f'{title} goes on: {up} 1 again ({time.monotonic() - start:.1f} s)')
    check(wait_for(lambda: before <= families(exporter.page()[2]), 10, 0.5), f'{title} goes on: every family is back',
          ' '.join(sorted(before - families(exporter.page()[2]))))


def shorter_deadline(title, up, exporter):
    """Two scrapers of the same page, the second in more of a hurry than the first, which is waiting already."""
    patient = threading.Thread(target=timed_page, args=(exporter, '/metrics', 4))
    patient.start()
    time.sleep(0.3)
    status, page, seconds = timed_page(exporter, '/metrics', 1)
    patient.join()
    check(status == 200 and seconds < 1 and sample(page, up) == '0',
          f'{title} hangs: a scrape with 1 s beside one with 4 s has its page in time ({seconds:.2f} s)',
          f'status {status}, {up} {sample(page, up)}')


def stop_in_the_middle(exporter, postgres):
    """SIGTERM while a scrape waits for a server that hangs."""
    answers = []

    def scrape():
        try:
            answers.append(get(exporter.url('/metrics'), {'X-Prometheus-Scrape-Timeout-Seconds': '10'})[0])
        except OSError as error:
            answers.append(error)

    with Frozen(postgres.process.pid):
        thread = threading.Thread(target=scrape)
        thread.start()
        time.sleep(0.5)
        check(not answers, 'SIGTERM: the scrape is still waiting', answers)
        start = time.monotonic()
        exporter.process.child.send_signal(signal.SIGTERM)
        try:
            status = exporter.process.child.wait(10)
        except subprocess.TimeoutExpired:
            status = 'none'
        seconds = time.monotonic() - start
        thread.join(15)
    check(seconds < 1, f'SIGTERM in the middle of a scrape ends the program within a second ({seconds:.2f} s)')
    check(status == 0, 'SIGTERM: exit status 0', f'exit status {status}')


def refused(program, title, arguments, environment=None, secret=None, hint=None):
    """Starting must fail at once with one line that helps."""
    try:
        done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10,
                              check=False, env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired as error:
        check(False, f'{title}: refused at start', f'still running after 10 s; printed {error.stderr}')
        return
    lines = done.stderr.strip().splitlines()
    check(done.returncode in (1, 2), f'{title}: exit status 1 or 2', f'status {done.returncode}: {done.stderr}')
    check(len(lines) == 1, f'{title}: one line on stderr', f'{len(lines)} lines: {done.stderr}')
    if hint:
        check(hint in done.stderr, f'{title}: the line names {hint}', done.stderr)
    if secret:
        check(secret not in done.stderr + done.stdout, f'{title}: the password is not in the output')


def bad_input(program):
    listen = '--web.listen-address=127.0.0.1:0'
    secret = 'hunter2secret'
    refused(program, 'unknown flag', [listen, '--no-such-flag'], hint='--no-such-flag')
    refused(program, 'missing procfs', [listen, '--path.procfs=/nonexistent/proc'], hint='/nonexistent/proc')
    refused(program, 'number that is none', [listen, '--web.max-requests=many'], hint='web.max-requests')
    refused(program, 'number that is none, from the environment', [listen], {'RESOURCE_EXPORTER_WEB_MAX_REQUESTS': 'many'},
            hint='web.max-requests')
    refused(program, 'unknown log level', [listen, '--log.level=loud'], hint='log.level')
    refused(program, 'address that is none', ['--web.listen-address=nowhere:at:all'], hint='nowhere:at:all')
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, 'file')
        with open(file, 'w', encoding='ascii'):
            pass
        refused(program, 'procfs that is a file', [listen, f'--path.procfs={file}'], hint=file)
    with socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(program, 'port in use', [f'--web.listen-address=127.0.0.1:{port}'], hint=str(port))
    for title, dsn in (('DSN with a bad port', f'postgresql://monitor:{secret}@127.0.0.1:notaport/postgres'),
                       ('DSN without an end', f"host=127.0.0.1 password='{secret}")):
        refused(program, title, [listen], {'DATA_SOURCE_NAME': dsn}, secret, 'DATA_SOURCE_NAME')
    refused(program, 'Redis address with a bad port', [listen], {'REDIS_ADDR': f'redis://user:{secret}@127.0.0.1:notaport'},
            secret)
