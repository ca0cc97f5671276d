#!/usr/bin/env bash
# A Debian machine of its own, with systemd, cgroup v2 and devices that a build machine lacks: md RAID, LVM, bonding,
# bridge, VLAN, btrfs, xfs, an NFS mount whose server stops, simulated wireless. Boots in an emulator (no KVM needed),
# runs tests/vm/guest.sh in it and prints its results; needs about 2 GB of disk and three minutes.
#   tests/vm/run.sh [PROGRAM]     default: a release build
# $PEERS: a folder with node_exporter to compare with; without it Debian's package is used.
# The image is kept in build/vm; remove that folder to make it anew. VM_ACCEL=kvm uses the processor.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"

program=${1:-}
if [[ $program ]]; then
  program=$(realpath "$program")
else
  program=$("$root/packaging/quickstart.sh" --build-only | tail -n 1)
fi
install_packages mmdebstrap qemu-system-x86 e2fsprogs python3 >&2

vm=$root/build/vm
mkdir -p "$vm"
packages=(
  linux-image-amd64 systemd-sysv udev dbus kmod iproute2 curl ca-certificates procps
  mdadm lvm2 btrfs-progs xfsprogs nfs-common nfs-kernel-server iw e2fsprogs
  libpq5 libmnl0 libcpp-httplib0.11 libsystemd0 prometheus-node-exporter
)
if [[ ! -e $vm/base.tar ]]; then
  echo "making the image, once" >&2
  # shellcheck disable=SC2016 # expanded by mmdebstrap's shell. Services stay off: the test starts what it needs.
  mmdebstrap --quiet --format=tar --variant=apt --include="$(IFS=,; echo "${packages[*]}")" \
    --customize-hook='chroot "$1" systemctl mask prometheus-node-exporter.service nfs-server.service mdmonitor.service' \
    --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/usr/share/doc "$1"/usr/share/locale' \
    bookworm "$vm/base.tar.part" >&2
  mv "$vm/base.tar.part" "$vm/base.tar"
fi

work=$(mktemp -d "$vm/run.XXXXXX")
qemu=
cleanup() {
  [[ ! $qemu ]] || kill "$qemu" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
mkdir "$work/tree"
tar -C "$work/tree" -xf "$vm/base.tar" --exclude='./dev/*'
guest=$work/tree/opt/test
mkdir -p "$guest"
cp "$program" "$guest/resource_exporter"
cp "$root/tests/vm/guest.sh" "$guest/"
if [[ ${PEERS:-} ]]; then
  cp "$PEERS/node_exporter" "$guest/"
fi
cat >"$work/tree/etc/systemd/system/test.service" <<'UNIT'
[Unit]
Description=The tests of resource_exporter
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /opt/test/guest.sh
StandardOutput=journal+console
StandardError=journal+console
ExecStopPost=/usr/bin/systemctl --no-block poweroff --force
UNIT
mkdir -p "$work/tree/etc/systemd/system/default.target.wants"
ln -s /etc/systemd/system/test.service "$work/tree/etc/systemd/system/default.target.wants/test.service"
ln -sf /usr/lib/systemd/system/multi-user.target "$work/tree/etc/systemd/system/default.target"
echo '/dev/vda / ext4 defaults 0 0' >"$work/tree/etc/fstab"
cp "$work"/tree/boot/vmlinuz-* "$work/kernel"
cp "$work"/tree/boot/initrd.img-* "$work/initrd"
mke2fs -q -t ext4 -d "$work/tree" "$work/root.img" 3G
rm -rf "$work/tree"
# What the guest brings back comes as a tar archive on a disk of its own; the others become its arrays and file systems.
truncate -s 64M "$work/results.img"
for disk in 1 2 3 4 5; do truncate -s 512M "$work/disk$disk.img"; done

drives=()
for image in root results disk1 disk2 disk3 disk4 disk5; do
  drives+=(-drive "file=$work/$image.img,format=raw,if=virtio,cache=unsafe")
done
qemu-system-x86_64 -accel "${VM_ACCEL:-tcg,thread=multi}" -cpu "$([[ ${VM_ACCEL:-} == kvm ]] && echo host || echo max)" \
  -smp 2 -m 2048 -nographic -no-reboot -nic none -kernel "$work/kernel" -initrd "$work/initrd" \
  -append 'root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0 panic=-1' "${drives[@]}" \
  >"$vm/console.log" 2>&1 </dev/null &
qemu=$!
( sleep "${VM_TIMEOUT:-600}"; kill "$qemu" ) >/dev/null 2>&1 &
timer=$!
wait "$qemu" || true
qemu=
kill "$timer" 2>/dev/null || true

results=$vm/results
rm -rf "$results"
mkdir "$results"
if ! tar -C "$results" -xf "$work/results.img" 2>/dev/null || [[ ! -e $results/results ]]; then
  tail -n 40 "$vm/console.log"
  echo "the machine brought no results; its console is in $vm/console.log" >&2
  exit 1
fi
cat "$results/results"
status=0
python3 "$root/tests/vm/parity.py" "$results/theirs.prom" "$results/ours.prom" || status=1
! grep -q '^not ok' "$results/results" && ((status == 0))
