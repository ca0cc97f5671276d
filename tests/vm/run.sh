#!/usr/bin/env bash
# A Debian machine of its own, with systemd, cgroup v2 and devices that a build machine lacks: md RAID, LVM, bonding,
# bridge, VLAN, btrfs, xfs, an NFS mount whose server stops, simulated wireless, containers of Docker under its systemd
# driver, of Podman and of LXC, and the installed service. Boots in an emulator (no KVM needed), runs tests/vm/guest.sh in
# it and compares the page with node_exporter's (parity.py).
#   tests/vm/run.sh [PROGRAM]                      default: a release build; its path has a '/' in it
#   tests/vm/run.sh --bench [PROGRAM] [GROUPS...]  what many control groups cost on version 2 (tests/bench/cgroups.sh);
#                                                  default 100 1000. An emulator's times: only their ratio says something
# $PEERS: a folder with node_exporter to compare with; without it Debian's package is used. VM_ACCEL=kvm uses the
# processor; VM_TIMEOUT is the machine's time in seconds. Needs about 4 GB of disk and four minutes.
# Prints "ok - ...", "not ok - ..." and "skip - ..." lines and at the end "N passed, N failed"; exit status 1 when
# anything failed. The image is kept in build/vm; remove that folder to make it anew.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"
# shellcheck source=tests/vm/image.sh
source "$root/tests/vm/image.sh"

bench=false
if [[ ${1:-} == --bench ]]; then
  bench=true
  shift
fi
choose_program "$@"
install_packages cmake g++ mmdebstrap qemu-system-x86 e2fsprogs python3 >&2

vm=$root/build/vm
mkdir -p "$vm"
work=$(mktemp -d "$vm/run.XXXXXX")
qemu='' timer=''
cleanup() {
  local pid
  for pid in $qemu $timer; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2034 # by name
packages=(
  linux-image-amd64 systemd-sysv udev dbus kmod iproute2 curl ca-certificates procps
  mdadm lvm2 btrfs-progs xfsprogs nfs-common nfs-kernel-server iw e2fsprogs
  docker.io podman crun lxc busybox-static python3 strace
  libpq5 libmnl0 libcpp-httplib0.11 libsystemd0 prometheus-node-exporter
)
customize() {
  local tree=$1 units=$1/etc/systemd/system
  # The test's own console line would fall to a login's hangup.
  mask "$tree" mdmonitor.service prometheus-node-exporter.service nfs-blkmap.service prometheus-node-exporter-apt.timer \
    lxc.service lxc-net.service
  # Not a oneshot: its job would stay in the queue, and the machine "starting", for as long as the tests run.
  cat >"$units/test.service" <<'UNIT'
[Unit]
Description=The tests of resource_exporter
After=multi-user.target
[Service]
ExecStartPre=/bin/mount -o ro /dev/vdg /opt
ExecStart=/bin/bash /opt/guest.sh
StandardOutput=journal+console
StandardError=journal+console
ExecStopPost=/usr/bin/systemctl poweroff --force --force
UNIT
  rm -f "$units"/multi-user.target.wants/{nfs-server,docker,containerd,podman*}.service \
    "$units"/{sockets,timers}.target.wants/{docker,podman*}.{socket,timer}
  ln -sf /etc/systemd/system/test.service "$units/multi-user.target.wants/test.service"
}
# What is tested comes on a disk of its own, and nothing is written back.
make_image "$vm" packages customize

# As "cmake --install BUILD --prefix /usr" would put it, below tree/; the guest copies it over its root.
payload=$work/payload
mkdir "$payload"
install -D "$program" "$payload/tree/usr/bin/resource_exporter"
install -D -m 644 "$root/systemd/resource_exporter.sysusers" "$payload/tree/usr/lib/sysusers.d/resource_exporter.conf"
DESTDIR=$payload/tree cmake -DCMAKE_INSTALL_PREFIX=/usr -DSOURCE="$root/systemd" -DWORK="$work" -DBIN=bin \
  -P "$root/systemd/install.cmake" >/dev/null
if $bench; then
  build_floor cgroup_floor
  cp "$root/tests/vm/bench.sh" "$payload/guest.sh"
  install -D -t "$payload/tests/bench" "$root/tests/bench/cgroups.py"
  install -D -t "$payload/tests/live" "$root"/tests/live/{groups,process}.py
  install -t "$payload" "$floor"
  echo "${rest[*]:-100 1000}" >"$payload/sizes"
else
  cp "$root/tests/vm/guest.sh" "$root/tests/vm/containers.sh" "$payload/"
  if [[ ${PEERS:-} ]]; then
    cp "$PEERS/node_exporter" "$payload/"
  fi
fi
mke2fs -q -t ext4 -d "$payload" "$work/payload.img" 256M
# What the guest brings back comes as a tar archive on a disk of its own; the others become its arrays and file systems.
truncate -s 64M "$work/results.img"
for disk in 1 2 3 4; do truncate -s 512M "$work/disk$disk.img"; done

drives=(-drive "file=$vm/base.img,format=raw,if=virtio,cache=unsafe,snapshot=on")
for image in results disk1 disk2 disk3 disk4 payload; do
  drives+=(-drive "file=$work/$image.img,format=raw,if=virtio,cache=unsafe")
done
begin=$SECONDS
TMPDIR=$work qemu-system-x86_64 -accel "${VM_ACCEL:-tcg,thread=multi}" \
  -cpu "$([[ ${VM_ACCEL:-} == kvm ]] && echo host || echo max)" -machine q35 -smp 2 -m 2048 \
  -nodefaults -display none -serial "file:$vm/console.log" -no-reboot -kernel "$vm/kernel" -initrd "$vm/initrd" \
  -append 'root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 panic=-1 mitigations=off apparmor=0' "${drives[@]}" \
  >"$vm/qemu.log" 2>&1 </dev/null &
qemu=$!
limit=${VM_TIMEOUT:-$($bench && echo 1800 || echo 360)}
sleep "$limit" &
timer=$!
wait -n "$qemu" "$timer" || true
if kill -0 "$qemu" 2>/dev/null; then
  echo "# the machine is still running after $limit s: stopped" >&2
fi
for pid in $qemu $timer; do
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
done
qemu='' timer=''

results=$vm/results
rm -rf "$results"
mkdir "$results"
if ! tar -C "$results" -xf "$work/results.img" 2>/dev/null || [[ ! -e $results/results ]]; then
  tail -n 40 "$vm/console.log"
  echo "not ok - the machine brought no results; its console is in $vm/console.log"
  echo "0 passed, 1 failed"
  exit 1
fi
if $bench; then
  cat "$results/results"
  echo "# the machine ran for $((SECONDS - begin)) s"
  [[ ! -s $results/problems ]] || { cat "$results/problems"; exit 1; }
  exit 0
fi
{
  python3 "$root/tests/vm/checks.py" "$results/results" || echo "not ok - the checks cannot be told"
  for state in whole degraded; do
    python3 "$root/tests/vm/parity.py" "$results/theirs-$state-1.prom" "$results/ours-$state.prom" \
      "$results/theirs-$state-2.prom" "$state" || echo "not ok - parity of the $state machine cannot be told"
  done
} >"$vm/report"
cat "$vm/report"
echo "# the machine ran for $((SECONDS - begin)) s; its pages are in $results"
passed=$(grep -c '^ok' "$vm/report" || true)
failed=$(grep -c '^not ok' "$vm/report" || true)
echo "$passed passed, $failed failed"
((failed == 0))
