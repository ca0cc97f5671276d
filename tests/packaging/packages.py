#!/usr/bin/python3
"""The .deb and .rpm of a release build as they are: contents, modes, scripts, lintian, the unit, and that packing the same
revision again gives the same bytes. tests/vm/package.sh installs the .deb.

    packages.py
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
sys.path.insert(0, os.path.join(ROOT, 'tests/live'))
from report import check, summary  # noqa: E402

CONTENTS = '''-rw-r----- root/root ./etc/default/resource_exporter
-rwxr-xr-x root/root ./usr/bin/resource_exporter
-rw-r--r-- root/root ./usr/lib/systemd/system/resource_exporter.service
-rw-r--r-- root/root ./usr/lib/systemd/system/resource_exporter.socket
-rw-r--r-- root/root ./usr/lib/sysusers.d/resource_exporter.conf
-rw-r--r-- root/root ./usr/share/bash-completion/completions/resource_exporter
-rw-r--r-- root/root ./usr/share/doc/resource-exporter/changelog.Debian.gz
-rw-r--r-- root/root ./usr/share/doc/resource-exporter/changelog.gz
-rw-r--r-- root/root ./usr/share/doc/resource-exporter/copyright
-rw-r--r-- root/root ./usr/share/lintian/overrides/resource-exporter
-rw-r--r-- root/root ./usr/share/man/man8/resource_exporter.8.gz'''.split('\n')


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def make():
    made = run(os.path.join(ROOT, 'packaging/make.sh'), 'deb', 'rpm')
    paths = {path.rpartition('.')[2]: path for path in made.stdout.split() if path.endswith(('.deb', '.rpm'))}
    return made, paths


def digest(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def deb(path):
    size = os.path.getsize(path)
    check(size < 3_000_000, f'.deb: {size / 1e6:.2f} MB, below 3')
    listed = run('dpkg-deb', '-c', path).stdout.splitlines()
    found = [f'{line.split()[0]} {line.split()[1]} {line.split()[5]}' for line in listed if line[0] != 'd']
    check(sorted(found, key=lambda line: line.split()[2]) == CONTENTS, '.deb: its files and their modes', '\n'.join(found))
    check(run('dpkg-deb', '-I', path, 'conffiles').stdout == '/etc/default/resource_exporter\n', '.deb: the options file is a conffile')
    needed = run('dpkg-deb', '-f', path, 'Depends').stdout
    check('libc6 (>= 2.36)' in needed and 'libpq' not in needed and 'libcpp-httplib0.11' in needed, '.deb: what it depends on', needed)
    said = run('lintian', '--allow-root', '--info', path).stdout
    findings = [line for line in said.splitlines() if re.match(r'[EWIP]: ', line)]
    check(not findings, 'lintian finds nothing', said)
    for script in ('postinst', 'prerm', 'postrm'):
        text = run('dpkg-deb', '-I', path, script).stdout
        check(run('sh', '-n', input=text).returncode == 0 and '\nset -e\n' in text, f'.deb: {script} is a script that stops at errors')


def unit(tree):
    path = os.path.join(tree, 'usr/lib/systemd/system/resource_exporter.service')
    analysis = run('systemd-analyze', 'security', '--offline=true', '--no-pager', path).stdout
    exposure = re.search(r'exposure level for .*: ([0-9.]+)', analysis)
    check(exposure and float(exposure.group(1)) <= 3.0, f'systemd-analyze security: {exposure and exposure.group(1)} is at most 3.0', analysis)
    manual = os.path.join(tree, 'usr/share/man/man8/resource_exporter.8.gz')
    said = run('man', '--warnings', '-l', manual, env={**os.environ, 'MANROFFSEQ': '', 'MANWIDTH': '80', 'LC_ALL': 'C.UTF-8'})
    check(said.returncode == 0 and 'WATCHDOG' not in said.stdout and 'warning' not in said.stdout and '/etc/default/resource_exporter' in said.stdout,
          'the manual page is shown without warnings', said.stdout[:2000])
    done = run('bash', '-c', f'source {tree}/usr/share/bash-completion/completions/resource_exporter && complete -p resource_exporter')
    check(done.returncode == 0 and '-F _resource_exporter' in done.stdout, 'the completion is taken by bash', done.stdout)


def rpm(path):
    listed = run('rpm', '-qp', '--qf', '[%{FILEMODES:perms} %{FILENAMES} %{FILEFLAGS:fflags}\n]', path).stdout
    lines = set(line.strip() for line in listed.splitlines())
    check('-rw-r----- /etc/default/resource_exporter cn' in lines, '.rpm: the options file is kept at an upgrade', listed)
    wanted = {line.split()[2][1:] for line in CONTENTS if '/doc/' not in line and '/lintian/' not in line}
    found = {line.split()[1] for line in lines}
    check(wanted == found, '.rpm: its files, and no folder of the system', '\n'.join(sorted(found)))
    scripts = run('rpm', '-qp', '--scripts', path).stdout
    check('systemd-sysusers' in scripts and 'systemctl preset' in scripts and 'disable --now' in scripts, '.rpm: its scripts', scripts)


def main():
    made, paths = make()
    if not check(made.returncode == 0 and set(paths) == {'deb', 'rpm'}, 'packaging/make.sh makes both packages', made.stdout):
        return summary()
    before = {kind: digest(path) for kind, path in paths.items()}
    deb(paths['deb'])
    rpm(paths['rpm'])
    with tempfile.TemporaryDirectory() as tree:
        run('dpkg-deb', '-x', paths['deb'], tree)
        unit(tree)
    make()
    for kind, path in paths.items():
        check(digest(path) == before[kind], f'.{kind}: packing again gives the same bytes')
    return summary()


if __name__ == '__main__':
    sys.exit(main())
