#!/usr/bin/python3
"""The manifests for Kubernetes and for docker-compose, held against the program.

    manifests.py EXPORTER

Every document parses; every option and variable in them is one of the program's, and so are port and paths of probes;
limits, rights and secrets are as the README promises. Where kubectl is, what kustomize makes of them is looked at as
well. Each check is a line "ok - ..." or "not ok - ...".
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'live'))
from process import Process, free_port, get, run  # noqa: E402 pylint: disable=wrong-import-position
from report import check, summary  # noqa: E402 pylint: disable=wrong-import-position

ROOT = os.path.realpath(f'{HERE}/../..')
FOLDER = f'{ROOT}/packaging/kubernetes'
LIMITS = {'cpu': '50m', 'memory': '32Mi'}
# What redis_exporter and postgres_exporter call theirs; the others are RESOURCE_EXPORTER_ and an option's name.
FOREIGN = {'DATA_SOURCE_URI', 'DATA_SOURCE_USER', 'DATA_SOURCE_PASS_FILE', 'REDIS_ADDR', 'REDIS_USER',
           'REDIS_PASSWORD_FILE'}


def documents(path):
    with open(path, encoding='utf-8') as file:
        return [document for document in yaml.safe_load_all(file) if document]


def merged(into, patch):
    """A strategic merge as far as these manifests have it: lists of things with names by name, other lists replaced."""
    if isinstance(into, dict) and isinstance(patch, dict):
        return {**into, **{key: merged(into.get(key), value) for key, value in patch.items()}}
    named = isinstance(into, list) and isinstance(patch, list) and \
        all(isinstance(one, dict) for one in into + patch)
    if not named:
        return patch
    key = next(key for key in ('name', 'mountPath') if all(key in one for one in into + patch))
    result = {one[key]: one for one in into}
    for one in patch:
        result[one[key]] = merged(result.get(one[key]), one)
    return list(result.values())


def sorted_lists(value):
    """A patch may put things of a list before or behind those that were there."""
    if isinstance(value, dict):
        return {key: sorted_lists(one) for key, one in value.items()}
    return sorted(map(sorted_lists, value), key=lambda one: json.dumps(one, sort_keys=True)) if isinstance(value, list) else value


def pods(document):
    template = document.get('spec', {}).get('template', {})
    return [template['spec']] if 'spec' in template else []


def ours(pod):
    return [container for container in pod.get('initContainers', []) + pod['containers']
            if container['image'].startswith('resource_exporter:')]


def accepted(program, title, arguments, environment):
    """The program takes the options."""
    nowhere = [] if any(word.startswith('--path.procfs') for word in arguments) else ['--path.procfs=/host/proc']
    done = subprocess.run([program, 'check', *arguments, *nowhere], capture_output=True, text=True,
                          env={'PATH': os.environ['PATH'], **environment}, timeout=30, check=False)
    # /host is not here: the one complaint that is right, after all options are read.
    good = done.returncode == 2 and re.fullmatch(r'resource_exporter: .*/host/proc.*No such file.*\n', done.stderr)
    check(good, f'{title}: the program takes {" ".join(arguments) or "no options"}', done.stderr)


def variables(program, title, environment):
    known = run(program, '--help')
    for name, value in environment.items():
        option = name.removeprefix('RESOURCE_EXPORTER_').lower().replace('_', '[-._]')
        found = re.search(rf'\b{name}\b' if name in FOREIGN else rf'--(\[no-\])?{option}\b', known)
        check(found, f'{title}: {name}={value} is the program\'s')


def exporter_container(program, title, pod, container):
    environment = {row['name']: row['value'] for row in container.get('env', []) if 'value' in row}
    secrets = {name for name in environment if re.search(r'PASS|TOKEN|SECRET', name) and not name.endswith('_FILE')}
    check(not secrets and not re.search(r'://[^/@ ]*:[^/@ ]*@', ' '.join(environment.values())),
          f'{title}: no secret in plain text', secrets)
    accepted(program, title, container.get('args', []), {key: value for key, value in environment.items()
                                                         if not key.endswith('_FILE')})
    variables(program, title, environment)
    check(re.fullmatch(r'resource_exporter:\d+\.\d+\.\d+', container['image']) and
          container['image'].split(':')[1] == VERSION, f'{title}: the image is of this version, {container["image"]}')
    check(container['resources'] == {'requests': LIMITS, 'limits': LIMITS}, f'{title}: requests and limits {LIMITS}')
    rights = container['securityContext']
    check(rights['readOnlyRootFilesystem'] is True and rights['allowPrivilegeEscalation'] is False and
          rights['capabilities']['drop'] == ['ALL'] and pod['automountServiceAccountToken'] is False,
          f'{title}: read-only, without capabilities and token', rights)
    user = {**pod.get('securityContext', {}), **rights}
    added = rights['capabilities'].get('add', [])
    check((user['runAsUser'], added) in ((65534, []), (0, ['DAC_READ_SEARCH'])) and
          user['runAsNonRoot'] == (user['runAsUser'] != 0), f'{title}: user {user["runAsUser"]} with {added or "no right"}')
    ports = {port['name']: port['containerPort'] for port in container['ports']}
    check(ports == {'metrics': 9100}, f'{title}: port {ports}')
    for name in ('readinessProbe', 'livenessProbe'):
        if name in container:
            probe = container[name]['httpGet']
            check(probe['port'] == 'metrics' and probe['path'] in SERVED, f'{title}: {name} asks {probe["path"]}')
    for mount in container.get('volumeMounts', []):
        (volume,) = [volume for volume in pod['volumes'] if volume['name'] == mount['name']]
        if 'hostPath' in volume:
            check(mount['readOnly'] and mount['mountPropagation'] == 'HostToContainer' and
                  f'--path.rootfs={mount["mountPath"]}' in container['args'], f'{title}: {mount["mountPath"]} is the host')
        if 'secret' in volume:
            check(volume['secret']['defaultMode'] == 0o440 and 'fsGroup' in pod['securityContext'],
                  f'{title}: Secret {volume["name"]} is for the group, not for everybody')


def workloads(program, title, all_documents):
    names = [f'{one["kind"]}/{one["metadata"]["name"]}' for one in all_documents]
    check(len(names) == len(set(names)), f'{title}: {" ".join(names)}')
    found = 0
    for document in all_documents:
        for pod in pods(document):
            for container in ours(pod):
                found += 1
                exporter_container(program, f'{title} {container["name"]}', pod, container)
        if document['kind'] == 'NetworkPolicy':
            spec = document['spec']
            rules = [rule for rule in spec['ingress'] if {'protocol': 'TCP', 'port': 'metrics'} in rule['ports']]
            check(spec['podSelector']['matchLabels'] and spec['policyTypes'] == ['Ingress'] and len(rules) == 1 and
                  rules[0]['from'] == [{'namespaceSelector': {'matchLabels':
                                                              {'kubernetes.io/metadata.name': 'monitoring'}}}],
                  f'{title}: the metrics are for namespace monitoring alone', spec)
        if document['kind'] == 'PodMonitor':
            for endpoint in document['spec']['podMetricsEndpoints']:
                check(endpoint['port'] == 'metrics' and endpoint['path'] in SERVED, f'{title}: Prometheus asks {endpoint}')
    return found


def built(folder, seen=()):
    """The documents of a kustomization with its components' patches in them."""
    settings = documents(f'{folder}/kustomization.yaml')[0]
    result = list(seen)
    for name in settings.get('resources', []):
        path = os.path.realpath(f'{folder}/{name}')
        result = built(path, result) if os.path.isdir(path) else result + documents(path)
    for name in settings.get('components', []):
        result = built(os.path.realpath(f'{folder}/{name}'), result)
    for row in settings.get('patches', []):
        patch = yaml.safe_load(row['patch'])
        places = [i for i, one in enumerate(result) if (one['kind'], one['metadata']['name']) ==
                  (patch['kind'], patch['metadata']['name'])]
        check(len(places) == 1, f'{os.path.relpath(folder, FOLDER)}: patches {patch["kind"]}/{patch["metadata"]["name"]}')
        for place in places:
            result[place] = merged(result[place], patch)
    return result


def kubernetes(program, scratch):
    files = sorted(glob.glob(f'{FOLDER}/**/*.yaml', recursive=True))
    for path in files:
        check(documents(path), f'{os.path.relpath(path, ROOT)} parses')
    everything = f'{scratch}/everything'
    os.makedirs(everything)
    with open(f'{everything}/kustomization.yaml', 'w', encoding='utf-8') as file:
        relative = os.path.relpath(FOLDER, everything)
        yaml.safe_dump({'apiVersion': 'kustomize.config.k8s.io/v1beta1', 'kind': 'Kustomization',
                        'resources': [f'{relative}/base'],
                        'components': [f'{relative}/components/{name}' for name in
                                       sorted(os.listdir(f'{FOLDER}/components'))]}, file)
    folders = [f'{FOLDER}/base', *sorted(glob.glob(f'{FOLDER}/overlays/*')), everything]
    used = set()
    for folder in folders:
        title = os.path.basename(folder)
        mine = built(folder)
        used |= {f'{one["kind"]}/{one["metadata"]["name"]}' for one in mine}
        check(workloads(program, title, mine) == 1, f'{title}: one exporter')
        if shutil.which('kubectl'):
            theirs = [one for one in yaml.safe_load_all(run('kubectl', 'kustomize', folder)) if one]
            check(workloads(program, f'kubectl kustomize {title}', theirs) == 1, f'kubectl kustomize {title}: one exporter')
            for one in theirs:
                (mine_too,) = [two for two in mine if (two['kind'], two['metadata']['name']) ==
                               (one['kind'], one['metadata']['name'])]
                check([ours(pod) for pod in sorted_lists(pods(one))] == [ours(pod) for pod in sorted_lists(pods(mine_too))],
                      f'{title}: kubectl makes the same container of {one["kind"]}')
    container = {name: [row['value'] for row in ours(pods(one)[0])[0]['env']
                        if row['name'] == 'RESOURCE_EXPORTER_MODULE_CONTAINER']
                 for name in ('base', 'overlays/with-containers')
                 for one in built(f'{FOLDER}/{name}') if one['kind'] == 'DaemonSet'}
    check(container == {'base': ['false'], 'overlays/with-containers': ['true']},
          f'the module container is off, and on in with-containers: {container}')


def compose(program):
    (document,) = documents(f'{ROOT}/packaging/compose.yml')
    (service,) = document['services'].values()
    check(service['image'] == f'resource_exporter:{VERSION}', 'compose: the image is of this version')
    environment = {key: str(value) for key, value in service['environment'].items()}
    accepted(program, 'compose', service['command'], {key: value for key, value in environment.items()
                                                      if not key.endswith('_FILE')})
    variables(program, 'compose', environment)
    files = {value for key, value in environment.items() if key.endswith('_FILE')}
    check(files == {f'/run/secrets/{name}' for name in service['secrets']} and
          set(service['secrets']) == set(document['secrets']), f'compose: secrets are files: {sorted(files)}')
    check(not {name for name in environment if re.search('PASS', name) and not name.endswith('_FILE')},
          'compose: no secret in plain text')
    check(service['read_only'] and service['cap_drop'] == ['ALL'] and service['cap_add'] == ['DAC_READ_SEARCH'] and
          service['network_mode'] == 'host' and service['pid'] == 'host' and
          service['volumes'] == ['/:/host:ro,rslave'], 'compose: the whole machine, read-only, with one capability')
    check(os.path.exists(f'{ROOT}/{service["build"]["dockerfile"]}'), 'compose: the Dockerfile is there')
    if shutil.which('docker-compose'):
        theirs = yaml.safe_load(run('docker-compose', '-f', f'{ROOT}/packaging/compose.yml', 'config'))
        check(theirs['services'].keys() == document['services'].keys(), 'docker-compose reads it')


def dockerfile():
    with open(f'{ROOT}/packaging/image/Dockerfile', encoding='utf-8') as file:
        text = file.read()
    check(f'image.version="{VERSION}"' in text, f'Dockerfile: version {VERSION}')
    check('EXPOSE 9100\n' in text and 'USER 65534:65534\n' in text and 'latest' not in text,
          'Dockerfile: port 9100, user 65534, no image called latest')


def served(program, scratch):
    """Which of the paths that manifests may name the program answers with 200."""
    port = free_port()
    process = Process([program, f'--web.listen-address=127.0.0.1:{port}', '--no-module.container', '--no-module.postgres',
                       '--no-module.redis'], f'{scratch}/exporter.log')
    process.wait_ready(lambda: get(f'http://127.0.0.1:{port}/-/healthy', timeout=2)[0] == 200)
    paths = {path for path in ('/-/healthy', '/-/ready', '/metrics', '/metrics/node')
             if get(f'http://127.0.0.1:{port}{path}')[0] == 200}
    check('\nnode_load1 ' in get(f'http://127.0.0.1:{port}/metrics')[2], 'a module that is off leaves the others on')
    process.stop()
    return paths


def main():
    global VERSION, SERVED  # pylint: disable=global-variable-undefined
    program = os.path.realpath(sys.argv[1])
    scratch = f'{ROOT}/build/test-logs/manifests'
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    VERSION = re.search(r'version ([\d.]+)', run(program, '--version')).group(1)
    SERVED = served(program, scratch)
    kubernetes(program, scratch)
    compose(program)
    dockerfile()
    return summary()


if __name__ == '__main__':
    sys.exit(main())
