#!/usr/bin/env bash
# What the container page costs with many control groups, beside what the kernel takes for the same files. Needs root.
#   tests/bench/cgroups.sh [PROGRAM] [--cadvisor PROGRAM] [GROUPS ...]
# PROGRAM: the path of one, with a '/' in it; default is a release build. GROUPS: default 100 1000 10000.
# Makes groups by mkdir in every hierarchy, empty of processes, and takes them away again. Prints a Markdown table; exit
# status 1 when a figure is above its limit.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"

choose_program "$@"
install_packages g++ strace python3 >&2

build_floor cgroup_floor
exec /usr/bin/python3 "$root/tests/bench/cgroups.py" "$program" "$floor" "${rest[@]}"
