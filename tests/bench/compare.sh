#!/usr/bin/env bash
# Ours beside the exporters that it replaces, on the same servers in the same run. Prints a Markdown table.
#   tests/bench/compare.sh [PROGRAM] [--scrapes N]
# PROGRAM: the path of one, with a '/' in it; default is a release build. The others come from the folder $PEERS (node_exporter, postgres_exporter,
# redis_exporter), or from Debian's packages when PEERS is not set.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"

choose_program "$@"
packages=(g++ binutils strace python3 postgresql redis-server redis-tools docker.io busybox-static)
if [[ -z ${PEERS:-} ]]; then
  packages+=(prometheus-node-exporter prometheus-postgres-exporter prometheus-redis-exporter)
fi
install_packages "${packages[@]}" >&2

build_floor floor
exec /usr/bin/python3 "$root/tests/bench/compare.py" "$program" "$floor" "${rest[@]}"
