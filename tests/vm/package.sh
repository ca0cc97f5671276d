#!/usr/bin/env bash
# The packages as an administrator meets them: a Debian machine of its own with systemd, pure cgroup v2, PostgreSQL, Redis
# and Docker, in an emulator (no KVM needed), in which tests/vm/package.py installs, breaks, upgrades, removes and purges
# the .deb, changes over from node_exporter and back, and scrapes from outside.
#   tests/vm/package.sh
# VM_ACCEL=kvm uses the processor. Needs root, about 4 GB of disk and, the first time, Debian's mirror. Prints "ok - ..."
# and "not ok - ..." lines; exit status 1 when anything failed. The image is kept in $RESOURCE_EXPORTER_CACHE, by default
# ~/.cache/resource_exporter; the machine's console and journal are in build/vm/package.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"
# shellcheck source=tests/vm/image.sh
source "$root/tests/vm/image.sh"
install_packages mmdebstrap qemu-system-x86 e2fsprogs python3 >&2

vm=$root/build/vm/package
mkdir -p "$vm"
# shellcheck disable=SC2034 # by name
packages=(
  linux-image-amd64 systemd-sysv udev dbus kmod iproute2 curl ca-certificates procps python3-minimal libpython3-stdlib
  apparmor docker.io busybox-static postgresql redis-server
  libcpp-httplib0.11 libmnl0 libcrypt1 libssl3 libpq5
  prometheus-node-exporter
)
customize() {
  local tree=$1 units=$1/etc/systemd/system
  mask "$tree" systemd-networkd-wait-online.service apparmor.service prometheus-node-exporter.service
  mkdir -p "$tree/etc/systemd/network"
  printf '[Match]\nName=e*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n' >"$tree/etc/systemd/network/vm.network"
  ln -sf /usr/lib/systemd/system/systemd-networkd.service "$units/multi-user.target.wants/systemd-networkd.service"
  install -m 755 "$root/tests/vm/agent.py" "$tree/usr/local/sbin/agent.py"
  cat >"$units/agent.service" <<'UNIT'
[Unit]
Description=The hand of the tests in this machine
[Service]
ExecStart=/usr/local/sbin/agent.py
UNIT
  ln -sf /etc/systemd/system/agent.service "$units/multi-user.target.wants/agent.service"
}
image=${RESOURCE_EXPORTER_CACHE:-${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/resource_exporter}/vm
make_image "$image" packages customize

# Two packages of one version, for the upgrade.
for release in 1 2; do
  RELEASE=$release "$root/packaging/make.sh" deb >"$vm/made.$release"
  cp "$(tail -n 1 "$vm/made.$release")" "$vm/release$release.deb"
done
exec python3 "$root/tests/vm/package.py" "$image" "$vm"
