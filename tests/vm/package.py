#!/usr/bin/python3
"""Boots the machine of package.sh and does in it what an administrator does with the .deb, scraping it from outside.

    package.py IMAGE FOLDER     IMAGE has base.img, kernel and initrd; FOLDER has release1.deb and release2.deb, and gets
                                the machine's console and journal
"""
import os
import re
import sys
import tempfile
import time

from machine import UNIT, Machine
from process import StartError, wait_for
from report import check, summary

OPTIONS = '/etc/default/resource_exporter'


def prepare(vm):
    """What the administrator has running already."""
    check(vm.wait('systemctl is-active postgresql@15-main redis-server docker', 120) is not None,
          'the machine has PostgreSQL, Redis and Docker', vm.run('systemctl --failed').out)
    done = vm.run('''set -e
        mkdir -p /tmp/image/bin && cp /bin/busybox /tmp/image/bin/ && ln -s busybox /tmp/image/bin/sleep
        tar -C /tmp/image -c . | docker import - busybox >/dev/null
        docker run -d --name web --label team=shop busybox /bin/sleep 10000
        mkdir -p /media/payload && mount -o ro /dev/vdb /media/payload''')
    check(done.status == 0, 'a container of Docker runs', done.out)
    check(vm.run('test "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs').status == 0, 'control groups are of version 2 only')


def install(vm):
    mark = vm.mark()
    done = vm.run('''begin=${EPOCHREALTIME/./}
        dpkg -i /media/payload/release1.deb >/tmp/dpkg.log 2>&1 || exit 1
        installed=${EPOCHREALTIME/./}
        until curl -fs -o /dev/null http://127.0.0.1:9100/metrics; do
          (( ${EPOCHREALTIME/./} < begin + 60000000 )) || exit 2
        done
        echo $(( (installed - begin) / 1000 )) $(( (${EPOCHREALTIME/./} - installed) / 1000 ))''')
    check(done.status == 0, 'dpkg -i installs the package and its service answers', vm.run('cat /tmp/dpkg.log').out)
    dpkg, scrape = (int(word) for word in done.out.split())
    # An emulator takes about ten times as long as a processor: dpkg and its scripts alone are some seconds there.
    print(f'# dpkg -i took {dpkg} ms, from its end to the first page {scrape} ms')
    check(scrape < 2000, 'from the end of dpkg -i to the first page: less than 2 s', done.out)
    page = vm.wait_page()
    check(page and page.value('node_uname_info') == 1, 'the page comes from outside the machine')
    check(page.value('redis_up') == 1, 'Redis is found and up')
    check(page.value('pg_up') == 0, 'PostgreSQL is found; the role is missing')
    check((page.value('container_memory_usage_bytes', id='/system.slice/' + UNIT) or 0) > 0, 'containers: memory of our own group')
    check(vm.told_once(mark, 'does not exist', 'to let it in run CREATE ROLE'),
          'one line of the journal names the missing role and the remedy', vm.journal(mark))

    mark = vm.mark()
    done = vm.run('resource_exporter acl postgres 2>/dev/null | su postgres -c "psql -qv ON_ERROR_STOP=1"')
    check(done.status == 0, 'the statements of "acl postgres" make the role', done.out)
    up = wait_for(lambda: (vm.page().value('pg_up') == 1) and vm.page(), 30, interval=0.5)
    check(up and (up.value('pg_stat_database_numbackends', datname='postgres') or 0) >= 0, 'then PostgreSQL is up',
          vm.journal(mark))


def rights(vm):
    page = vm.page()
    cid = vm.run('docker ps -q --no-trunc').out
    group = f'/system.slice/docker-{cid}.scope'
    check((page.value('container_memory_usage_bytes', id=group) or 0) > 0, "without capabilities: the container's memory")
    capabilities = vm.run(f'grep -hE "^Cap(Prm|Eff|Amb)" /proc/$(systemctl show -p MainPID --value {UNIT})/status').out
    check(set(re.findall(r'\w+$', capabilities, re.M)) == {'0' * 16}, 'the service has no capabilities', capabilities)
    done = vm.run(f'''set -e
        mkdir -p /etc/systemd/system/{UNIT}.d
        resource_exporter acl systemd >/etc/systemd/system/{UNIT}.d/rights.conf
        systemctl daemon-reload
        systemctl restart {UNIT}''')
    check(done.status == 0, 'the drop-in of "acl systemd" is taken', done.out)
    page = vm.wait_page()
    check((page.value('container_memory_usage_bytes', id=group, name='web') or 0) > 0, 'with it the container has its name')
    check(page.value('container_start_time_seconds', id=group, container_label_team='shop') is not None, 'and its labels')
    given = vm.run(f'systemctl show -p AmbientCapabilities --value {UNIT}').out
    check(given == 'cap_dac_read_search cap_sys_ptrace', 'these are the capabilities of the default collectors', given)


def figures(vm):
    analysis = vm.run(f'systemd-analyze security --no-pager {UNIT} | tail -n 1').out
    exposure = float(re.search(r': ([0-9.]+)', analysis).group(1))
    check(exposure <= 3.0, f'systemd-analyze security: {exposure} is at most 3.0, the drop-in included', analysis)
    memory = wait_for(lambda: (kilobytes(vm) < 16000) and kilobytes(vm), 40, interval=1)
    check(memory, f'resident memory with all four modules: {kilobytes(vm) / 1000:.1f} MB, below 16')
    check(os.path.getsize(vm.package) < 3_000_000, f'the package: {os.path.getsize(vm.package) / 1e6:.2f} MB, below 3')


def kilobytes(vm):
    vm.page()
    return int(vm.run(f'awk "/^VmRSS/ {{print \\$2}}" /proc/$(systemctl show -p MainPID --value {UNIT})/status').out)


def failures(vm):
    vm.run(f'kill -9 $(systemctl show -p MainPID --value {UNIT})')
    check(vm.wait(f'test $(systemctl show -p NRestarts --value {UNIT}) = 1 && systemctl is-active {UNIT}'), 'after kill -9 it is started again')
    check(vm.wait_page(), 'and answers')

    vm.run(f'''echo 'http_server_config: {{headers: {{X-Frame-Options: deny}}}}' >/etc/resource_exporter.yml
        chmod 644 /etc/resource_exporter.yml
        sed -i 's|^ARGS=.*|ARGS="--web.config.file=/etc/resource_exporter.yml"|' {OPTIONS}
        systemctl restart {UNIT}''')
    page = vm.wait_page()
    check(page and page.headers.get('X-Frame-Options') == 'deny', 'the options file is read')
    vm.run(f"sed -i s/deny/sameorigin/ /etc/resource_exporter.yml; systemctl reload {UNIT}")
    changed = wait_for(lambda: vm.page().headers.get('X-Frame-Options') == 'sameorigin', 20)
    check(changed, 'systemctl reload reads the configuration again')

    vm.run('echo u >/proc/sysrq-trigger; systemctl restart ' + UNIT)  # the emergency's way: nobody is asked
    page = vm.wait_page()
    check(page and page.value('node_filesystem_readonly', mountpoint='/') == 1, 'on a read-only file system it starts and says so')
    vm.run('mount -o remount,rw / && systemctl restart postgresql@15-main redis-server')
    wait_for(lambda: vm.page().value('pg_up') == 1, 60, interval=0.5)
    vm.run('date -s "+1 day" >/dev/null')
    page = vm.wait_page()
    check(page and abs(page.value('node_time_seconds') - time.time() - 86400) < 120, 'a clock that jumps ahead is shown')
    # The journal's entries of tomorrow would stand between us and those that follow.
    vm.run('date -s "-1 day" >/dev/null; journalctl --rotate; rm -f /var/log/journal/*/*@* /run/log/journal/*/*@*')
    mark = vm.mark()
    check(vm.wait_page() and 'error' not in vm.journal(mark).lower(), 'and back', vm.journal(mark))

    vm.run(f'systemctl stop {UNIT}; systemd-run --unit=other -q python3 -m http.server 9100')
    vm.wait('curl -fs -o /dev/null http://127.0.0.1:9100/')
    mark = vm.mark()
    vm.run(f'systemctl start {UNIT}')
    told = wait_for(lambda: 'another program listens there' in vm.journal(mark), 15, interval=0.5)
    errors = set(re.findall(r'level=ERROR .*', vm.journal(mark)))  # each try says the same
    check(told and len(errors) == 1, 'a port in use: one line says so', vm.journal(mark))
    vm.run(f'systemctl stop other; systemctl reset-failed {UNIT}; systemctl start {UNIT}')
    check(vm.wait_page(), 'when it is free the service starts')


def denials(vm):
    """What somebody forbids costs its own samples, and one line of the journal names it."""
    vm.run(f"""sed -i 's|^#*DATA_SOURCE_NAME=.*|DATA_SOURCE_NAME="host=/run/postgresql user=resource_exporter dbname=postgres"|' {OPTIONS}
        chmod 600 /run/postgresql/.s.PGSQL.5432""")
    mark = vm.mark()
    vm.run(f'systemctl restart {UNIT}')
    page = vm.wait_page()
    check(page.value('pg_up') == 0 and page.value('redis_up') == 1 and vm.told_once(mark, '/run/postgresql', 'Permission denied'),
          'a socket that may not be reached: pg_up 0, one line, the rest stays', vm.journal(mark))
    vm.run(f"chmod 777 /run/postgresql/.s.PGSQL.5432; sed -i 's|^DATA_SOURCE_NAME=.*||' {OPTIONS}")

    done = vm.run("""cat >/tmp/profile <<'PROFILE'
#include <tunables/global>
profile resource_exporter /usr/bin/resource_exporter {
  file,
  capability,
  unix,
  dbus,
  ptrace,
  signal,
  network inet,
  network inet6,
  network unix,
  deny /proc/meminfo r,
}
PROFILE
        apparmor_parser -a /tmp/profile""")
    check(done.status == 0, "a profile of AppArmor's that forbids /proc/meminfo and netlink", done.out)
    mark = vm.mark()
    vm.run(f'systemctl restart {UNIT}')
    page = vm.wait_page()
    confined = vm.run(f'cat /proc/$(systemctl show -p MainPID --value {UNIT})/attr/current').out
    check(confined == 'resource_exporter (enforce)', 'is in force', confined)
    check(page.value('node_memory_MemTotal_bytes') is None and page.value('node_load1') is not None and page.value('pg_up') == 1
          and page.value('node_scrape_collector_success', collector='meminfo') == 0, 'it costs meminfo, and the rest stays')
    check(vm.told_once(mark, 'collector=meminfo', 'kind=denied', 'Permission denied'), 'one line of the journal names the file', vm.journal(mark))
    vm.run(f'apparmor_parser -R /tmp/profile; systemctl restart {UNIT}')
    vm.wait_page()


def watchdog(vm):
    """A process that stands still is ended and started anew."""
    vm.run(f'''mkdir -p /run/systemd/system/{UNIT}.d
        printf '[Service]\\nWatchdogSec=15s\\n' >/run/systemd/system/{UNIT}.d/short.conf
        systemctl daemon-reload; systemctl restart {UNIT}; systemctl reset-failed {UNIT}''')
    vm.wait_page()
    pid = vm.run(f'systemctl show -p MainPID --value {UNIT}').out
    vm.run(f'kill -STOP {pid}')
    again = vm.wait(f'test "$(systemctl show -p MainPID --value {UNIT})" != {pid} && curl -fs -o /dev/null http://127.0.0.1:9100/', 60)
    check(again, 'a process that stands still is ended by the watchdog and started again')
    vm.run(f'rm -r /run/systemd/system/{UNIT}.d; systemctl daemon-reload')


def upgrade(vm):
    before = vm.run(f'systemctl show -p MainPID --value {UNIT}').out
    done = vm.run('DEBIAN_FRONTEND=noninteractive dpkg --force-confdef -i /media/payload/release2.deb')
    check(done.status == 0 and vm.run('dpkg-query -W -f \'${Version}\' resource-exporter').out.endswith('-2'), 'an upgrade', done.out)
    page = vm.wait_page()
    after = vm.run(f'systemctl show -p MainPID --value {UNIT}').out
    check(page and after not in ('0', before), 'starts the new program')
    check(vm.run(f'grep -c web.config.file=/etc {OPTIONS}').out == '1', 'and keeps the changed options file')
    check(page.value('container_memory_usage_bytes', name='web') is not None, 'and the drop-in')

    mark = vm.mark()
    vm.run(f'''sed -i 's|^ARGS=.*|ARGS="--collector.bogus"|' {OPTIONS}; systemctl restart {UNIT}; sleep 2''')
    state = vm.run(f'systemctl is-active {UNIT}').out
    check(state == 'failed' and vm.told_once(mark, 'bogus'), 'a wrong option: the unit fails and one line names it', state + '\n' + vm.journal(mark))
    vm.run(f'''sed -i 's|^ARGS=.*|ARGS=""|' {OPTIONS}; systemctl restart {UNIT}''')
    check(vm.wait_page(), 'mended, it starts')


def remove(vm):
    vm.run(f'systemctl disable {UNIT}; dpkg -i /media/payload/release2.deb')
    check(vm.run(f'systemctl is-enabled {UNIT}').out == 'disabled', 'what was disabled stays so over an installation')
    done = vm.run('dpkg -r resource-exporter')
    check(done.status == 0 and vm.run(f'systemctl is-active {UNIT}').out == 'inactive', 'dpkg -r stops the service', done.out)
    check(vm.run(f'test -e {OPTIONS} && ! test -e /usr/bin/resource_exporter').status == 0, 'and keeps the options file')
    done = vm.run('dpkg -P resource-exporter')
    left = vm.run('''find / -xdev \\( -name '*resource_exporter*' -o -name '*resource-exporter*' \\) \\
        -not -path '/var/log/*' -not -path '/proc/*' -not -path '/etc/resource_exporter.yml'; getent passwd resource_exporter;
        getent group resource_exporter''').out
    check(done.status == 0 and left == '', 'dpkg -P leaves nothing', done.out + '\n' + left)


def change_over(vm):
    """From Debian's node_exporter and back, by the commands that migrate prints."""
    vm.run("""rm -f /etc/systemd/system/prometheus-node-exporter.service
        echo 'ARGS="--collector.systemd --no-collector.wifi"' >/etc/default/prometheus-node-exporter
        systemctl daemon-reload; systemctl enable --now prometheus-node-exporter""")
    check(wait_for(lambda: 'go_goroutines' in vm.page().samples, 60, interval=0.5), 'node_exporter has the port')
    done = vm.run('dpkg -i /media/payload/release2.deb')
    check(done.status == 0 and 'journalctl -u resource_exporter' in done.out and 'go_goroutines' in vm.page().samples,
          'the package can be installed beside it, and says that it did not start', done.out)
    plan = vm.run(f'resource_exporter migrate --output={OPTIONS} 2>&1').out
    check(vm.run(f'stat -c "%a %U" {OPTIONS}').out in ('600 root', '640 root') and vm.run(f'grep -c -- --collector.systemd {OPTIONS}').out == '1',
          'migrate writes the options of the service that runs', plan)

    def commands(title):
        part = plan.split(f'== {title}', 1)[1].split('\n#\n', 1)[0]
        return '\n'.join(line.removeprefix('#').strip() for line in part.splitlines()[1:]
                         if line.startswith('#') and 'migrate --output' not in line)

    done = vm.run(commands('Change over'))
    page = wait_for(lambda: 'resource_exporter_build_info' in vm.page().samples and vm.page(), 30, interval=0.5)
    check(done.status == 0 and page and page.value('node_systemd_units', state='active') > 0, 'the printed commands change over',
          commands('Change over') + '\n' + done.out)
    done = vm.run(commands('And back'))
    back = wait_for(lambda: 'go_goroutines' in vm.page().samples, 60, interval=0.5)
    check(done.status == 0 and back, 'and back', commands('And back') + '\n' + done.out)


def main():
    image, folder = (os.path.abspath(name) for name in sys.argv[1:])
    with tempfile.TemporaryDirectory(dir=folder) as work:
        begin = time.monotonic()
        try:
            vm = Machine(image, folder, work)
        except StartError as error:
            check(False, 'the machine boots', f'{error}\n' + open(os.path.join(folder, 'console.log'), errors='replace').read()[-2000:])
            return summary()
        vm.package = os.path.join(folder, 'release1.deb')
        print(f'# the machine is up after {time.monotonic() - begin:.0f} s')
        try:
            for part in (prepare, install, rights, figures, failures, denials, watchdog, upgrade, remove, change_over):
                part(vm)
                print(f'# {part.__name__}: {time.monotonic() - begin:.0f} s', flush=True)
        except Exception as error:  # pylint: disable=broad-except
            check(False, 'the test reaches its end', repr(error))
            raise
        finally:
            try:
                with open(os.path.join(folder, 'journal'), 'w', encoding='utf-8') as file:
                    file.write(vm.run('journalctl -b --no-pager -o short-monotonic').out)
            except OSError:
                pass
            vm.process.stop()
    return summary()


if __name__ == '__main__':
    sys.exit(main())
