#!/usr/bin/env bash
# A PostgreSQL server with many databases of many tables, read by ours and by postgres_exporter with the queries that
# its package brings as an example. Prints a Markdown table; fails when a limit is passed.
#   tests/bench/databases.sh [PROGRAM] [--databases 20] [--tables 500] [--scrapes 20]
# PROGRAM: the path of one, with a '/' in it; default is a release build. The other comes from the folder $PEERS, or
# from Debian's package when PEERS is not set.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"

choose_program "$@"
install_packages python3 postgresql prometheus-postgres-exporter >&2
exec /usr/bin/python3 "$root/tests/bench/databases.py" "$program" "${rest[@]}"
