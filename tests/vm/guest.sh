#!/usr/bin/env bash
# Runs inside the machine that tests/vm/run.sh boots: makes devices, scrapes, checks values, and leaves its results as a
# tar archive on /dev/vdb.
set -uo pipefail
out=/run/results
mkdir -p $out
exec 3>$out/results
failed=0

# ok NAME STATUS
ok() {
  if (($2 == 0)); then echo "ok - $1" >&3; else echo "not ok - $1" >&3; failed=1; fi
}
finish() {
  journalctl -b --no-pager -u ours -u theirs >$out/journal 2>&1
  tar -C $out -cf /dev/vdb .
  sync
}
trap finish EXIT

# A page of ours. scrape FILE [PATH]
scrape() { curl -fsS -m 30 -H 'X-Prometheus-Scrape-Timeout-Seconds: 10' "http://127.0.0.1:9100/${2:-metrics}" -o "$1"; }
# has FILE REGEX: a sample that matches
has() { grep -Eq "$2" "$1"; }
expect() {  # expect NAME REGEX
  has $out/ours.prom "$2"
  ok "$1" $?
}

for module in md_mod raid1 dm_mod bonding bridge 8021q dummy btrfs xfs nfs nfsd mac80211_hwsim loop nf_conntrack; do
  modprobe $module || echo "# no module $module" >&3
done

# md RAID 1 over two disks, LVM over a third, btrfs over a fourth, xfs on the array
mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 /dev/vdc /dev/vdd
mkfs.xfs -q -f /dev/md0 && mkdir -p /mnt/xfs && mount /dev/md0 /mnt/xfs
pvcreate -q /dev/vde && vgcreate -q vg0 /dev/vde && lvcreate -q -L 100M -n data vg0
mkfs.ext4 -q /dev/vg0/data && mkdir -p /mnt/lvm && mount /dev/vg0/data /mnt/lvm
mkfs.btrfs -q -f /dev/vdf && mkdir -p /mnt/btrfs && mount /dev/vdf /mnt/btrfs
dd if=/dev/zero of=/mnt/xfs/file bs=1M count=8 status=none
sync

# bond0 of two dummies, br0 with vlan 42 on it
ip link add bond0 type bond mode active-backup miimon 100
for slave in dummy1 dummy2; do
  ip link add $slave type dummy
  ip link set $slave master bond0
done
ip link set bond0 up
ip link add br0 type bridge
ip link set br0 up
ip addr add 192.0.2.1/24 dev br0
ip link add link br0 name br0.42 type vlan id 42
ip link set br0.42 up
ip link set lo up

# NFS from ourselves by way of the loopback
mkdir -p /srv/export /mnt/nfs
echo '/srv/export 127.0.0.1(rw,no_root_squash,insecure,fsid=0)' >/etc/exports
systemctl unmask nfs-server.service
systemctl start nfs-server.service
mount -t nfs4 -o timeo=50,retrans=1,hard 127.0.0.1:/ /mnt/nfs
ok "NFS is mounted" $?
echo text >/mnt/nfs/file

systemctl is-system-running --wait >/dev/null 2>&1
collectors=(systemd logind processes mountstats buddyinfo cgroups interrupts ksmd lnstat meminfo_numa network_route qdisc
            slabinfo softirqs swap tcpstat wifi xfrm zoneinfo cpu_vulnerabilities drm ethtool pcidevice)
flags=()
for name in "${collectors[@]}"; do flags+=("--collector.$name"); done
systemd-run -q --unit=ours /opt/test/resource_exporter --web.listen-address=127.0.0.1:9100 "${flags[@]}"
theirs=/usr/bin/prometheus-node-exporter
[[ ! -x /opt/test/node_exporter ]] || theirs=/opt/test/node_exporter
their_flags=()
for flag in "${flags[@]}"; do
  $theirs --help 2>&1 | grep -q -- "$flag\b" && their_flags+=("$flag")
done
systemd-run -q --unit=theirs "$theirs" --web.listen-address=127.0.0.1:9101 "${their_flags[@]}"
for port in 9100 9101; do
  for _ in $(seq 100); do curl -fsS -m 30 -o /dev/null http://127.0.0.1:$port/metrics && break; sleep 0.2; done
done
curl -fsS -m 60 http://127.0.0.1:9101/metrics -o $out/theirs.prom
scrape $out/ours.prom
ok "a page" $?

expect "md RAID 1: two disks active" '^node_md_disks\{device="md0",state="active"\} 2$'
expect "md RAID 1: active" '^node_md_state\{device="md0",state="(active|resync)"\} 1$'
expect "xfs on the array is a mount" '^node_filesystem_size_bytes\{device="/dev/md0",.*fstype="xfs",mountpoint="/mnt/xfs"\} [1-9]'
expect "xfs counts extents" '^node_xfs_extent_allocation_extents_allocated_total\{device="md0"\} [1-9]'
expect "LVM: name of the volume" '^node_disk_device_mapper_info\{.*lv_name="data".*vg_name="vg0"'
expect "btrfs: a device" '^node_btrfs_device_size_bytes\{.*device="vdf"'
expect "btrfs: unused bytes by ioctl" '^node_btrfs_device_unused_bytes\{'
expect "bond with two slaves" '^node_bonding_slaves\{master="bond0"\} 2$'
expect "bond with two active slaves" '^node_bonding_active\{master="bond0"\} 2$'
expect "bridge" '^node_network_info\{.*device="br0"'
expect "VLAN" '^node_network_(carrier|up)\{device="br0.42"\} '
expect "NFS: the mount" '^node_filesystem_size_bytes\{.*fstype="nfs4",mountpoint="/mnt/nfs"\} [1-9]'
expect "NFS: client requests" '^node_nfs_requests_total\{.*\} [1-9]'
expect "NFS: server requests" '^node_nfsd_requests_total\{.*\} [1-9]'
expect "NFS: mountstats" '^node_mountstats_nfs_age_seconds_total\{'
expect "systemd: this service is active" '^node_systemd_unit_state\{name="ours.service",state="active".*\} 1$'
expect "systemd: version" '^node_systemd_version\{version="252'
expect "logind answers" '^node_logind_sessions|^node_scrape_collector_success\{collector="logind"\} 1$'
if [[ -d /sys/class/ieee80211 && $(ls /sys/class/ieee80211) ]]; then
  expect "wireless interfaces" '^node_wifi_interface_frequency_hertz\{device="wlan0"\}|^node_scrape_collector_success\{collector="wifi"\} 1$'
else
  echo "# no simulated wireless in this kernel" >&3
fi
expect "cgroup v2: this service as a container's cgroup" '^container_.*id="/system.slice/ours.service"|^container_last_seen\{id="/"'

# The server stops: everything but the mount stays in time.
systemctl stop nfs-server.service
begin=$(date +%s%N)
scrape $out/stuck.prom
ok "a page while NFS hangs" $?
took=$(((($(date +%s%N)) - begin) / 1000000))
((took < 11000))
ok "in time while NFS hangs (${took} ms)" $?
has $out/stuck.prom '^node_load1 '
ok "the rest is there while NFS hangs" $?
has $out/stuck.prom '^node_filesystem_size_bytes\{.*mountpoint="/mnt/xfs"\}'
ok "other mounts are there while NFS hangs" $?
has $out/stuck.prom '^node_filesystem_device_error\{.*mountpoint="/mnt/nfs"\} 1$'
ok "the stuck mount says so" $?
begin=$(date +%s%N)
scrape $out/stuck2.prom
took=$(((($(date +%s%N)) - begin) / 1000000))
((took < 2000))
ok "the next page does not wait for the stuck mount (${took} ms)" $?
threads=$(awk '/^Threads/ {print $2}' "/proc/$(systemctl show -p MainPID --value ours)/status")
for _ in 1 2 3 4 5; do scrape $out/stuck2.prom; done
((threads == $(awk '/^Threads/ {print $2}' "/proc/$(systemctl show -p MainPID --value ours)/status")))
ok "a stuck mount takes no more threads" $?
systemctl is-active -q ours
ok "still running" $?
echo "# failed: $failed" >&3
