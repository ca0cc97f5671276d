"""Applications whose metrics are shown with ours: by TCP in both formats, by a unix socket and by TLS. Prometheus reads
them from our page; one that ends takes its own samples with it and nothing else."""
import os
import signal
import socket
import sys

from pages import Page
from process import Frozen, Process, free_port, get, wait_for
from redis_tls import Authority
from report import check
from servers import Exporter, Prometheus, need


class Application:
    def __init__(self, folder, name, place=None, tls=()):
        self.place = place or free_port()
        self.process = Process([sys.executable, os.path.join(os.path.dirname(__file__), 'application.py'), str(self.place),
                                *tls], os.path.join(folder, f'app-{name}.log'), stop_signal=signal.SIGKILL)
        self.process.wait_ready(self.listens)

    def listens(self):
        with socket.socket(socket.AF_UNIX if isinstance(self.place, str) else socket.AF_INET) as probe:
            probe.connect(self.place if isinstance(self.place, str) else ('127.0.0.1', self.place))
        return True

    def url(self, path):
        return f'http://127.0.0.1:{self.place}{path}'


def merged(exporter):
    return Page(exporter.page('/metrics/merge')[2])


def up(exporter):
    return {row['merge_target']: value for row, value in merged(exporter).rows('resource_exporter_merge_up')}


def log_of(exporter):
    with open(exporter.process.log, encoding='utf-8') as file:
        return file.read()


def everything(program, folder):
    own = os.path.join(folder, 'merge')
    os.makedirs(own)
    need('openssl')
    authority = Authority(own, 'authority')
    certificate = authority.sign('app', 'subjectAltName=IP:127.0.0.1')
    text, opened = Application(own, 'text'), Application(own, 'open')
    local = Application(own, 'unix', os.path.join(own, 'app.sock'))
    secure = Application(own, 'tls', tls=certificate)
    exporter = Exporter(program, own, name='exporter-merge', arguments=[
        '--no-postgres.discover', '--redis.addr=', f'--merge.ca-file={authority.certificate}',
        f'--merge.target=text=http://reader:live-secret@127.0.0.1:{text.place}/metrics',
        f'--merge.target=open={opened.url("/open")}', f'--merge.target=local=unix://{local.place}:/metrics',
        f'--merge.target=secure=https://127.0.0.1:{secure.place}/metrics'])
    pages(exporter, text)
    stored(exporter, own)
    troubles(exporter, text, opened)
    check('live-secret' not in log_of(exporter) + exporter.page()[2], 'merge: the password is nowhere')
    for one in (exporter, opened, local, secure):
        one.process.stop()


def pages(exporter, text):
    page = merged(exporter)
    check(up(exporter) == {'text': 1, 'open': 1, 'local': 1, 'secure': 1}, 'merge: all four are up', up(exporter))
    check(all(page.value('app_jobs', merge_target=name, exported_merge_target='own', queue='mail') == 5
              for name in ('text', 'local', 'secure')), 'merge: samples carry merge_target, their own is renamed')
    check(page.value('app_tasks_total', merge_target='open') == 7 and page.value('app_build_info', version='1.2') == 1,
          'merge: OpenMetrics by the names of Prometheus')
    check(page.value('app_wait_seconds_bucket', merge_target='text', le='+Inf') == 3, 'merge: histograms')
    check(page.value('app_broken') is None and page.value('resource_exporter_merge_samples', merge_target='text') == 7,
          'merge: a broken line costs its family')
    whole = exporter.page()[2]
    check('\n# TYPE node_load1 gauge\nnode_load1 ' in whole and 'node_load1{' not in whole,
          'merge: a name of ours with another type stays ours')
    log = log_of(exporter)
    merged(exporter)
    check(log.count('app_broken is left out') == 3 and log_of(exporter).count('app_broken is left out') == 3 and
          log.count('series=node_load1') == 3, 'merge: each is named in the log once for each target', log)
    connections = int(get(text.url('/connections'))[2])
    for _ in range(5):
        merged(exporter)
    check(int(get(text.url('/connections'))[2]) == connections + 1, 'merge: the connection is kept')
    check('/metrics/merge' in exporter.page('/')[2], 'merge: the module is listed')


def stored(exporter, folder):
    prometheus = Prometheus(need('prometheus'), folder, exporter, modules=('merge',), name='prometheus-merge')
    good = wait_for(lambda: {labels['job']: value for labels, value in prometheus.query('up')} == {'all': 1, 'merge': 1}, 30,
                    0.5)
    check(good, 'merge: Prometheus reads both pages', prometheus.errors())
    query = 'count by (job) (app_answers_total) == 3'
    check(wait_for(lambda: len(prometheus.query(query)) == 2, 10, 0.3), 'merge: and stores the counters of three')
    prometheus.stop()


def troubles(exporter, text, opened):
    with Frozen(opened.process.pid):
        status, _, whole = exporter.page(**{'X-Prometheus-Scrape-Timeout-Seconds': '1.5'})
        page = Page(whole)
        check(status == 200 and page.value('resource_exporter_merge_up', merge_target='open') == 0 and
              page.value('resource_exporter_target_failure', module='merge', reason='timeout') == 1 and
              page.value('app_jobs', merge_target='text') == 5 and page.value('node_load1') is not None,
              'merge: one that hangs is late alone')
    check(wait_for(lambda: up(exporter)['open'] == 1, 10, 0.2), 'merge: and comes back')
    text.process.stop()
    page = Page(exporter.page()[2])
    check(up(exporter) == {'text': 0, 'open': 1, 'local': 1, 'secure': 1}, 'merge: one that was killed is down', up(exporter))
    check(not [row for name in page.samples for row, _ in page.rows(name, merge_target='text')
               if not name.startswith('resource_exporter_')], 'merge: its samples are gone')
    check(page.value('resource_exporter_target_failure', merge_target='text', reason='refused') == 1, 'merge: and why is said')
    check(page.value('app_tasks_total') == 7 and page.value('app_jobs', merge_target='local') == 5 and
          page.value('node_load1') is not None, 'merge: the rest is unharmed')
