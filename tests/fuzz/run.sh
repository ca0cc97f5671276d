#!/usr/bin/env bash
# Feeds every collector with what libFuzzer makes of its fixtures, the gzip packer with pages, the YAML reader with
# texts, users' queries with files and rows, patterns with texts, the scrape port with requests,
# and the HTTP client with replies.
#   tests/fuzz/run.sh [SECONDS]            default 60; findings go to build/fuzz/findings
#   tests/fuzz/run.sh --replay [FILE ...]  runs the given inputs, or the checked-in corpus, once
# Inputs that were of use stay in build/fuzz/corpus. A finding that was mended goes to tests/fuzz/corpus, which every
# run starts from.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=packaging/packages.sh
source "$root/packaging/packages.sh"
cd "$root"
mapfile -t build_packages < <(packages_in packaging/build-packages)
install_packages "${build_packages[@]}" libgtest-dev clang-14 libclang-rt-14-dev >&2

cmake --preset asan >/dev/null
cmake --build --preset asan -j "$(nproc)" --target collectors_fuzz page_gzip_fuzz yaml_fuzz custom_queries_fuzz \
  lua_pattern_fuzz redis_glob_fuzz scrape_port_fuzz http_reader_fuzz >&2
fuzz=build/asan/tests/collectors_fuzz
# Its files are written thousands of times a second.
if [[ -w /dev/shm ]]; then
  TMPDIR=$(mktemp -d /dev/shm/fuzz.XXXXXX)
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi
if [[ ${1:-} == --replay ]]; then
  shift
  "$fuzz" "${@:-tests/fuzz/corpus}" -runs=0
  exit
fi
mkdir -p build/fuzz/{corpus,pages,yaml,queries,patterns,globs,port,replies,findings}
# A part of the time each for what any text may be: the gzip form of pages, YAML, users' queries, patterns, requests,
# replies.
any_text() {  # any_text PROGRAM CORPUS
  "build/asan/tests/$1" "build/fuzz/$2" -max_total_time="$((seconds / 5 + 1))" -max_len=4096 -timeout=10 \
    -rss_limit_mb=1024 -artifact_prefix="build/fuzz/findings/$2-" -print_final_stats=1
}
seconds=${1:-60}
any_text page_gzip_fuzz pages
any_text yaml_fuzz yaml
any_text custom_queries_fuzz queries
any_text lua_pattern_fuzz patterns
any_text redis_glob_fuzz globs
any_text scrape_port_fuzz port
any_text http_reader_fuzz replies
"$fuzz" build/fuzz/corpus tests/fuzz/corpus -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix=build/fuzz/findings/ -print_final_stats=1
