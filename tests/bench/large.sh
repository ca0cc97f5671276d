#!/usr/bin/env bash
# What each collector of the host costs on a very large machine, made of files. Prints a Markdown table.
#   tests/bench/large.sh [PROGRAM] [--disks N] [--links N] [--cpus N] [--mounts N] [--processes N] [COLLECTOR ...]
# PROGRAM: the path of one, with a '/' in it; default is a release build.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"

choose_program "$@"
install_packages g++ strace python3 >&2

build_floor floor
exec /usr/bin/python3 "$root/tests/bench/large.py" "$program" "$floor" "${rest[@]}"
