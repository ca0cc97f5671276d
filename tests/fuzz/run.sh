#!/usr/bin/env bash
# Feeds every collector with what libFuzzer makes of its fixtures, the gzip packer with pages and the YAML reader with
# texts.
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
cmake --build --preset asan -j "$(nproc)" --target collectors_fuzz page_gzip_fuzz yaml_fuzz >&2
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
mkdir -p build/fuzz/corpus build/fuzz/pages build/fuzz/yaml build/fuzz/findings
# A quarter of the time each for the gzip form of pages and for YAML, which any text may be.
build/asan/tests/page_gzip_fuzz build/fuzz/pages -max_total_time="$((${1:-60} / 4 + 1))" -max_len=4096 -timeout=10 \
  -rss_limit_mb=1024 -artifact_prefix=build/fuzz/findings/page_gzip- -print_final_stats=1
build/asan/tests/yaml_fuzz build/fuzz/yaml -max_total_time="$((${1:-60} / 4 + 1))" -max_len=4096 -timeout=10 \
  -rss_limit_mb=1024 -artifact_prefix=build/fuzz/findings/yaml- -print_final_stats=1
"$fuzz" build/fuzz/corpus tests/fuzz/corpus -max_total_time="${1:-60}" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
  -artifact_prefix=build/fuzz/findings/ -print_final_stats=1
