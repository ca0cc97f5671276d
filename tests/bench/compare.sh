#!/usr/bin/env bash
# Ours beside the exporters that it replaces, on the same servers in the same run. Prints a Markdown table.
#   tests/bench/compare.sh [PROGRAM] [--scrapes N]
# PROGRAM: default is a release build. The others come from the folder $PEERS (node_exporter, postgres_exporter,
# redis_exporter), or from Debian's packages when PEERS is not set.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"

program=
if [[ ${1:-} && $1 != --* ]]; then
  program=$(realpath "$1")
  shift
else
  program=$("$root/packaging/quickstart.sh" --build-only | tail -n 1)
fi
packages=(g++ binutils strace python3 postgresql redis-server redis-tools docker.io busybox-static)
if [[ -z ${PEERS:-} ]]; then
  packages+=(prometheus-node-exporter prometheus-postgres-exporter prometheus-redis-exporter)
fi
install_packages "${packages[@]}" >&2

mkdir -p "$root/build/bench"
floor=$root/build/bench/floor
source_file=$root/tests/bench/floor.cpp
[[ $floor -nt $source_file ]] || g++ -std=c++20 -O2 -o "$floor" "$source_file"
exec /usr/bin/python3 "$root/tests/bench/compare.py" "$program" "$floor" "$@"
