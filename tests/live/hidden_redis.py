"""Redis whose socket is in a mount namespace of its own, as in a container, found without configuration."""
import os

from faults import sample
from hidden import Unconfigured, taken
from process import Process, run, wait_for
from report import check, skip
from servers import need


class Inside:
    def __init__(self, folder):
        self.folder, self.cli = folder, need('redis-cli')
        self.start()

    def start(self):
        mount = 'mount -t tmpfs -o mode=0755 none /run && mkdir /run/redis && exec "$@"'
        self.process = Process([need('unshare', '/usr/bin'), '-m', 'sh', '-c', mount, 'sh',
                                need('redis-server', '/usr/bin'), '--port', '0', '--unixsocket', '/run/redis/redis.sock',
                                '--save', '', '--dir', self.folder], os.path.join(self.folder, 'inside-redis.log'))
        self.process.wait_ready(lambda: self.call('PING') == 'PONG')

    def call(self, *words):
        return run(self.cli, '-s', f'/proc/{self.process.pid}/root/run/redis/redis.sock', *words, check=False)


def everything(program, folder):
    if os.geteuid() != 0 or taken(6379):
        skip('Redis in a container', 'a mount namespace needs root' if os.geteuid() else 'somebody listens on localhost:6379')
        return
    inside = Inside(folder)
    inside.call('CONFIG', 'SET', 'maxclients', '321')
    # A password of the environment is for servers that somebody named: this one would refuse it.
    exporter = Unconfigured(program, folder, 'inside-redis-exporter', {'REDIS_PASSWORD': 'secret'})

    def shows(metric, value):
        return sample(exporter.page('/metrics/redis')[2], metric) == value

    check(wait_for(lambda: shows('redis_up', '1'), 10, 0.2), 'Redis in a container is found without configuration',
          exporter.log()[-900:])
    check(shows('redis_max_clients', '321') or shows('redis_config_maxclients', '321'), 'Redis in a container: its settings')
    check(f'/proc/{inside.process.pid}/root/run/redis/redis.sock' in exporter.log(),
          'Redis in a container: the log says where it is', exporter.log()[-900:])
    first = inside.process.pid
    inside.process.stop()
    check(wait_for(lambda: shows('redis_up', '0'), 10, 0.2), 'Redis in a container: redis_up 0 when it is gone')
    inside.start()
    check(first != inside.process.pid and wait_for(lambda: shows('redis_up', '1'), 20, 0.3),
          'Redis in a container: found again under another process number', exporter.log()[-900:])
    exporter.process.stop()
    inside.process.stop()
