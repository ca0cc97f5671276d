#!/usr/bin/env bash
# What each collector of the host costs on a very large machine, made of files. Prints a Markdown table.
#   tests/bench/large.sh [PROGRAM] [--disks N] [--links N] [--cpus N] [--mounts N] [--processes N] [COLLECTOR ...]
# PROGRAM: the path of one, with a '/' in it; default is a release build.
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
floor=$root/build/bench/floor
source_file=$root/tests/bench/floor.cpp
[[ $floor -nt $source_file ]] || g++ -std=c++20 -O2 -o "$floor" "$source_file"
exec /usr/bin/python3 "$root/tests/bench/large.py" "$program" "$floor" "$@"
