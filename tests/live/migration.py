"""`resource_exporter migrate` over Debian's exporters: what it writes serves their families on their ports."""
import os
import signal
import stat
import subprocess

from commands import call
from faults import families
from process import Process, StartError, free_port, get
from redis_sets import Node
from report import check, skip
from servers import need

PASSWORD = 'live-M1grate $\\"`'  # what shells and systemd would take for something else
# Of the original itself, not of what it watches; and what README's "Where we differ" names.
OWN = ('go_', 'promhttp_', 'process_', 'redis_exporter_', 'postgres_exporter_', 'pg_exporter_last_scrape_')
DIFFERENT = {'redis_connected_clients_details',  # redis_connected_client_info in newer releases
             'redis_last_key_groups_scrape_duration_milliseconds',
             'pg_stat_archiver_last_archive_age',  # NaN there until something was archived
             'pg_stat_database_checksum_failures', 'pg_stat_database_checksum_last_failure'}  # NaN without checksums


class Original:
    """One of Debian's exporters, and its page while it still runs."""

    def __init__(self, program, folder, arguments, environment):
        self.port = free_port()
        self.process = Process([need(program), f'--web.listen-address=127.0.0.1:{self.port}', *arguments],
                               os.path.join(folder, f'{program}.log'), environment=environment, cwd=folder)
        self.process.wait_ready(lambda: get(self.url())[0] == 200)
        self.families = self.now()

    def url(self):
        return f'http://127.0.0.1:{self.port}/metrics'

    def now(self):
        return {name for name in families(get(self.url())[2]) if not name.startswith(OWN)}


def start(folder, redis, postgres):
    node = Original('prometheus-node-exporter', folder, [
        '--collector.processes', '--no-collector.arp', '--collector.filesystem.ignored-mount-points=^/(dev|proc|sys)($|/)',
        r'--collector.diskstats.device-exclude=^(ram|loop|nvme\d+n\d+p)\d+$', '--collector.textfile.directory', folder], {})
    originals = [node, Original('prometheus-redis-exporter', folder, ['-export-client-list', '-redis.addr',
                                f'redis://127.0.0.1:{redis.port}'], {'REDIS_PASSWORD': PASSWORD})]
    if postgres:
        originals.append(Original('prometheus-postgres-exporter', folder, ['--disable-settings-metrics'], {
            'DATA_SOURCE_URI': f'127.0.0.1:{postgres.port}/watched?sslmode=disable', 'DATA_SOURCE_USER': 'postgres',
            'DATA_SOURCE_PASS': PASSWORD[:12]}))  # its own reader of DSNs takes no backslashes
    return originals


def procfs(folder, originals):
    """The machine's /proc as if these were its only processes."""
    path = os.path.join(folder, 'migrate-proc')
    os.makedirs(path)
    for original in originals:
        os.symlink(f'/proc/{original.process.pid}', os.path.join(path, str(original.process.pid)))
    return path


def serve(program, folder, options, originals):
    """As the unit does: a shell reads the options file, ARGS becomes words."""
    line = f'set -a; . {options}; eval "exec {program} $ARGS"'
    exporter = Process(['/bin/sh', '-c', line], os.path.join(folder, 'migrated.log'))
    exporter.wait_ready(lambda: all(get(original.url())[0] == 200 for original in originals))
    for original in originals:
        gone = original.families - original.now() - DIFFERENT
        check(not gone and len(original.families) > 20, f'migrate: the {len(original.families)} families of {original.process.name}'
              ' are on its port', ' '.join(sorted(gone)))
    exporter.stop()


def everything(program, folder, postgres):
    redis = Node(folder, 'migrated', '--save', '')
    redis.call('CONFIG', 'SET', 'requirepass', PASSWORD)
    try:
        originals = start(folder, redis, postgres)
    except (StartError, OSError) as error:
        skip('migrate: everything', error)
        return
    options = os.path.join(folder, 'options')
    with open(options, 'w', encoding='ascii') as file:
        file.write('before')
    text, errors = call(program, 'migrate', f'--output={options}', f'--path.procfs={procfs(folder, originals)}')
    check('live-M1grate' not in text + errors, 'migrate: no password is printed')
    check('\nREDIS_PASSWORD="PASSWORD"\n' in text, 'migrate: a placeholder for it is', text)
    check(stat.S_IMODE(os.stat(options).st_mode) == 0o600, 'migrate: the options file is readable for its owner alone')
    with open(options + '.old', encoding='ascii') as file:
        check(file.read() == 'before', 'migrate: what was there before stays as .old')
    for original in originals:
        original.process.stop()
    line = f'set -a; . {options}; eval "{program} check $ARGS"'
    done = subprocess.run(['/bin/sh', '-c', line], capture_output=True, text=True, timeout=60, check=False)
    check(done.returncode == 0 and ': all well' in done.stdout, 'migrate: check is well with these options',
          done.stdout[-600:] + done.stderr)
    serve(program, folder, options, originals)
    call(program, 'migrate', f'--path.procfs={folder}', status=1)
    redis.process.stop_signal = signal.SIGKILL  # it wants the password to shut down by a command
    redis.process.stop()
