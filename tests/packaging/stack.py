#!/usr/bin/python3
"""The shipped configuration in a run of the real programs, each on a port of its own.

    stack.py EXPORTER

Prometheus with both variants of prometheus.yml, and Alertmanager, beside an exporter, a PostgreSQL that is then stopped
and a Redis; then agents that write what ten exporters show to VictoriaMetrics. The files of packaging/stack/ and
packaging/prometheus/rules/ are copied to a scratch folder, where this is changed and nothing else: addresses, ports and
secrets; intervals and the `for` of alerts, to a second, since a test cannot wait for minutes; for the agents the number
of shards. $PEERS may name a folder with a prometheus3, which is then tried as well.
"""
import glob
import http.server
import json
import os
import re
import shutil
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'live'))
from process import Process, free_port, get, get_json, wait_for  # noqa: E402  pylint: disable=wrong-import-position
from report import check, skip, summary  # noqa: E402  pylint: disable=wrong-import-position
from servers import Exporter, Postgres, Redis  # noqa: E402  pylint: disable=wrong-import-position

STACK = os.path.join(ROOT, 'packaging', 'stack')
RULES = os.path.join(ROOT, 'packaging', 'prometheus', 'rules')
JOBS = {'prometheus.yml': {'node'}, 'prometheus-modules.yml': {'node', 'cadvisor', 'postgres', 'redis'}}
FLEET = 10


class Listener:
    """Takes what is posted, by path: the webhook, Slack's and PagerDuty's ends."""

    def __init__(self):
        self.bodies = {}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """One POST."""

            def do_POST(self):  # pylint: disable=invalid-name
                """Keeps the body, with the header that the webhook's secret is in."""
                body = self.rfile.read(int(self.headers['Content-Length'])).decode()
                outer.bodies.setdefault(self.path, []).append((self.headers.get('Authorization'), body))
                self.send_response(202 if self.path == '/pagerduty' else 200)
                self.end_headers()
                self.wfile.write(b'ok')

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Quiet."""

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def webhook_alerts(self):
        """(authorization, alert) of all that came to the webhook."""
        return [(login, alert) for login, body in self.bodies.get('/alerts', []) for alert in json.loads(body)['alerts']]


def rewrite(source, target, *changes):
    """Copies with (pattern, text) replaced. Each pattern has to be there, so that the test knows the file."""
    with open(source, encoding='utf-8') as file:
        text = file.read()
    for pattern, new in changes:
        text, number = re.subn(pattern, lambda _, new=new: new, text, flags=re.M)
        if not number:
            raise ValueError(f'{source} has nothing like {pattern}')
    with open(target, 'w', encoding='utf-8') as file:
        file.write(text)


def targets_file(folder, ports):
    os.makedirs(f'{folder}/targets')
    with open(f'{folder}/targets/test.yml', 'w', encoding='utf-8') as file:
        json.dump([{'targets': [f'127.0.0.1:{port}' for port in ports], 'labels': {'team': 'test'}}], file)


class Program:
    """A program with an HTTP port, in a folder of its own."""

    def __init__(self, name, folder, arguments, port, ready):
        self.port = port
        self.process = Process(arguments, os.path.join(folder, f'{name}.log'), cwd=folder)
        self.process.wait_ready(lambda: get(self.url(ready), timeout=2)[0] == 200, 30)

    def url(self, path):
        return f'http://127.0.0.1:{self.port}{path}'

    def query(self, expression):
        """[(labels, value)]"""
        answer = get_json(self.url('/api/v1/query'), query=expression)
        return [(row['metric'], float(row['value'][1])) for row in answer.get('data', {}).get('result', [])]


def start_alertmanager(folder, listener):
    port, secrets = free_port(), f'{folder}/secrets'
    os.makedirs(secrets)
    for name, text in (('slack_url', f'{listener.url}/slack'), ('pagerduty_key', 'key'), ('smtp_password', 'x'),
                       ('webhook_token', 'hook')):
        with open(f'{secrets}/{name}', 'w', encoding='utf-8') as file:
            file.write(text)
    rewrite(f'{STACK}/alertmanager.yml', f'{folder}/alertmanager.yml',
            ('/etc/alertmanager/secrets', secrets), (r'http://webhook\.example\.com:8080', listener.url),
            (r'https://events\.pagerduty\.com/v2/enqueue', f'{listener.url}/pagerduty'),
            (r'smtp\.example\.com:587', '127.0.0.1:1'),
            (r'(?<=group_wait: )\w+', '1s'), (r'(?<=group_interval: )\w+', '1s'))
    return Program('alertmanager', folder, ['prometheus-alertmanager', f'--config.file={folder}/alertmanager.yml',
                                            f'--storage.path={folder}/alertmanager', '--cluster.listen-address=',
                                            f'--web.listen-address=127.0.0.1:{port}'], port, '/-/ready')


def start_prometheus(program, config, folder, exporter, alertmanager):
    port = free_port()
    os.makedirs(f'{folder}/rules')
    targets_file(folder, [exporter.port])
    rewrite(f'{STACK}/{config}', f'{folder}/prometheus.yml',
            (r'alertmanager:9093', f'127.0.0.1:{alertmanager.port}'), (r'localhost:9090', f'127.0.0.1:{port}'),
            (r'(?<=_interval: )15s', '1s'), (r'(?<=scrape_timeout: )10s', '1s'))
    for path in glob.glob(f'{RULES}/*.yml'):
        rewrite(path, f'{folder}/rules/{os.path.basename(path)}', (r'^ +for: .*$', '        for: 1s'))
    return Program('prometheus', folder, [program, f'--config.file={folder}/prometheus.yml', '--log.level=warn',
                                          f'--storage.tsdb.path={folder}/data', f'--web.listen-address=127.0.0.1:{port}'],
                   port, '/-/ready')


def shipped_rules():
    """How many there are."""
    total = 0
    for path in glob.glob(f'{RULES}/*.yml'):
        with open(path, encoding='utf-8') as file:
            total += len(re.findall(r'^ +- (?:alert|record):', file.read(), re.M))
    return total


def check_prometheus(name, config, prometheus):
    """Targets are up and rules evaluate."""
    wanted = JOBS[config] | {'prometheus', 'alertmanager'}

    def ups():
        found = {labels['job']: value for labels, value in prometheus.query('up')}
        return found if found == dict.fromkeys(wanted, 1.0) else None

    check(wait_for(ups, 30), f'{name}, {config}: up is 1 for each of {", ".join(sorted(wanted))}', prometheus.query('up'))

    def rules():
        groups = get_json(prometheus.url('/api/v1/rules'))['data']['groups']
        return [rule for group in groups for rule in group['rules']]

    wait_for(lambda: all(rule['health'] != 'unknown' for rule in rules()), 20)
    bad = [f'{rule["name"]}: {rule["health"]} {rule.get("lastError", "")}' for rule in rules() if rule['health'] != 'ok']
    total = len(rules())
    check(not bad and total == shipped_rules(),
          f'{name}, {config}: all {shipped_rules()} rules are evaluated without an error',
          '\n'.join(bad or [f'{total} rules']))
    wait_for(lambda: prometheus.query('instance:postgres_connections_used:ratio'), 20)

    def firing():
        return [labels['alertname'] for labels, _ in prometheus.query(
            'ALERTS{alertstate="firing",severity=~"critical|warning",component=~"postgres|redis|exporter"}')]

    # ExporterAbsent may have fired before the first scrape, its `for` being a second here.
    false = [] if wait_for(lambda: not firing(), 10) else firing()
    check(not false, f'{name}, {config}: no alert of databases or the exporter while all is well', ' '.join(false))
    dropped = prometheus.query('{team!="test",__name__=~"(instance|device|mountpoint|datname|container):.*"}')
    check(not dropped, f'{name}, {config}: recording rules keep the labels of targets', dropped[:3])


def check_alert(prometheuses, listener, postgres):
    """A server that is stopped comes to whom the routes say."""
    postgres.holder.stop()
    postgres.process.stop()
    down = 'ALERTS{alertname="PostgresDown",alertstate="firing"}'
    for (name, config), prometheus in prometheuses.items():
        check(wait_for(lambda p=prometheus: p.query(down), 20),
              f'{name}, {config}: PostgresDown fires when PostgreSQL is stopped')

    def arrived():
        return [pair for pair in listener.webhook_alerts() if pair[1]['labels']['alertname'] == 'PostgresDown']

    got = wait_for(arrived, 20) or [(None, {'labels': {}, 'annotations': {}})]
    login, alert = got[0]
    check(alert['labels'].get('severity') == 'critical' and alert['labels'].get('team') == 'test' and
          alert['annotations'].get('runbook_url') == 'runbook.md#postgresdown',
          'Alertmanager brings PostgresDown to the webhook, with the labels of the target and the runbook', alert)
    check(login == 'Bearer hook', 'the webhook gets the token of the secret file', login)
    check('replica' not in alert['labels'], 'the alert has no label of the Prometheus it came from', alert['labels'])
    for path, text in (('/slack', 'PostgresDown'), ('/pagerduty', 'PostgreSQL does not answer')):
        check(wait_for(lambda p=path, t=text: any(t in body for _, body in listener.bodies.get(p, [])), 20),
              f'Alertmanager brings PostgresDown to {path[1:]}', listener.bodies.get(path))


def check_agents(name, program, folder, exporters):
    """Two shards of agents write the whole fleet, each target once."""
    os.makedirs(folder)
    mode = '--agent' if name == 'prometheus3' else '--enable-feature=agent'
    port = free_port()
    storage = Program('victoria-metrics', folder, [
        'victoria-metrics', f'-storageDataPath={folder}/victoria-metrics', f'-httpListenAddr=127.0.0.1:{port}',
        '-search.latencyOffset=0s'], port, '/health')
    agents = []
    for shard in (0, 1):
        own, port = f'{folder}/agent{shard}', free_port()
        os.makedirs(own)
        targets_file(own, [exporter.port for exporter in exporters])
        rewrite(f'{STACK}/agent.yml', f'{own}/agent.yml',
                (r'http://victoria-metrics:8428', f'http://127.0.0.1:{storage.port}'),
                (r'(?<=scrape_interval: )15s', '1s'), (r'(?<=scrape_timeout: )10s', '1s'),
                (r'modulus: 1 ', 'modulus: 2 '), (r'regex: "0"', f'regex: "{shard}"'))
        agents.append(Program(f'agent{shard}', own, [program, mode, f'--config.file={own}/agent.yml',
                                                     f'--storage.agent.path={own}/data',
                                                     f'--web.listen-address=127.0.0.1:{port}'], port, '/-/ready'))
    wanted = float(len(exporters))
    check(wait_for(lambda: [value for _, value in storage.query('count(up == 1)')] == [wanted], 30),
          f'{name}: two agents write {FLEET} exporters to VictoriaMetrics: count(up == 1) is {FLEET}',
          storage.query('count(up == 1)'))
    labelled = storage.query('count(node_load1{team="test",region="here"})')
    check([value for _, value in labelled] == [wanted],
          f'{name}: with their samples, the labels of the targets and those of the agent',
          storage.query('count(node_load1) by (region, team)'))
    parts = [len(get_json(agent.url('/api/v1/targets'))['data']['activeTargets']) for agent in agents]
    check(sum(parts) == FLEET, f'{name}: each exporter is scraped by one of the agents: {parts[0]} and {parts[1]}')
    for one in (*agents, storage):
        one.process.stop()


def programs():
    found = {'prometheus': shutil.which('prometheus')}
    if os.environ.get('PEERS'):
        found['prometheus3'] = os.path.join(os.environ['PEERS'], 'prometheus3')
    return found


def main():
    exporter_program = sys.argv[1]
    missing = [name for name in ('prometheus', 'prometheus-alertmanager', 'victoria-metrics') if not shutil.which(name)]
    if missing:
        skip('stack: everything', f'{", ".join(missing)} not installed')
        return summary()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # the owner of PostgreSQL has to get through
        postgres, redis, listener = Postgres(folder), Redis(folder), Listener()
        exporter = Exporter(exporter_program, folder, postgres, redis)
        alertmanager = start_alertmanager(folder, listener)
        prometheuses = {}
        for name, program in programs().items():
            for config in JOBS:
                own = f'{folder}/{name}-{config}'
                os.makedirs(own)
                prometheuses[name, config] = start_prometheus(program, config, own, exporter, alertmanager)
        for (name, config), prometheus in prometheuses.items():
            check_prometheus(name, config, prometheus)
        check_alert(prometheuses, listener, postgres)
        for prometheus in prometheuses.values():
            prometheus.process.stop()
        fleet = [Exporter(exporter_program, folder, arguments=['--no-postgres.discover'], name=f'fleet{number}')
                 for number in range(FLEET)]
        for name, program in programs().items():
            check_agents(name, program, f'{folder}/{name}-agents', fleet)
        for process in (alertmanager.process, exporter.process, redis.blocked, redis.process,
                        *(one.process for one in fleet)):
            process.stop()
    return summary()


if __name__ == '__main__':
    sys.exit(main())
