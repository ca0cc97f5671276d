#!/usr/bin/env bash
# A Redis of many keys, all of which are checked, read by ours and by redis_exporter, beside another client that pings
# all the time. Prints a Markdown table; fails when a limit is passed.
#   tests/bench/keys.sh [PROGRAM] [--keys 100000] [--pages 4]
# PROGRAM: the path of one, with a '/' in it; default is a release build. The other comes from the folder $PEERS, or
# from Debian's package when PEERS is not set.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"

choose_program "$@"
packages=(python3 redis-server redis-tools)
[[ ${PEERS:-} ]] || packages+=(prometheus-redis-exporter)
install_packages "${packages[@]}" >&2
exec /usr/bin/python3 "$root/tests/bench/keys.py" "$program" "${rest[@]}"
