#!/usr/bin/env bash
# Builds for arm64 on another machine and passes the unit tests in an emulator (qemu-user).
#
#   packaging/arm64.sh [FILTER]
#
# FILTER        of tests, as --gtest_filter has it; all by default.
#
# Debian's arm64 libraries go to build/arm64/sysroot, the build to build/arm64/build. Prints "N passed, N failed" at the
# end. Takes an hour on two CPUs the first time: the emulated tests alone half of it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sysroot=$root/build/arm64/sysroot
build=$root/build/arm64/build
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"

# What the emulator cannot do, each with its reason.
not_in_an_emulator=(
  # openat2(2) is not passed on: ENOSYS.
  'DiskUsageTest.*'
  ContainerDisk.MeasuresLayersBetweenScrapes
  RedisRdbFile.TheSizeOfTheFile
  # ioctl(2) of SIOCETHTOOL is not passed on: ENOSYS.
  Ethtool.ADeviceThatIsNotThereIsSaidToBeGone
  Ethtool.AWarmScrapeOfThisMachineAllocatesNothing
  # Netlink only for links and addresses, not for generic families and sockets: EPROTONOSUPPORT.
  Arp.NetlinkAsksThisMachineAndAllocatesNothingWhenWarm
  Qdisc.NetlinkAsksThisMachineAndAllocatesNothingWhenWarm
  Netlink.FamiliesAreRememberedAlsoThoseThatAreNot
  Netlink.TheKernelsWordsAboutAnErrorAreKept
  TcpDump.AsksInAnotherNetworkNamespaceAndComesBack
  Wifi.AKernelWithoutWirelessPartHasNoData
)

install_packages mmdebstrap g++-aarch64-linux-gnu qemu-user-static cmake ninja-build pkg-config
if [[ ! -e $sysroot/usr/include ]]; then
  # Unpacked, not configured: nothing of it runs. The compiler and the tools are those of this machine.
  mapfile -t libraries < <(packages_in "$root/packaging/build-packages" | grep -e -dev)
  mkdir -p "$sysroot"
  mmdebstrap --quiet --variant=extract --architectures=arm64 --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include="$(IFS=,; echo "${libraries[*]}"),libstdc++-12-dev,libgtest-dev,libproc2-dev,libsqlite3-0" \
    bookworm "$sysroot"
  # Links that begin at the root begin at that of the folder.
  find "$sysroot/usr/lib" -type l -lname '/*' -print0 | while IFS= read -r -d '' link; do
    ln -sfr "$sysroot$(readlink "$link")" "$link"
  done
fi

cd "$root"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_TOOLCHAIN_FILE="$root/packaging/arm64/toolchain.cmake" -DARM64_SYSROOT="$sysroot"
cmake --build "$build" -j "${JOBS:-$(nproc)}"

filter=${1:-*}-$(IFS=:; echo "${not_in_an_emulator[*]}")
log=$root/build/arm64/tests.log
status=0
qemu-aarch64-static -L "$sysroot" "$build/tests/all_tests" --gtest_filter="$filter" --gtest_brief=1 >"$log" 2>&1 ||
  status=$?
grep -E '^\[  (FAILED|SKIPPED) ' "$log" | sort -u || true
count() { sed -nE "s/^\[  $1 *\] ([0-9]+) tests?.*/\1/p" "$log" | tail -n 1; }
passed=$(count PASSED) failed=$(count FAILED)
echo "$build/exporter/resource_exporter"
echo "${passed:-0} passed, ${failed:-0} failed"
((status == 0)) || { [[ ${failed:-0} != 0 ]] || tail -n 20 "$log"; exit "$status"; }
