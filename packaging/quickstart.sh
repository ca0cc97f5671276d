#!/usr/bin/env bash
# From a fresh Debian 12 to a running exporter: installs the build packages, builds, starts it on port 9100.
#
#   packaging/quickstart.sh [--build-only] [ARGUMENT...]
#
# --build-only  stop after the build; the last line printed is the path of the program.
# ARGUMENT...   passed on to resource_exporter (see resource_exporter --help).
#
# Safe to run again: what is there already is kept. The build's output goes to build/quickstart.log.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release
program=$build/exporter/resource_exporter
log=$root/build/quickstart.log
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"

fail() {
  echo "quickstart: $1" >&2
  exit 1
}

# quietly TITLE COMMAND... : its output goes to the log; the end of the log is shown when it fails.
quietly() {
  local title=$1
  shift
  if ! "$@" >>"$log" 2>&1; then
    tail -n 40 "$log" >&2
    fail "$title failed; everything it printed is in $log"
  fi
}

case ${1:-} in
  -h | --help)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac
build_only=false
if [[ ${1:-} == --build-only ]]; then
  build_only=true
  shift
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  fail "this script is for Debian 12 and its relatives: apt-get and dpkg-query are not here"
fi
mkdir -p "$root/build" || fail "cannot create $root/build"
: >"$log" || fail "cannot write $log"

mapfile -t packages < <(packages_in "$root/packaging/build-packages")
mapfile -t missing < <(missing_packages "${packages[@]}")
if ((${#missing[@]})); then
  echo "installing ${#missing[@]} packages (the log is $log)" >&2
  # sudo asks on the terminal, not into the log.
  if ((EUID != 0)) && command -v sudo >/dev/null; then
    sudo -v || fail "sudo refused; as root: apt-get install ${missing[*]}"
  fi
  quietly "installing packages" install_packages "${packages[@]}"
fi

cd "$root"
[[ -x $program ]] || echo "building (a few minutes; the log is $log)" >&2
quietly "configuring" cmake --preset release
quietly "the build" cmake --build --preset release

if $build_only; then
  echo "$program"
  exit 0
fi
exec "$program" "$@"
