#!/usr/bin/env bash
# Proves that the build refuses an include against the direction of the rooms: in copies of the tree with one wrong
# line each, the check must name the file, and the compiler, given the room's include path, must not find the header.
#   include_direction_test.sh SOURCE_DIR BINARY_DIR COMPILER
set -euo pipefail
source_dir=$1 rooms=$2/rooms compiler=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

report() {  # report STATUS TEXT
  if (($1 == 0)); then
    echo "ok - $2"
  else
    echo "not ok - $2"
    failed=1
  fi
}

check() { cmake "-DSOURCE=$work" -P "$source_dir/tests/support/include_direction.cmake" >"$work/output" 2>&1; }

compiles() {  # compiles FILE: with what its room may see
  local paths=("-I$rooms/platform")
  [[ $1 == collectors/* ]] && paths+=("-I$rooms/contract" "-I$rooms/collectors")
  "$compiler" -std=c++20 -fsyntax-only "${paths[@]}" "$work/$1" >"$work/output" 2>&1
}

fresh_copy() {
  rm -rf "${work:?}"/{platform,collectors,exporter}
  cp -r "$source_dir"/{platform,collectors,exporter} "$work"
}

# refused FILE HEADER compile|check: FILE with an include of HEADER
refused() {
  local status=0
  fresh_copy
  printf '#include "%s"\n' "$2" >>"$work/$1"
  if check; then
    report 1 "the check refuses \"$2\" in $1"
  else
    # CMake breaks the lines of a message.
    tr -s ' \n' ' ' <"$work/output" | grep -qF "$1 includes \"$2\"" || status=1
    report "$status" "the check refuses \"$2\" in $1 and names both"
  fi
  if [[ $3 == compile ]]; then
    status=0
    compiles "$1" && status=1
    grep -qF "$2: No such file" "$work/output" || grep -qF "'$2' file not found" "$work/output" || status=1
    report "$status" "the compiler does not find \"$2\" from $1"
  fi
}

platform_file=platform/text.cpp
collector_file=collectors/host/loadavg.cpp

# What is there passes both, so that a failure below has one cause.
fresh_copy
status=0
check || status=1
report "$status" "the check accepts the tree as it is"
for file in $platform_file $collector_file; do
  status=0
  compiles "$file" || status=1
  ((status == 0)) || cat "$work/output"
  report "$status" "$file compiles with its room's include path"
done

refused $platform_file exporter/registry.h compile
refused $platform_file exporter/collector.h compile
refused $platform_file collectors/all.h compile
refused $collector_file exporter/registry.h compile
# Relative to the file, so the compiler would find it: only the check stands in the way.
refused $platform_file ../exporter/log.h check
refused $collector_file ../../exporter/registry.h check
exit $failed
