"""Redis servers that belong together: a cluster of six, a master with a replica, and three Sentinels that change over when
the master ends. One exporter is told all servers of a set, another a single one, which names it the others; values are
those of redis-cli."""
import os

from pages import Targets
from process import Process, free_port, run, wait_for
from report import check
from servers import Exporter, need


class Node:
    def __init__(self, folder, name, *arguments, program='redis-server'):
        self.port = free_port()
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.cli = need('redis-cli')
        self.process = Process([need(program, '/usr/bin'), *self.file_first(arguments), '--port', str(self.port), '--bind',
                                '127.0.0.1', '--dir', self.folder, *self.own(arguments)],
                               os.path.join(folder, f'{name}.log'))
        self.process.wait_ready(lambda: self.call('PING', check=False) == 'PONG')

    @staticmethod
    def file_first(arguments):
        return arguments[:1] if arguments and not arguments[0].startswith('--') else ()

    @classmethod
    def own(cls, arguments):
        return arguments[len(cls.file_first(arguments)):]

    def call(self, *words, check=True):  # pylint: disable=redefined-outer-name
        return run(self.cli, '-h', '127.0.0.1', '-p', str(self.port), *words, check=check)

    def fields(self, *words):
        return dict(line.strip().split(':', 1) for line in self.call(*words).splitlines() if ':' in line)


def watch_one(program, folder, name, *arguments):
    return Targets(Exporter(program, folder, name=name, arguments=['--no-postgres.discover', *arguments]), '/metrics/redis')


def watch_all(program, folder, nodes, name):
    return watch_one(program, folder, name, '--redis.addr=' + ','.join(f'redis://127.0.0.1:{node.port}' for node in nodes))


def watched(watcher, up=None):
    """Ports of the servers on the page, those that are up or not, or all."""
    return {int(row['target'].rsplit(':', 1)[1]) for row, value in watcher.page().rows('redis_up') if up in (None, value)}


def source(watcher):
    """What is said of the server that names the others."""
    page = watcher.page()
    return (page.value('resource_exporter_target_source_up'), page.value('resource_exporter_target_source_targets'))


def everything(program, folder):
    cluster(program, folder)
    sentinels(program, folder)


def cluster(program, folder):
    # A bus port of our own: the usual one is 10,000 higher than the port, which may be taken or more than there are.
    nodes = [Node(folder, f'node-{number}', '--cluster-enabled', 'yes', '--save', '', '--cluster-node-timeout', '1000',
                  '--repl-diskless-sync-delay', '0', '--cluster-port', str(free_port())) for number in range(6)]
    run(nodes[0].cli, '--cluster', 'create', *[f'127.0.0.1:{node.port}' for node in nodes], '--cluster-replicas', '1',
        '--cluster-yes')
    wait_for(lambda: {node.fields('CLUSTER', 'INFO')['cluster_state'] for node in nodes} == {'ok'}, 20)
    wait_for(lambda: sum(node.call('ROLE').splitlines()[0] == 'slave' for node in nodes) == 3, 20)
    for number in range(30):
        run(nodes[0].cli, '-c', '-p', str(nodes[0].port), 'SET', f'key:{number}', 'x')
    watch = watch_all(program, folder, nodes, 'cluster')
    named = watch_one(program, folder, 'cluster-named', '--is-cluster', f'--redis.addr=127.0.0.1:{nodes[5].port}')
    check(watched(named, 1) == {node.port for node in nodes}, 'cluster: one node names them all, at the first scrape')
    check(source(named) == (1, 6), 'cluster: and is said to', source(named))
    watch.page()
    for number, node in enumerate(nodes):
        for field in ('cluster_known_nodes', 'cluster_size', 'cluster_slots_assigned', 'cluster_slots_fail',
                      'cluster_current_epoch', 'cluster_my_epoch'):
            watch.equal(f'cluster, node {number}', f'redis_{field}', node,
                        lambda node=node, field=field: node.fields('CLUSTER', 'INFO')[field])
        watch.equal(f'cluster, node {number}', 'redis_db_keys', node, lambda node=node: node.call('DBSIZE'), db='db0')
    page = watch.page()
    check(all(watch.of('redis_cluster_enabled', node, page) == 1 for node in nodes), 'cluster: all nodes say it is one')
    masters = [node for node in nodes if node.call('ROLE').splitlines()[0] == 'master']
    check(all(watch.of('redis_connected_slaves', node, page) == (1 if node in masters else 0) for node in nodes),
          'cluster: masters have a replica each, replicas none')
    check(sum(watch.of('redis_db_keys', node, page, db='db0') for node in masters) == 30, 'cluster: the masters have all keys')
    masters[0].id = masters[0].call('CLUSTER', 'MYID')
    masters[0].process.stop()
    rest = [node for node in nodes if node is not masters[0]]
    lost = wait_for(lambda: watch.of('redis_up', masters[0]) == 0, 10, 0.2)
    check(lost, 'cluster: a dead node is down')
    check(watched(named, 0) == {masters[0].port} and len(watched(named, 1)) == 5, 'cluster: of those that were named, it alone')
    page = watch.page()
    check(all(watch.of('redis_up', node, page) == 1 and watch.of('redis_cluster_known_nodes', node, page) == 6
              for node in rest), 'cluster: and costs only its own samples')
    taken = wait_for(lambda: sum(watch.of('redis_instance_info', node, role='master') == 1 for node in rest) == 3, 20, 0.3)
    check(taken, 'cluster: its replica is shown as a master once it took over')
    gone = masters[0].id
    for node in rest:
        node.call('CLUSTER', 'FORGET', gone)
    check(wait_for(lambda: watched(named) == {node.port for node in rest}, 25, 0.3),
          'cluster: a node that is taken out goes from the page', watched(named))
    for one in [watch.exporter, named.exporter, *rest]:
        one.process.stop()


def sentinels(program, folder):
    master = Node(folder, 'master', '--save', '', '--repl-diskless-sync-delay', '0')
    replica = Node(folder, 'replica', '--save', '', '--replicaof', '127.0.0.1', str(master.port))
    wait_for(lambda: replica.fields('INFO', 'replication')['master_link_status'] == 'up', 20)
    guards = []
    for number in range(3):
        path = os.path.join(folder, f'sentinel-{number}.conf')
        with open(path, 'w', encoding='ascii') as file:
            file.write(f'sentinel monitor shop 127.0.0.1 {master.port} 2\nsentinel down-after-milliseconds shop 1000\n'
                       'sentinel failover-timeout shop 3000\n')
        guards.append(Node(folder, f'sentinel-{number}', path, '--sentinel'))
    wait_for(lambda: guards[0].call('SENTINEL', 'CKQUORUM', 'shop', check=False).startswith('OK 3'), 20)
    wait_for(lambda: '127.0.0.1' in guards[0].call('SENTINEL', 'REPLICAS', 'shop'), 20)
    watch = watch_all(program, folder, [master, replica, *guards], 'sentinels')
    named = watch_one(program, folder, 'sentinels-named', f'--redis.addr=sentinel://127.0.0.1:{guards[2].port}/shop')
    everyone = {server.port for server in (master, replica, *guards)}
    check(watched(named, 1) == everyone, 'sentinels: one of them names all servers', watched(named, 1))
    watch.page()
    watch.equal('replica', 'redis_slave_repl_offset', replica,
                lambda: replica.fields('INFO', 'replication')['slave_repl_offset'])
    watch.equal('master', 'redis_master_repl_offset', master,
                lambda: master.fields('INFO', 'replication')['master_repl_offset'])
    page = watch.page()
    check(watch.of('redis_slave_info', replica, page, master_port=str(master.port)) == 1 and
          watch.of('redis_master_link_up', replica, page) == 1, 'replica: it knows its master, and the link is up')
    check(watch.of('redis_connected_slaves', master, page) == 1 and
          watch.of('redis_connected_slave_lag_seconds', master, page, slave_port=str(replica.port)) in (0, 1),
          'master: it knows its replica')
    for number, guard in enumerate(guards):
        for metric, wanted in (('redis_sentinel_masters', 1), ('redis_sentinel_master_slaves', 1),
                               ('redis_sentinel_master_ok_slaves', 1), ('redis_sentinel_master_sentinels', 3),
                               ('redis_sentinel_master_ok_sentinels', 3), ('redis_sentinel_master_status', 1)):
            check(wait_for(lambda guard=guard, metric=metric, wanted=wanted: watch.of(metric, guard) == wanted, 5),
                  f'sentinel {number}: {metric} is {wanted}', watch.of(metric, guard))
    master.process.stop()
    changed = wait_for(lambda: watch.of('redis_sentinel_master_status', guards[0],
                                        master_address=f'127.0.0.1:{replica.port}', master_status='ok') == 1, 30, 0.3)
    check(changed, 'sentinels: the new master is shown after the change')
    page = watch.page()
    check(watch.of('redis_up', master, page) == 0 and watch.of('redis_up', replica, page) == 1, 'sentinels: the old is down')
    check(watch.of('redis_instance_info', replica, page, role='master') == 1, 'sentinels: the replica is a master by now')
    check(watched(named, 0) == {master.port} and watched(named, 1) == everyone - {master.port},
          'sentinels: of those that were named, the old master alone is down')
    guards[2].process.stop()
    check(wait_for(lambda: watched(named, 0) == {master.port, guards[2].port}, 10, 0.3) and source(named) == (1, 5),
          'sentinels: without the one that was told, the others stay', source(named))
    for one in [watch.exporter, named.exporter, replica, *guards[:2]]:
        one.process.stop()
