#!/usr/bin/env bash
# What the container page costs with many control groups, beside what the kernel takes for the same files. Needs root.
#   tests/bench/cgroups.sh [PROGRAM] [--cadvisor PROGRAM] [GROUPS ...]
# PROGRAM: the path of one, with a '/' in it; default is a release build. GROUPS: default 100 1000 10000.
# Makes groups by mkdir in every hierarchy, empty of processes, and takes them away again. Prints a Markdown table; exit
# status 1 when a figure is above its limit.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"

if [[ ${1:-} == */* ]]; then
  program=$(realpath "$1")
  shift
else
  program=$("$root/packaging/quickstart.sh" --build-only | tail -n 1)
fi
install_packages g++ strace python3 >&2

mkdir -p "$root/build/bench"
floor=$root/build/bench/cgroup_floor
source_file=$root/tests/bench/cgroup_floor.cpp
[[ $floor -nt $source_file ]] || g++ -std=c++20 -O2 -o "$floor" "$source_file"
exec /usr/bin/python3 "$root/tests/bench/cgroups.py" "$program" "$floor" "$@"
