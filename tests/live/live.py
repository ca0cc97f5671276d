#!/usr/bin/python3
"""The exporter between real servers and a real Prometheus.

    live.py EXPORTER [--only MODULE,...] [--keep]

Starts PostgreSQL, Redis, dockerd and Prometheus on loopback with data in a temporary folder, the exporter among them,
and compares what Prometheus stored with what the servers say themselves. Then the servers hang, the exporter is told
to end, and is started with nonsense. Each check is a line "ok - ..." or "not ok - ..."; the exit status says whether
all was well. $PEERS may name a folder with a prometheus3 to scrape with as well. --keep leaves the folder with the logs.
"""
import argparse
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

import bouncer
import commands
import containers
import faults
import hidden
import hidden_redis
import merged
import migration
import own_queries
import page
import probes
import process
import queries
import redis_sets
import redis_keys
import redis_queues
import redis_tls
import relations
import replicas
import sampler
import servers
import web
from process import StartError, run, wait_for
from report import check, skip, summary


def start_servers(folder, modules):
    """The watched servers by module; one that cannot be started here is missing."""
    started = {'node': None}
    for module, server in (('postgres', servers.Postgres), ('redis', servers.Redis), ('container', servers.Docker)):
        if module not in modules:
            continue
        try:
            started[module] = server(folder)
        except (StartError, OSError, subprocess.SubprocessError) as error:
            skip(f'{module}: everything', error)
    return started


def start_prometheuses(folder, exporter, modules):
    programs = {'prometheus': shutil.which('prometheus')}
    if os.environ.get('PEERS'):
        programs['prometheus3'] = os.path.join(os.environ['PEERS'], 'prometheus3')
    started = []
    for name, program in programs.items():
        try:
            if not program or not os.access(program, os.X_OK):
                raise StartError(f'{name} is not installed')
            started.append(servers.Prometheus(program, folder, exporter, modules, name))
        except (StartError, OSError) as error:
            skip(f'{name}: every query', error)
    return started


def check_pages(exporter, modules):
    """Every path answers, and promtool can parse what it says."""
    promtool = shutil.which('promtool')
    for path in ['/metrics'] + ['/metrics/' + module for module in modules]:
        status, headers, page = exporter.page(path)
        check(status == 200 and headers['Content-Type'].startswith('text/plain; version=0.0.4'),
              f'{path}: 200 and the text format', f'{status} {headers["Content-Type"]}')
        if promtool:
            done = subprocess.run([promtool, 'check', 'metrics'], input=page, capture_output=True, text=True, timeout=60,
                                  check=False)
            check(done.returncode != 1 and page, f'{path}: promtool can read it ({len(page)} bytes)', done.stderr)
        else:
            skip(f'{path}: promtool', 'not installed')
    own = {'node': 'node_', 'container': 'container_', 'postgres': 'pg_', 'redis': 'redis_'}
    for module in modules:
        names = faults.families(exporter.page('/metrics/' + module)[2])
        check(any(name.startswith(own[module]) for name in names), f'/metrics/{module} has {own[module]}*')
        foreign = {name for name in names for other, prefix in own.items() if other != module and name.startswith(prefix)}
        check(not foreign, f'/metrics/{module} has nothing of the other modules', ' '.join(sorted(foreign)))


def check_query(prometheus, job, module, row):
    """Several tries: the source moves between a scrape and our look at it."""
    expression = row.query.replace('$job', job)
    seen = []

    def near():
        source = row.source()
        result = prometheus.query(expression)
        seen[:] = [source, result]
        return len(result) == 1 and abs(result[0][1] - source) <= row.absolute + row.relative * abs(source)

    good = wait_for(near, 8, 0.3)
    source, result = seen
    value = f'{result[0][1]:.10g}' if len(result) == 1 else f'{len(result)} samples'
    check(good, f'{module}, {prometheus.name}: {expression} = {value}, the source says {source:.10g}'
          f' (may differ by {row.absolute + row.relative * abs(source):g})', '\n'.join(str(pair) for pair in result[:5]))


def check_queries(prometheus, started, modules):
    good = wait_for(lambda: {labels['job']: value for labels, value in prometheus.query('up')} ==
                    {job: 1.0 for job in prometheus.jobs}, 30, 0.5)
    check(good, f'{prometheus.name}: up is 1 for the jobs {" ".join(prometheus.jobs)}',
          f'{prometheus.query("up")} {prometheus.errors()}')
    for module in modules:
        for row in queries.checks_of(module, started.get('postgres'), started.get('redis'), started.get('container')):
            for job in (module, 'all'):
                check_query(prometheus, job, module, row)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument('exporter')
    arguments.add_argument('--only', default=','.join(servers.MODULES))
    arguments.add_argument('--keep', action='store_true')
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    program = os.path.abspath(options.exporter)
    folder = tempfile.mkdtemp(prefix='rel.')  # short: it is part of the paths of sockets
    os.chmod(folder, 0o711)
    try:
        wanted = options.only.split(',')
        started = start_servers(folder, wanted)
        modules = [module for module in wanted if module in started]
        exporter = servers.Exporter(program, folder, started.get('postgres'), started.get('redis'), started.get('container'))
        check_pages(exporter, modules)
        prometheuses = start_prometheuses(folder, exporter, modules)
        for prometheus in prometheuses:
            check_queries(prometheus, started, modules)
        if 'container' in modules:
            containers.everything(program, folder, started['container'], exporter)
        page.everything(program, folder, started)
        web.everything(program, folder)
        merged.everything(program, folder)
        if 'postgres' in modules or 'redis' in modules:
            commands.everything(program, folder, started.get('postgres'), started.get('redis'))
            migration.everything(program, folder, started.get('postgres'))
            probes.everything(program, folder, started.get('postgres'), started.get('redis'), exporter)
        if 'postgres' in modules:
            own_queries.everything(program, folder, started['postgres'])
            relations.everything(program, folder, started['postgres'])
            sampler.everything(program, folder, started['postgres'])
            replicas.everything(program, folder)
            bouncer.everything(program, folder, started['postgres'])
            hidden.everything(program, folder, started['postgres'])
            faults.hanging_server('postgres', started['postgres'].process.pid, 'pg_', 'pg_up', exporter, prometheuses)
        if 'redis' in modules:
            redis_tls.everything(program, folder)
            redis_sets.everything(program, folder)
            hidden_redis.everything(program, folder)
            redis_keys.everything(program, folder)
            redis_queues.everything(program, folder)
            faults.hanging_server('redis', started['redis'].process.pid, 'redis_', 'redis_up', exporter, prometheuses)
        for prometheus in prometheuses:
            prometheus.stop()
        if 'postgres' in modules:
            faults.stop_in_the_middle(exporter, started['postgres'])
        check(exporter.process.stop() == 0, 'the exporter ends with status 0 when told to')
        faults.bad_input(program)
    except StartError as error:
        check(False, 'everything starts', error)
    except Exception:  # pylint: disable=broad-except
        check(False, 'the test runs to its end', traceback.format_exc())
    finally:
        clean_up(folder, options.keep)
    return summary()


def clean_up(folder, keep):
    process.stop_all()
    # dockerd may leave mounts behind when it was killed.
    for mount in sorted((line.split()[4] for line in open('/proc/self/mountinfo', encoding='utf-8')), reverse=True):
        if mount.startswith(folder + '/'):
            run('umount', '-l', mount, check=False)
    if keep or os.environ.get('CI') == 'true':
        print(f'# logs: {" ".join(glob.glob(folder + "/*.log"))}')
    else:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    sys.exit(main())
