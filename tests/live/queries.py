"""What a dashboard asks for, and where else the same value can be had.

Each row is a PromQL expression, in which $job stands for the scrape job, a function that reads the value from its
source, and how far the two may be apart: the page is up to a scrape older than the source. The expression must give
exactly one sample."""
import os
import time
from collections import namedtuple

import sources
from sources import df, free_bytes, meminfo, netstat, text, vmstat, word, word_of_interface

Check = namedtuple('Check', 'query source absolute relative', defaults=(0, 0))
MIB = 1 << 20


def one():
    return 1


def zero():
    return 0


def node():
    disk, _ = sources.busiest_disk()
    system = os.uname()
    cpu_count = os.sysconf('SC_NPROCESSORS_ONLN')
    ticks = os.sysconf('SC_CLK_TCK')
    root = 'mountpoint="/",fstype!="rootfs"'
    return [
        Check('node_memory_MemTotal_bytes{job="$job"}', lambda: free_bytes('Mem', 'total')),
        Check('node_memory_MemFree_bytes{job="$job"}', lambda: free_bytes('Mem', 'free'), 256 * MIB),
        Check('node_memory_MemAvailable_bytes{job="$job"}', lambda: free_bytes('Mem', 'available'), 256 * MIB),
        Check('node_memory_Buffers_bytes{job="$job"}', lambda: free_bytes('Mem', 'buffers'), 32 * MIB),
        Check('node_memory_Cached_bytes{job="$job"} + node_memory_SReclaimable_bytes{job="$job"}',
              lambda: free_bytes('Mem', 'cache'), 256 * MIB),
        Check('node_memory_SwapTotal_bytes{job="$job"}', lambda: free_bytes('Swap', 'total')),
        Check('node_memory_Slab_bytes{job="$job"}', lambda: meminfo('Slab'), 64 * MIB),
        Check('node_memory_Hugepagesize_bytes{job="$job"}', lambda: meminfo('Hugepagesize')),
        Check('count(node_cpu_seconds_total{job="$job",mode="idle"})', lambda: cpu_count),
        Check('sum(node_cpu_seconds_total{job="$job",mode="idle"})', lambda: vmstat('idle cpu ticks') / ticks, 6, 0.001),
        Check('sum(node_cpu_seconds_total{job="$job",mode="system"})', lambda: vmstat('system cpu ticks') / ticks, 3),
        Check('node_cpu_seconds_total{job="$job",cpu="0",mode="user"}', lambda: word('/proc/stat', 'cpu0 ', 0) / ticks, 4),
        Check('node_load1{job="$job"}', lambda: float(text('/proc/loadavg').split()[0]), 0.5),
        Check('node_load15{job="$job"}', lambda: float(text('/proc/loadavg').split()[2]), 0.1),
        Check('node_boot_time_seconds{job="$job"}', lambda: vmstat('boot time'), 1),
        Check('node_time_seconds{job="$job"}', time.time, 3),
        Check('node_context_switches_total{job="$job"}', lambda: vmstat('CPU context switches'), 200000, 0.01),
        Check('node_forks_total{job="$job"}', lambda: vmstat('forks'), 500),
        Check('node_procs_blocked{job="$job"}', lambda: word('/proc/stat', 'procs_blocked ', 0), 4),
        Check('node_vmstat_pgfault{job="$job"}', lambda: word('/proc/vmstat', 'pgfault ', 0), 2000000, 0.01),
        Check('node_vmstat_pswpout{job="$job"}', lambda: vmstat('pages swapped out'), 100),
        Check(f'node_filesystem_size_bytes{{job="$job",{root}}}', lambda: df('size')),
        Check(f'node_filesystem_avail_bytes{{job="$job",{root}}}', lambda: df('avail'), 256 * MIB),
        Check(f'node_filesystem_files{{job="$job",{root}}}', lambda: float(run_df_inodes())),
        Check(f'node_filesystem_readonly{{job="$job",{root}}}', zero),
        Check('node_network_receive_bytes_total{job="$job",device="lo"}',
              lambda: word_of_interface('/proc/net/dev', 'lo', 0), 20 * MIB),
        Check('node_network_transmit_packets_total{job="$job",device="lo"}',
              lambda: word_of_interface('/proc/net/dev', 'lo', 9), 20000),
        Check('node_network_mtu_bytes{job="$job",device="lo"}', lambda: float(text('/sys/class/net/lo/mtu'))),
        Check('node_netstat_Tcp_CurrEstab{job="$job"}', lambda: netstat('snmp', 'Tcp', 'CurrEstab'), 20),
        Check('node_netstat_Tcp_InSegs{job="$job"}', lambda: netstat('snmp', 'Tcp', 'InSegs'), 20000),
        Check('node_netstat_TcpExt_ListenDrops{job="$job"}', lambda: netstat('netstat', 'TcpExt', 'ListenDrops'), 5),
        Check('node_sockstat_TCP_inuse{job="$job"}', lambda: word('/proc/net/sockstat', 'TCP: inuse ', 0), 20),
        Check(f'node_disk_read_bytes_total{{job="$job",device="{disk}"}}',
              lambda: sources.busiest_disk()[1][2] * 512, 128 * MIB),
        Check(f'node_disk_reads_completed_total{{job="$job",device="{disk}"}}',
              lambda: sources.busiest_disk()[1][0], 5000),
        Check('node_filefd_maximum{job="$job"}', lambda: float(text('/proc/sys/fs/file-max'))),
        Check('node_filefd_allocated{job="$job"}', lambda: float(text('/proc/sys/fs/file-nr').split()[0]), 2000),
        Check('node_entropy_pool_size_bits{job="$job"}', lambda: float(text('/proc/sys/kernel/random/poolsize'))),
        Check(f'node_uname_info{{job="$job",nodename="{system.nodename}",release="{system.release}",'
              f'machine="{system.machine}",sysname="Linux"}}', one),
        Check('node_scrape_collector_success{job="$job",collector="cpu"}', one),
    ]


def run_df_inodes():
    return sources.run('df', '--output=itotal', '/').splitlines()[-1]


def container(docker):
    busy, idle = (sources.Container(docker, name) for name in (docker.BUSY, docker.IDLE))
    host = busy.inspected['HostConfig']
    checks = [
        Check('count(container_last_seen{job="$job",container_label_com_example_tier=~"front|back"})', lambda: 2),
        Check('container_last_seen{job="$job",name="live-busy",image="live:1",container_label_com_example_tier="back"}',
              time.time, 5),
        Check('container_start_time_seconds{job="$job",name="live-idle"}', idle.started, 2),
        Check('container_spec_memory_limit_bytes{job="$job",name="live-busy"}', lambda: host['Memory']),
        Check('container_spec_cpu_quota{job="$job",name="live-busy"}', lambda: host['NanoCpus'] / 1e9 * 100000),
        Check('container_spec_cpu_period{job="$job",name="live-busy"}', lambda: 100000),
        Check('sum(container_cpu_usage_seconds_total{job="$job",name="live-busy"})', busy.cpu_seconds, 0.6),
        Check('sum(container_cpu_usage_seconds_total{job="$job",name="live-idle"})', idle.cpu_seconds, 0.005),
        Check('sum(container_cpu_user_seconds_total{job="$job",name="live-busy"}) +'
              ' sum(container_cpu_system_seconds_total{job="$job",name="live-busy"})', busy.cpu_seconds, 0.6),
        Check('container_cpu_cfs_periods_total{job="$job",name="live-busy"}', lambda: busy.cpu_stat('nr_periods'), 25),
        Check('container_cpu_cfs_throttled_periods_total{job="$job",name="live-busy"}',
              lambda: busy.cpu_stat('nr_throttled'), 25),
        Check('container_memory_usage_bytes{job="$job",name="live-idle"}',
              lambda: idle.memory('memory.usage_in_bytes', 'memory.current'), 64 << 10),
        Check('container_memory_working_set_bytes{job="$job",name="live-idle"}', idle.working_set, 64 << 10),
        Check('container_memory_max_usage_bytes{job="$job",name="live-busy"}',
              lambda: busy.memory('memory.max_usage_in_bytes', 'memory.peak'), 64 << 10),
        Check('container_memory_rss{job="$job",name="live-busy"}', lambda: busy.memory_stat('total_rss', 'anon'), 64 << 10),
        Check('container_memory_cache{job="$job",name="live-busy"}', lambda: busy.memory_stat('total_cache', 'file'), 64 << 10),
        Check('container_memory_failures_total{job="$job",name="live-busy",failure_type="pgfault",scope="container"}',
              lambda: busy.memory_stat('pgfault', 'pgfault'), 200),
        Check('machine_memory_bytes{job="$job"}', lambda: meminfo('MemTotal')),
        Check('machine_cpu_cores{job="$job"}', lambda: os.sysconf('SC_NPROCESSORS_ONLN')),
    ]
    if docker.network:
        for name, column in (('receive_bytes', 0), ('receive_packets', 1), ('receive_errors', 2), ('transmit_bytes', 8),
                             ('transmit_packets', 9), ('transmit_packets_dropped', 11)):
            checks.append(Check(f'container_network_{name}_total{{job="$job",name="live-idle",interface="eth0"}}',
                                lambda column=column: idle.network(column), 2000 if 'bytes' in name else 20))
    return checks


def postgres(server):
    def still(column):
        return lambda: server.number(f"SELECT {column} FROM pg_stat_database WHERE datname = 'still'")

    def item(column):
        return lambda: server.number(f"SELECT {column} FROM pg_stat_user_tables WHERE relname = 'item'", 'watched')

    def view(column, name):
        return lambda: server.number(f'SELECT {column} FROM {name}')

    def setting(name, factor=1):
        return lambda: server.number(f"SELECT setting FROM pg_settings WHERE name = '{name}'") * factor

    held = "FROM pg_stat_activity WHERE datname = 'held' AND state = 'idle in transaction'"
    locks = "FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE datname = 'held' AND mode = 'AccessShareLock'"
    checks = [Check('pg_up{job="$job"}', one)]
    checks += [Check(f'pg_stat_database_{column}{{job="$job",datname="still"}}', still(column))
               for column in ('xact_commit', 'xact_rollback', 'tup_inserted', 'tup_updated', 'tup_deleted', 'tup_returned',
                              'tup_fetched', 'blks_read', 'blks_hit', 'conflicts', 'deadlocks', 'temp_files', 'temp_bytes',
                              'numbackends')]
    checks += [Check(f'pg_stat_database_{column}_total{{job="$job",datname="still"}}', still(column))
               for column in ('sessions', 'sessions_fatal', 'sessions_killed')]
    checks += [Check(f'pg_stat_user_tables_{column}{{job="$job",datname="watched",schemaname="public",relname="item"}}',
                     item(column))
               for column in ('n_live_tup', 'n_dead_tup', 'n_tup_ins', 'n_tup_upd', 'n_tup_del', 'n_tup_hot_upd',
                              'seq_scan', 'idx_scan')]
    return checks + [
        Check('pg_stat_user_tables_n_live_tup{job="$job",datname="other",relname="item"}', lambda: 2900),
        Check('pg_stat_user_tables_table_size_bytes{job="$job",datname="other",relname="item"}',
              lambda: server.number("SELECT pg_table_size('item')", 'other')),
        Check('pg_stat_user_tables_last_analyze{job="$job",datname="watched",relname="item"}',
              item('extract(epoch FROM last_analyze)'), 1),
        Check('pg_database_size_bytes{job="$job",datname="still"}', lambda: server.number("SELECT pg_database_size('still')")),
        Check('sum(pg_stat_activity_count{job="$job",datname="held",state="idle in transaction"})',
              lambda: server.number('SELECT count(*) ' + held)),
        Check('max(pg_stat_activity_max_tx_duration{job="$job",datname="held",state="idle in transaction"})',
              lambda: server.number('SELECT extract(epoch FROM max(now() - xact_start)) ' + held), 4),
        Check('sum(pg_locks_count{job="$job",datname="held",mode="accesssharelock"})',
              lambda: server.number('SELECT count(*) ' + locks)),
        Check('pg_settings_max_connections{job="$job"}', setting('max_connections')),
        Check('pg_settings_shared_buffers_bytes{job="$job"}', setting('shared_buffers', 8192)),
        Check('pg_settings_work_mem_bytes{job="$job"}', setting('work_mem', 1024)),
        Check('pg_settings_max_wal_size_bytes{job="$job"}', setting('max_wal_size', MIB)),
        Check('pg_settings_random_page_cost{job="$job"}', setting('random_page_cost')),
        Check('pg_replication_is_replica{job="$job"}', zero),
        Check('pg_replication_lag_seconds{job="$job"}', zero),
        Check('pg_stat_bgwriter_checkpoints_req_total{job="$job"}', view('checkpoints_req', 'pg_stat_bgwriter'), 1),
        Check('pg_stat_bgwriter_buffers_alloc_total{job="$job"}', view('buffers_alloc', 'pg_stat_bgwriter'), 200),
        Check('pg_stat_archiver_failed_count{job="$job"}', view('failed_count', 'pg_stat_archiver')),
        Check('pg_archive_ready_files{job="$job"}', view('count(*)', "pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")),
        Check('pg_prepared_xacts_count{job="$job"}', zero),
        Check('pg_stat_wal_records_total{job="$job"}', view('wal_records', 'pg_stat_wal'), 1000),
        Check('count(pg_xmin_horizon_age{job="$job"})', lambda: 5),
        Check('pg_stat_slru_blks_hit_total{job="$job",name="transaction"}',
              view('blks_hit', "pg_stat_slru WHERE lower(name) IN ('xact', 'transaction')"), 1000),
    ]


def redis(server):
    def info(field, factor=1):
        return lambda: server.number(field) * factor

    def command(name, field):
        return lambda: float(dict(part.split('=') for part in server.info()[f'cmdstat_{name}'].split(','))[field])

    def keyspace(database, field):
        return lambda: float(dict(part.split('=') for part in server.info()[database].split(','))[field])

    version = server.info()['redis_version']
    return [
        Check('redis_up{job="$job"}', one),
        Check(f'redis_instance_info{{job="$job",role="master",redis_mode="standalone",redis_version="{version}"}}', one),
        Check('redis_uptime_in_seconds{job="$job"}', info('uptime_in_seconds'), 3),
        Check('redis_connected_clients{job="$job"}', info('connected_clients'), 3),
        Check('redis_blocked_clients{job="$job"}', info('blocked_clients')),
        Check('redis_connected_slaves{job="$job"}', info('connected_slaves')),
        Check('redis_memory_used_bytes{job="$job"}', info('used_memory'), MIB),
        Check('redis_memory_used_rss_bytes{job="$job"}', info('used_memory_rss'), 4 * MIB),
        Check('redis_memory_max_bytes{job="$job"}', info('maxmemory')),
        Check('redis_config_maxclients{job="$job"}', lambda: float(server.call('CONFIG', 'GET', 'maxclients').split()[1])),
        Check('redis_db_keys{job="$job",db="db0"}', keyspace('db0', 'keys')),
        Check('redis_db_keys{job="$job",db="db3"}', keyspace('db3', 'keys')),
        Check('redis_db_keys_expiring{job="$job",db="db0"}', keyspace('db0', 'expires')),
        Check('redis_keyspace_hits_total{job="$job"}', info('keyspace_hits')),
        Check('redis_keyspace_misses_total{job="$job"}', info('keyspace_misses')),
        Check('redis_expired_keys_total{job="$job"}', info('expired_keys')),
        Check('redis_evicted_keys_total{job="$job"}', info('evicted_keys')),
        Check('redis_rejected_connections_total{job="$job"}', info('rejected_connections')),
        Check('redis_commands_processed_total{job="$job"}', info('total_commands_processed'), 300),
        Check('redis_commands_total{job="$job",cmd="set"}', command('set', 'calls')),
        Check('redis_commands_duration_seconds_total{job="$job",cmd="set"}',
              lambda: command('set', 'usec')() / 1e6, 1e-9),
        Check('redis_net_input_bytes_total{job="$job"}', info('total_net_input_bytes'), 100000),
        Check('redis_net_output_bytes_total{job="$job"}', info('total_net_output_bytes'), 4 * MIB),
        Check('redis_rdb_last_save_timestamp_seconds{job="$job"}', info('rdb_last_save_time')),
    ]


def checks_of(module, postgres_server, redis_server, docker):
    if module == 'node':
        return node()
    if module == 'container':
        return container(docker)
    return postgres(postgres_server) if module == 'postgres' else redis(redis_server)
