#!/usr/bin/env python3
"""dashboards.py PROGRAM [TEXT]: are the dashboards what their sources make, sound, and does each of their expressions return
series from the program? And does what the public dashboards read? A real Prometheus scrapes it, once as one job and once
with a job for each module, beside real servers and containers; what this machine cannot have is proved with recorded
pages. TEXT: only panels and queries with it. Prints "ok - ..." and "not ok - ..." lines."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, '..', '..')
sys.path[:0] = [HERE, os.path.join(HERE, '..', 'live')]

import recorded  # noqa: E402 (the folders above)
import servers  # noqa: E402
from process import Process, StartError, free_port, get, stop_all, wait_for  # noqa: E402
from report import check, summary  # noqa: E402
from watched import World  # noqa: E402

GRAFANA = os.path.join(ROOT, 'packaging', 'grafana')
# The job of each configuration; public dashboards select by some of these names.
MODULES = {'node': 'node', 'node-exporter': 'node', 'cadvisor': 'container', 'postgres': 'postgres',
           'postgres-exporter': 'postgres', 'redis': 'redis'}
ONE, EACH, RECORDED = 'everything', 'node|cadvisor|postgres|redis', 'recorded'
WINDOWS = {'$__rate_interval': '12s', '$__range': '1m'}
PATIENCE = 40  # seconds from the first scrape until the last series has to be there


def table(name):
    """Rows of a file of tab-separated columns beside this one."""
    with open(os.path.join(HERE, name), encoding='utf-8') as file:
        return [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]


class Panel:
    """Of a dashboard: `expressions` as they are written."""

    def __init__(self, dashboard, row, panel):
        self.name = f'{dashboard["title"].split(" / ")[-1]}: {row}: {panel["title"]}'
        self.variables = {variable['name']: variable for variable in dashboard['templating']['list']}
        self.expressions = [target['expr'] for target in panel.get('targets', [])]


def panels_of(dashboard):
    """(row's title, panel), those of closed rows as well."""
    row = ''
    for panel in dashboard['panels']:
        if panel['type'] == 'row':
            row = panel['title']
            for inner in panel['panels']:
                yield row, inner
        else:
            yield row, panel


def overlap(first, second):
    a, b = first['gridPos'], second['gridPos']
    return a['x'] < b['x'] + b['w'] and b['x'] < a['x'] + a['w'] and a['y'] < b['y'] + b['h'] and b['y'] < a['y'] + a['h']


def faults_of(dashboard):
    """What Grafana would stumble over, or show wrongly."""
    panels = [panel for _, panel in panels_of(dashboard)]
    every = panels + [panel for panel in dashboard['panels'] if panel['type'] == 'row']
    numbers = [panel['id'] for panel in every]
    if len(set(numbers)) != len(numbers):
        yield 'two panels with one id'
    groups = [dashboard['panels']] + [panel['panels'] for panel in dashboard['panels'] if panel['type'] == 'row']
    for group in groups:
        for index, panel in enumerate(group):
            place = panel['gridPos']
            if place['x'] + place['w'] > 24 or min(place.values()) < 0:
                yield f'{panel["title"]}: outside of the grid'
            for other in group[index + 1:]:
                if overlap(panel, other):
                    yield f'{panel["title"]} lies on {other["title"]}'
    for panel in panels:
        references = [target['refId'] for target in panel['targets']]
        if not all(references) or len(set(references)) != max(1, len(references)):
            yield f'{panel["title"]}: no targets, or two with one refId'
        for part in (panel, *panel['targets']):
            if part['datasource'] != {'type': 'prometheus', 'uid': '${datasource}'}:
                yield f'{panel["title"]}: a data source of its own'
    defined = {variable['name'] for variable in dashboard['templating']['list']}
    used = set(re.findall(r'\$\{?([a-z]\w*)', json.dumps(dashboard)))
    if used - defined:
        yield f'variables that are not there: {sorted(used - defined)}'
    if defined - used:
        yield f'variables that nobody uses: {sorted(defined - used)}'


def check_files(dashboards):
    done = subprocess.run([os.path.join(GRAFANA, 'generate.py'), '--check'], capture_output=True, text=True, check=False)
    check(done.returncode == 0, 'dashboards are what their sources make', done.stderr)
    uids = [dashboard['uid'] for dashboard in dashboards]
    check(len(set(uids)) == 6 and all(len(uid) <= 40 for uid in uids), 'six dashboards, each with its uid', uids)
    known = {f'/d/{uid}' for uid in uids}
    for dashboard in dashboards:
        faults = list(faults_of(dashboard))
        check(not faults, f'{dashboard["title"]}: ids, places, references and variables', '\n'.join(faults))
        linked = {link['url'].split('?')[0] for link in dashboard['links']}
        check(linked == known - {f'/d/{dashboard["uid"]}'}, f'{dashboard["title"]}: links to the others')


def check_grammar(folder, panels):
    """promtool reads every expression as a rule."""
    rules = [{'record': f'panel:{index}:{number}', 'expr': filled(panel, expression, ONE)}
             for index, panel in enumerate(panels) for number, expression in enumerate(panel.expressions)]
    path = os.path.join(folder, 'rules.yml')
    with open(path, 'w', encoding='utf-8') as file:  # JSON is YAML
        json.dump({'groups': [{'name': 'panels', 'rules': rules}]}, file)
    done = subprocess.run([servers.need('promtool', '/usr/bin'), 'check', 'rules', path], capture_output=True, text=True,
                          check=False)
    check(done.returncode == 0, f'promtool reads all {len(rules)} expressions', done.stdout + done.stderr)


def filled(panel, expression, jobs):
    """With the variables as Grafana fills them in when everything is selected; what stands in for nothing is left out."""
    expression = expression.removesuffix(' or vector(0)')
    for name, value in WINDOWS.items():
        expression = expression.replace(name, value)
    for name, variable in panel.variables.items():
        value = jobs if name == 'job' else variable.get('allValue', '.*')
        expression = re.sub(r'\$\{?' + name + r'\b\}?', lambda _, value=value: value, expression)
    return expression


class Prometheus(servers.Prometheus):
    """Scrapes everything as one job, each module as a job, and the recorded pages."""

    def __init__(self, folder, exporter, pages):  # pylint: disable=super-init-not-called
        self.port = free_port()
        target = [{'targets': [f'127.0.0.1:{exporter.port}']}]
        jobs = [{'job_name': ONE, 'static_configs': target}, pages.job()]
        jobs += [{'job_name': job, 'metrics_path': f'/metrics/{module}', 'static_configs': target}
                 for job, module in MODULES.items()]
        path = os.path.join(folder, 'prometheus.yml')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({'global': {'scrape_interval': '1s', 'scrape_timeout': '1s'}, 'scrape_configs': jobs}, file)
        self.process = Process([servers.need('prometheus', '/usr/bin'), f'--config.file={path}', '--log.level=warn',
                                f'--storage.tsdb.path={folder}/data', f'--web.listen-address=127.0.0.1:{self.port}'],
                               os.path.join(folder, 'prometheus.log'))
        self.process.wait_ready(lambda: get(self.url('/-/ready'), timeout=2)[0] == 200, 60)

    def found(self, expression):
        """Number of series. ValueError when Prometheus refuses the expression."""
        return len(self.query(expression))


def recorded_reasons():
    """[(pattern of a metric's name, why this machine cannot have it)]"""
    return [(re.compile(rf'\b(?:{pattern})\b'), reason) for pattern, reason in table('recorded.tsv')]


class Search:
    """Asks again for what is not there yet, all of it in turns, until time is up."""

    def __init__(self, prometheus, deadline):
        self.prometheus, self.deadline = prometheus, deadline

    def missing(self, expressions):
        """Those that return nothing, with a word on why."""
        left = dict.fromkeys(expressions, '')
        while True:
            for expression in list(left):
                try:
                    if self.prometheus.found(expression):
                        del left[expression]
                except ValueError as error:
                    left[expression] = str(error)
            if not left or time.monotonic() > self.deadline:
                return left
            time.sleep(0.5)


def check_panels(search, panels):
    reasons, used = recorded_reasons(), set()
    wanted = {}  # expression filled in -> panels
    for panel in panels:
        for expression in panel.expressions:
            because = {pattern for pattern, _ in reasons if pattern.search(expression)}
            used |= because
            for jobs in [RECORDED] if because else [ONE, EACH]:
                wanted.setdefault(filled(panel, expression, jobs), set()).add(panel.name)
    missing = search.missing(wanted)
    for panel in panels:
        empty = [f'{expression} {why}' for expression, why in missing.items() if panel.name in wanted[expression]]
        what = 'every expression' if len(panel.expressions) > 1 else 'its expression'
        check(not empty, f'{panel.name}: series from {what}', '\n'.join(empty))
    return {pattern.pattern for pattern, _ in reasons} - {pattern.pattern for pattern in used}


def check_variables(search, dashboards):
    for dashboard in dashboards:
        panel = Panel(dashboard, '', {'title': ''})
        for variable in dashboard['templating']['list'][1:]:
            selector, label = re.fullmatch(r'label_values\((.*), (\w+)\)', variable['definition']).groups()
            wanted = [f'count by ({label}) ({filled(panel, selector, jobs)}) and on ({label}) '
                      f'count by ({label}) ({{{label}!="",job!="recorded"}})' for jobs in (ONE, EACH)]
            check(not search.missing(wanted), f'{dashboard["title"]}: the variable {label} has values', wanted)


def check_public(search, only):
    rows = [row for row in table('public_queries.tsv') if only in row[0]]
    jobs = {'live': 'job!~"recorded|everything"', 'recorded': 'job="recorded"'}  # live: a job for each module
    wanted = {}
    for query, _, where in rows:
        if where in jobs:
            name, _, labels = query.partition('{')
            own = '' if re.search(r'\bjob\b', labels) else jobs[where] + (',' if labels else '')
            wanted[f'{name}{{{own}{labels}' if labels else f'{name}{{{own}}}'] = query
    missing = {wanted[expression]: expression for expression in search.missing(wanted)}
    for query, readers, where in rows:
        if where in jobs:
            check(query not in missing, f'public: {query}', f'{missing.get(query)}: nothing; {readers} read it')
    absent = sum(where not in jobs for _, _, where in rows)
    print(f'# {absent} more that public dashboards read do not come from an exporter like this: see public_queries.tsv')


def everything(program, only, folder):
    dashboards = []
    for path in sorted(glob.glob(os.path.join(GRAFANA, 'dashboards', '*.json'))):
        with open(path, encoding='utf-8') as file:
            dashboards.append(json.load(file))
    panels = [Panel(dashboard, row, panel) for dashboard in dashboards for row, panel in panels_of(dashboard)]
    check_files(dashboards)
    check_grammar(folder, panels)
    world = World(os.path.abspath(program), folder)
    prometheus = Prometheus(folder, world.exporter, recorded.Recorded())
    wait_for(lambda: len(prometheus.query('count_over_time(up[1m]) > 3')) >= len(MODULES) + 1, 30, 0.5)
    check(wait_for(lambda: not prometheus.errors(), 20, 0.5), 'Prometheus takes every page', prometheus.errors())
    search = Search(prometheus, time.monotonic() + PATIENCE)
    idle = check_panels(search, [panel for panel in panels if only in panel.name])
    if not only:
        check(not idle, 'recorded.tsv: each of its lines has an expression', idle)
        check_variables(search, dashboards)
    check_public(search, only)


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    folder = tempfile.mkdtemp(prefix='dashboards.')
    os.chmod(folder, 0o711)  # PostgreSQL runs as a user of its own
    try:
        everything(arguments[0], (arguments[1:] or [''])[0], folder)
    except (StartError, OSError, subprocess.SubprocessError) as error:
        check(False, 'the servers start', error)
    finally:
        stop_all()
        shutil.rmtree(folder, ignore_errors=True)
    return summary()


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
