#!/usr/bin/env bash
# The scrape port: a thousand requests a second for a cached body, alone and beside clients that drip, idle and send
# endless heads, plain and over TLS; then a day's scrapes in a row. Prints a Markdown table; fails when a limit is passed.
#   tests/bench/port.sh [PROGRAM] [--seconds 10] [--scrapes 86400]
# PROGRAM: the path of one, with a '/' in it; default is a release build.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/bench/prepare.sh
source "$root/tests/bench/prepare.sh"

choose_program "$@"
install_packages python3 openssl >&2
exec /usr/bin/python3 "$root/tests/bench/port.py" "$program" "${rest[@]}"
