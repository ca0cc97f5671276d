#!/usr/bin/env bash
# Runs inside the machine that tests/vm/run.sh boots: makes devices, scrapes, checks values, and leaves its results as a
# tar archive on /dev/vdb. The program runs twice: as "ours", root with every collector, and as the installed service.
set -uo pipefail
out=/run/results
mkdir -p $out
cd $out || exit 1
ours=/usr/bin/resource_exporter
theirs=/usr/bin/prometheus-node-exporter
[[ ! -x /opt/node_exporter ]] || theirs=/opt/node_exporter

report() {
  printf '%s\n' "$1"
  printf '%s\n' "$1" >>results
}
note() {
  local seconds
  read -r seconds _ </proc/uptime
  report "# ${seconds%.*} s: $1"
}
# ok NAME STATUS [WHY]
ok() {
  if (($2 == 0)); then report "ok - $1"; else report "not ok - $1${3:+: $3}"; fi
}
skip() { report "skip - $1: $2"; }
finish() {
  [[ -e complete ]] || ok "the guest's script reached its end" 1
  journalctl -b --no-pager -o short-monotonic >journal 2>&1
  tar -cf /dev/vdb .
  sync
}
trap finish EXIT

# scrape FILE [PORT] [QUERY]: a page of ours; its milliseconds are in $took
took=0
scrape() {
  local begin=${EPOCHREALTIME/./} status=0
  curl -gfsS -m 30 -H 'X-Prometheus-Scrape-Timeout-Seconds: 10' "http://127.0.0.1:${2:-9102}/metrics${3:-}" -o "$1" ||
    status=$?
  took=$(((${EPOCHREALTIME/./} - begin) / 1000))
  return $status
}
# expect NAME OPERATOR NUMBER FILE METRIC [LABEL="TEXT"...]: exactly one such series, with such a value. Answered by
# checks.py outside: here each process costs a good part of a second.
expect() {
  local IFS=$'\t'
  printf '%s\n' "expect	$*" >>results
}
property() { systemctl show -p "$2" --value "$1"; }
has_option() { [[ $1 =~ --(\[no-\])?$2([ =]|$'\n') ]]; }
has_collector() { has_option "$our_help" "collector\.$1"; }

note "the tests begin"
cp -a /opt/tree/. /
our_help=$($ours --help 2>&1) their_help=$($theirs --help 2>&1)
chown -R root:root /etc/default/resource_exporter /usr/bin/resource_exporter
systemd-sysusers
systemctl daemon-reload

modprobe -a md_mod raid1 dm_mod bonding bridge 8021q dummy btrfs xfs nfsd nf_conntrack
ok "the kernel has the modules" $?
note "the modules are loaded"

# md RAID 1 over two disks, LVM over a third, btrfs over a fourth, xfs on the array
mdadm --create /dev/md0 --run --assume-clean --level=1 --raid-devices=2 --metadata=1.2 /dev/vdc /dev/vdd
mkfs.xfs -q -f /dev/md0 && mkdir -p /mnt/xfs && mount /dev/md0 /mnt/xfs
ok "xfs on md RAID is mounted" $?
pvcreate -q /dev/vde && vgcreate -q vg0 /dev/vde && lvcreate -q -L 100M -n data vg0 &&
  mkfs.ext4 -q /dev/vg0/data && mkdir -p /mnt/lvm && mount /dev/vg0/data /mnt/lvm
ok "a logical volume is mounted" $?
mkfs.btrfs -q -f /dev/vdf && mkdir -p /mnt/btrfs && mount /dev/vdf /mnt/btrfs
ok "btrfs is mounted" $?
dd if=/dev/zero of=/mnt/xfs/file bs=1M count=8 status=none
dd if=/dev/zero of=/mnt/btrfs/file bs=1M count=8 status=none
sync

# bond0 of two dummies, br0 with a port and VLAN 42 on it
ip link set lo up
ip link add bond0 type bond mode active-backup miimon 100
for slave in dummy1 dummy2; do
  ip link add $slave type dummy
  ip link set $slave master bond0
  ip link set $slave up
done
ip link set bond0 up
ip link add br0 type bridge
ip link add port0 type dummy
ip link set port0 master br0
ip link set port0 up
ip link set br0 up
ip addr add 192.0.2.1/24 dev br0
ip link add link br0 name br0.42 type vlan id 42
ip link set br0.42 up

# NFS from ourselves by way of the loopback
mkdir -p /srv/export /mnt/nfs
echo '/srv/export 127.0.0.1(rw,no_root_squash,insecure,fsid=0)' >/etc/exports
printf '[nfsd]\ngrace-time=10\nlease-time=10\nvers3=n\n' >>/etc/nfs.conf
systemctl start nfs-server.service
ok "the NFS server starts" $?
mount -t nfs4 -o timeo=20,retrans=1,hard 127.0.0.1:/ /mnt/nfs
ok "NFS is mounted" $?
echo text >/mnt/nfs/file
sync /mnt/nfs/file
cat /mnt/nfs/file >/dev/null
note "the devices are there"

wireless=false
if modprobe mac80211_hwsim radios=2; then
  wireless=true
  for radio in wlan0 wlan1; do
    iw dev $radio set type ibss && ip link set $radio up && iw dev $radio ibss join test 2412 fixed-freq 02:11:22:33:44:55
  done
fi

# Every collector that both have, but for those that ask other programs' servers. The filters are given in words since
# Debian's package has its own defaults.
options=(--collector.sysctl.include=kernel.threads-max --collector.sysctl.include-info=kernel.osrelease
         --collector.systemd.enable-restarts-metrics --collector.systemd.enable-start-time-metrics
         --collector.systemd.enable-task-metrics --collector.netdev.address-info --collector.cpu.info
         --collector.stat.softirq
         '--collector.systemd.unit-exclude=.+\.(automount|device|mount|scope|slice)'
         '--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys)($|/)')
while read -r name; do
  if [[ $name =~ ^(ntp|runit|supervisord)$ ]]; then
    continue
  elif has_collector "$name"; then
    options+=("--collector.$name")
  else
    skip "parity: $name" "the program has no such collector"
  fi
done < <(grep -oP 'Enable the \K[a-z_]+' <<<"$their_help")
flags=()
for option in "${options[@]}"; do
  option_name=${option%%=*}
  if has_option "$their_help" "${option_name#--}"; then flags+=("$option"); fi
done
systemd-run -q --unit=ours "$ours" --web.listen-address=127.0.0.1:9102 --collector.container.process "${flags[@]}"
systemd-run -q --unit=theirs "$theirs" --web.listen-address=127.0.0.1:9101 "${flags[@]}"
for port in 9101 9102; do
  curl -fsS -m 30 --retry 100 --retry-delay 1 --retry-connrefused -o /dev/null http://127.0.0.1:$port/metrics
  ok "the exporter on port $port answers" $?
done

# pages STATE [QUERY]: theirs, ours, theirs: what stays the same between the two of theirs must be the same in ours
pages() {
  scrape "theirs-$1-1.prom" 9101 "${2:-}" && scrape "ours-$1.prom" 9102 "${2:-}" &&
    report "# a page of ours took $took ms" && scrape "theirs-$1-2.prom" 9101 "${2:-}"
  ok "the pages of the $1 machine" $?
}
pages whole
note "the pages are there"
page="ours-whole.prom"
expect "md RAID 1: two disks active" == 2 $page node_md_disks 'device="md0"' 'state="active"'
expect "md RAID 1: none failed" == 0 $page node_md_disks 'device="md0"' 'state="failed"'
expect "md RAID 1: two wanted" == 2 $page node_md_disks_required 'device="md0"'
expect "md RAID 1: active" == 1 $page node_md_state 'device="md0"' 'state="active"'
expect "xfs: size of the mount" '>' 400000000 $page node_filesystem_size_bytes 'device="/dev/md0"' 'fstype="xfs"' \
  'mountpoint="/mnt/xfs"'
expect "xfs: extents" '>' 0 $page node_xfs_extent_allocation_extents_allocated_total 'device="md0"'
expect "LVM: names of the volume" == 1 $page node_disk_device_mapper_info 'lv_name="data"' 'vg_name="vg0"' 'name="vg0-data"'
for disk in vda md0; do
  expect "$disk: rotational as the kernel says" == 1 $page node_disk_info "device=\"$disk\"" \
    "rotational=\"$(<"/sys/block/$disk/queue/rotational")\""
done
expect "btrfs: size of the device" == 536870912 $page node_btrfs_device_size_bytes 'device="vdf"'
expect "btrfs: unused bytes, by ioctl" '>' 0 $page node_btrfs_device_unused_bytes 'device="vdf"'
expect "btrfs: unused is less than all, by ioctl" '<' 536870912 $page node_btrfs_device_unused_bytes 'device="vdf"'
expect "btrfs: errors, by ioctl" == 0 $page node_btrfs_device_errors_total 'device="vdf"' 'type="corruption"'
expect "bonding: two slaves" == 2 $page node_bonding_slaves 'master="bond0"'
expect "bonding: both active" == 2 $page node_bonding_active 'master="bond0"'
expect "bridge: up" == 1 $page node_network_up 'device="br0"'
expect "VLAN: up" == 1 $page node_network_up 'device="br0.42"'
expect "VLAN: lies on the bridge" == "$(cat /sys/class/net/br0/ifindex)" $page node_network_iface_link 'device="br0.42"'
expect "NFS: the mount" '>' 0 $page node_filesystem_size_bytes 'fstype="nfs4"' 'mountpoint="/mnt/nfs"'
expect "NFS: the mount has no error" == 0 $page node_filesystem_device_error 'mountpoint="/mnt/nfs"'
expect "NFS client: writes" '>' 0 $page node_nfs_requests_total 'method="Write"' 'proto="4"'
expect "NFS server: writes" '>' 0 $page node_nfsd_requests_total 'method="Write"' 'proto="4"'
expect "NFS server: threads" == "$(cat /proc/fs/nfsd/threads)" $page node_nfsd_server_threads
expect "mountstats: written to the server" == 5 $page node_mountstats_nfs_total_write_bytes_total 'mountaddr="127.0.0.1"'
expect "mountstats: writes" == 1 $page node_mountstats_nfs_operations_requests_total 'operation="WRITE"'
expect "systemd: ours.service is active" == 1 $page node_systemd_unit_state 'name="ours.service"' 'state="active"'
expect "systemd: ours.service has not failed" == 0 $page node_systemd_unit_state 'name="ours.service"' 'state="failed"'
expect "systemd: version" '>=' 252 $page node_systemd_version "version=\"252"
expect "systemd: number of failed units" == "$(systemctl list-units --failed --all --plain --no-legend | wc -l)" $page \
  node_systemd_units 'state="failed"'
expect "logind answers" == 1 $page node_scrape_collector_success 'collector="logind"'
expect "processes: this machine's threads" '>' 50 $page node_processes_threads

if ! has_collector wifi; then
  skip "wireless" "the program has no collector wifi"
elif ! $wireless; then
  skip "wireless" "the kernel has no mac80211_hwsim"
else
  expect "wireless: frequency" == 2412000000 $page node_wifi_interface_frequency_hertz 'device="wlan0"'
  expect "wireless: the other station" '>=' 0 $page node_wifi_station_connected_seconds_total 'device="wlan0"'
fi

id='id="/system.slice/ours.service"'
expect "cgroup v2: CPU time of a service" '>' 0 $page container_cpu_usage_seconds_total "$id"
expect "cgroup v2: memory of a service" '>' 1000000 $page container_memory_usage_bytes "$id"
expect "cgroup v2: processes of a service" == 1 $page container_processes "$id"
expect "cgroup v2: threads of a service" == "$(cat /sys/fs/cgroup/system.slice/ours.service/pids.current)" $page \
  container_threads "$id"

# shellcheck source=tests/vm/containers.sh
source /opt/containers.sh
start_containers
check_containers
check_podman
check_lxc

# One disk and one slave fail.
mdadm -q --fail /dev/md0 /dev/vdd
ip link set dummy2 down
sleep 1
query=
for name in mdadm bonding netclass diskstats filesystem xfs btrfs nfs nfsd mountstats; do query+="&collect[]=$name"; done
pages degraded "?${query#&}"
page="ours-degraded.prom"
expect "md RAID 1: one disk left" == 1 $page node_md_disks 'device="md0"' 'state="active"'
expect "md RAID 1: one failed" == 1 $page node_md_disks 'device="md0"' 'state="failed"'
expect "md RAID 1: two still wanted" == 2 $page node_md_disks_required 'device="md0"'
expect "bonding: still two slaves" == 2 $page node_bonding_slaves 'master="bond0"'
expect "bonding: one active" == 1 $page node_bonding_active 'master="bond0"'
systemctl stop theirs

# The server stops: everything but the mount stays, in time.
systemctl stop nfs-server.service
note "the NFS server has stopped"
scrape stuck.prom
ok "a page while NFS hangs" $?
((took < 10000))
ok "within the scraper's timeout while NFS hangs ($took ms)" $?
expect "the load is there while NFS hangs" '>=' 0 stuck.prom node_load1
expect "other mounts are there while NFS hangs" '>' 0 stuck.prom node_filesystem_size_bytes 'mountpoint="/mnt/xfs"'
expect "the stuck mount says so" == 1 stuck.prom node_filesystem_device_error 'mountpoint="/mnt/nfs"'
expect "mountstats is there while NFS hangs" == 5 stuck.prom node_mountstats_nfs_total_write_bytes_total
expect "mountstats does not wait for NFS" '<' 1 stuck.prom node_scrape_collector_duration_seconds 'collector="mountstats"'
pid=$(property ours MainPID)
slowest=0 uses=()
for _ in $(seq 20); do
  scrape stuck-later.prom || slowest=99999
  ((took <= slowest)) || slowest=$took
  threads=("/proc/$pid/task"/*) descriptors=("/proc/$pid/fd"/*)
  uses+=("${#threads[@]}/${#descriptors[@]}")
done
((slowest < 2000))
ok "later pages do not wait for the stuck mount (slowest of 20: $slowest ms)" $?
expect "the stuck mount still says so" == 1 stuck-later.prom node_filesystem_device_error 'mountpoint="/mnt/nfs"'
different=$(printf '%s\n' "${uses[@]}" | sort -u | wc -l)
((different == 1))
ok "threads/descriptors stay the same over 20 pages (${uses[0]})" $? "${uses[*]}"

systemctl start nfs-server.service
for _ in $(seq 40); do
  scrape back.prom
  ! grep -q '^node_filesystem_device_error{.*mountpoint="/mnt/nfs".*} 0$' back.prom || break
  sleep 1
done
note "the NFS server is back"
expect "the mount comes back with its server" == 0 back.prom node_filesystem_device_error 'mountpoint="/mnt/nfs"'
expect "and its size" '>' 0 back.prom node_filesystem_size_bytes 'mountpoint="/mnt/nfs"'
systemctl is-active -q ours
ok "still running" $?
[[ $(property ours NRestarts) == 0 && $(property ours MainPID) == "$pid" ]]
ok "the same process as at first" $?

# As installed: the unit, its user, the options file. "start" returns when the program has said READY=1.
begin=${EPOCHREALTIME/./}
systemctl start resource_exporter.service
ok "the installed service starts" $?
report "# systemctl start took $(((${EPOCHREALTIME/./} - begin) / 1000)) ms"
state="$(property resource_exporter ActiveState) $(property resource_exporter SubState) $(property resource_exporter Type)"
[[ $state == "active running notify" ]]
ok "the installed service is active and has said that it is ready" $? "$state"
user=$(stat -c %U "/proc/$(property resource_exporter MainPID)")
[[ $user == resource_exporter ]]
ok "the installed service runs as its own user" $? "$user"
capabilities=$(awk '/^Cap(Prm|Eff|Amb)/ {print $2}' "/proc/$(property resource_exporter MainPID)/status" | sort -u)
[[ $capabilities == 0000000000000000 ]]
ok "the installed service has no capabilities" $? "$capabilities"
[[ $(stat -c '%a %U' /etc/default/resource_exporter) == "640 root" ]]
ok "the options file is root's" $? "$(stat -c '%a %U' /etc/default/resource_exporter)"
scrape service.prom 9100
ok "the installed service answers" $?
expect "the installed service: xfs" '>' 0 service.prom node_filesystem_size_bytes 'mountpoint="/mnt/xfs"'
expect "the installed service: the clock's discipline" '>=' 0 service.prom node_timex_maxerror_seconds
expect "the installed service: network" == 1 service.prom node_network_up 'device="br0"'
expect "the installed service: its own cgroup" '>' 0 service.prom container_memory_usage_bytes \
  'id="/system.slice/resource_exporter.service"'
expect "the installed service, without capabilities: a container's memory" '>' 0 service.prom \
  container_memory_usage_bytes "id=\"/system.slice/docker-${ids[still]}.scope\""
expect "the installed service, without capabilities: a container's network" '>=' 0 service.prom \
  container_network_receive_bytes_total "id=\"/system.slice/docker-${ids[calm]}.scope\"" 'interface="eth0"'
failing() { sed -n 's/^node_scrape_collector_success{collector="\(.*\)"} 0$/\1/p' "$1" | sort; }
less=$(comm -13 <(failing back.prom) <(failing service.prom) | tr '\n' ' ')
[[ -z $less ]]
ok "every default collector that works for root works for the installed service" $? "$less"
begin=${EPOCHREALTIME/./}
systemctl stop resource_exporter.service
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
((took < 2000))
ok "the installed service stops within two seconds ($took ms)" $?
state="$(property resource_exporter Result) $(property resource_exporter ExecMainStatus)"
[[ $state == "success 0" ]]
ok "the installed service ends in peace" $? "$state"
exposure=$(systemd-analyze security resource_exporter.service 2>/dev/null | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
awk -v exposure="$exposure" 'BEGIN {exit !(exposure > 0 && exposure < 4)}'
ok "systemd-analyze security: exposure $exposure is below 4" $?

systemctl stop ours
[[ $(property ours Result) == success ]]
ok "ours stops" $?
note "the tests end"
touch complete
