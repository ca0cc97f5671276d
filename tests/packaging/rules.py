#!/usr/bin/python3
"""The rules, their tests and the runbook agree with each other, and what is shipped for a monitoring stack is valid.

    rules.py

Needs promtool and amtool. Each check is a line "ok - ..." or "not ok - ...", as with the live tests.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'live'))
from report import check, skip, summary  # noqa: E402  pylint: disable=wrong-import-position

PROMETHEUS = os.path.join(ROOT, 'packaging', 'prometheus')
STACK = os.path.join(ROOT, 'packaging', 'stack')
SEVERITIES = {'critical', 'warning', 'info'}
WORDS = {'and', 'or', 'unless', 'on', 'ignoring', 'group_left', 'by', 'without', 'offset', 'bool'}
# Metrics of Prometheus itself, and names that the exporter makes from those of the kernel or of the server.
OTHERS = re.compile(r'up$|node_(memory|vmstat|hwmon)_|pg_settings_')


def load(path):
    with open(path, encoding='utf-8') as file:
        return yaml.safe_load(file)


def tool(text, *command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=120)
    return check(done.returncode == 0, text, done.stdout)


def selected(expression):
    """Names of the metrics that an expression selects."""
    bare = re.sub(r'"[^"]*"', '', expression)
    bare = re.sub(r'\b(by|without|on|ignoring|group_left)\s*\([^)]*\)', ' ', bare)
    bare = re.sub(r'\{[^}]*\}|\[[^\]]*\]', ' ', bare)
    bare = re.sub(r'\b\d+(\.\d+)?([smhd]|e\d+)?\b', ' ', bare)
    return {name for name in re.findall(r'[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])', bare) if name not in WORDS}


def known_names():
    """Names of metrics in the sources and in the pages of the tests."""
    names = set()
    for folder, _, files in [*os.walk(f'{ROOT}/collectors'), *os.walk(f'{ROOT}/exporter')]:
        for name in files:
            if name.endswith(('.cpp', '.h', '.inc')):
                with open(os.path.join(folder, name), encoding='utf-8') as file:
                    names |= set(re.findall(r'"([a-z]+_\w+)"', file.read()))
    for path in glob.glob(f'{ROOT}/tests/fixtures/*/*/expected*.prom'):
        with open(path, encoding='utf-8') as file:
            names |= set(re.findall(r'^# TYPE (\S+)', file.read(), re.M))
    return names


def tests_of(path):
    """{alert: [(fires, names of its series)]} and the set of recording rules with a value."""
    alerts, records = {}, set()
    for case in load(path)['tests']:
        series = {re.split(r'[{ ]', one['series'])[0] for one in case['input_series']}
        for one in case.get('alert_rule_test', []):
            alerts.setdefault(one['alertname'], []).append((bool(one['exp_alerts']), series))
        records |= {one['expr'] for one in case.get('promql_expr_test', []) if one['exp_samples']}
    return alerts, records


def missing_in(rule, tested):
    """What an alert lacks, in words."""
    cases = tested.get(rule['alert'], [])
    lacks = [f'no test in which it {word}' for word, fires in (('fires', True), ('is quiet', False))
             if not any(case[0] == fires for case in cases)]
    if len({frozenset(series) for _, series in cases}) > 1:
        lacks.append('the test in which it is quiet has other series')
    if rule['labels'].get('severity') not in SEVERITIES:
        lacks.append('severity is none of ' + ', '.join(sorted(SEVERITIES)))
    notes = rule['annotations']
    lacks += [f'no {name}' for name in ('summary', 'description', 'runbook_url') if not notes.get(name)]
    if notes.get('runbook_url') != f'runbook.md#{rule["alert"].lower()}':
        lacks.append('runbook_url is not runbook.md#' + rule['alert'].lower())
    return lacks


def check_rules():
    names, entries, alerts = known_names(), set(), set()
    with open(f'{PROMETHEUS}/runbook.md', encoding='utf-8') as file:
        entries = set(re.findall(r'^## (\w+)$', file.read(), re.M))
    files = sorted(glob.glob(f'{PROMETHEUS}/rules/*.yml'))
    check(files, 'there are rules')
    for path in files:
        name = os.path.basename(path)
        tool(f'{name}: promtool check rules', 'promtool', 'check', 'rules', path)
        tests = f'{PROMETHEUS}/tests/{name}'
        tool(f'{name}: promtool test rules', 'promtool', 'test', 'rules', tests)
        tested, values = tests_of(tests)
        rules = [rule for group in load(path)['groups'] for rule in group['rules']]
        own = {rule['record'] for rule in rules if 'record' in rule}
        for rule in rules:
            unknown = {one for one in selected(rule['expr']) - own - names if not OTHERS.match(one)}
            lacks = [f'{one} is no metric of the exporter' for one in sorted(unknown)]
            if re.search(r'\bjob\s*[=!]', rule['expr']):
                lacks.append('selects by job')
            if 'record' in rule:
                lacks += [] if rule['record'] in values else ['no test of its value']
                check(not lacks, f'{name}: {rule["record"]}: metrics and a tested value', '\n'.join(lacks))
                continue
            alerts.add(rule['alert'])
            lacks += missing_in(rule, tested)
            lacks += [] if rule['alert'] in entries else ['no entry in runbook.md']
            check(not lacks, f'{name}: {rule["alert"]}: metrics, two tests, labels, texts and an entry of the runbook',
                  '\n'.join(lacks))
    check(entries == alerts, 'runbook.md has no entry without an alert', ' '.join(sorted(entries - alerts)))


def check_stack():
    with tempfile.TemporaryDirectory() as folder:
        for name in ('prometheus.yml', 'prometheus-modules.yml', 'agent.yml'):
            shutil.copy(f'{STACK}/{name}', folder)
        shutil.copytree(f'{STACK}/targets', f'{folder}/targets')
        shutil.copytree(f'{PROMETHEUS}/rules', f'{folder}/rules')
        for name in ('prometheus.yml', 'prometheus-modules.yml'):
            tool(f'{name}: promtool check config', 'promtool', 'check', 'config', f'{folder}/{name}')
        tool('agent.yml: promtool check config --agent', 'promtool', 'check', 'config', '--agent', f'{folder}/agent.yml')
    tool('alertmanager.yml: amtool check-config', 'amtool', 'check-config', f'{STACK}/alertmanager.yml')
    for severity, receivers in (('critical', 'log,critical'), ('warning', 'log,warning'), ('info', 'log,info')):
        tool(f'alertmanager.yml: severity {severity} goes to {receivers}', 'amtool', 'config', 'routes', 'test',
             f'--config.file={STACK}/alertmanager.yml', f'--verify.receivers={receivers}', f'severity={severity}')
    with open(f'{STACK}/alertmanager.yml', encoding='utf-8') as file:
        secrets = re.findall(r'^\s*(?:-\s+)?\w*(?:password|token|routing_key|api_url|credentials):.*', file.read(), re.M)
    check(not secrets, 'alertmanager.yml: secrets are in files only', '\n'.join(secrets))
    for path in sorted(glob.glob(f'{STACK}/**/*.yml', recursive=True)):
        try:
            good = load(path) is not None
        except yaml.YAMLError as error:
            good = error
        check(good is True, f'{os.path.relpath(path, STACK)}: YAML', good)
    check_compose()


def check_compose():
    """What compose.yml mounts is there; with docker's plug-in, that it is valid."""
    for name, service in load(f'{STACK}/compose.yml')['services'].items():
        paths = [volume.split(':')[0] for volume in service.get('volumes', []) if volume.startswith('.')]
        if 'build' in service:
            paths.append(os.path.join(service['build']['context'], service['build']['dockerfile']))
        absent = [path for path in paths if not os.path.exists(os.path.join(STACK, path))]
        check(not absent, f'compose.yml: what {name} mounts or is built of is there', ' '.join(absent))
    if shutil.which('docker') and subprocess.run(['docker', 'compose', 'version'], stdout=subprocess.DEVNULL,
                                                 stderr=subprocess.DEVNULL, check=False).returncode == 0:
        tool('compose.yml: docker compose config', 'docker', 'compose', '-f', f'{STACK}/compose.yml', 'config', '--quiet')


def main():
    for program in ('promtool', 'amtool'):
        if not shutil.which(program):
            skip('rules: everything', f'{program} is not installed')
            return summary()
    check_rules()
    check_stack()
    return summary()


if __name__ == '__main__':
    sys.exit(main())
