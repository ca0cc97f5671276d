#!/usr/bin/env bash
# Everything that guards main, from nothing: packages, builds, tests, linters, sanitizers, real servers.
#   tests/run.sh           all of it
#   tests/run.sh --quick   the dev build and the unit and golden tests
# Prints a line for each stage and at the end "N passed, N failed": tests where a stage has tests, else the stage itself.
# The whole output of a stage is in build/test-logs/. What clones may share, the results of clang-tidy and the image of a
# machine, is kept in $RESOURCE_EXPORTER_CACHE, by default ~/.cache/resource_exporter. Exit status 1 when anything failed; with CI=true a skip is a failure.
# Servers listen on loopback, on ports of their own, and are stopped by process id; services of the machine are not touched.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=packaging/packages.sh
source packaging/packages.sh

test_packages=(
  binutils libgtest-dev libproc2-dev python3 ccache dbus-daemon  # the tests themselves
  clang-format-14 clang-tidy-14 shellcheck                # linters
  clang-14 libclang-rt-14-dev                             # the second compiler, its sanitizers and its fuzzer
  postgresql pgbouncer redis-server redis-tools openssl   # what the exporter watches
  docker.io containerd podman lxc busybox-static util-linux procps strace sqlite3 curl python3-prometheus-client
  prometheus prometheus-alertmanager victoria-metrics python3-yaml  # what watches it; with promtool and amtool
  prometheus-node-exporter prometheus-postgres-exporter prometheus-redis-exporter  # what it replaces
  chromium python3-websocket                              # who looks at its page
  dpkg-dev rpm lintian man-db groff-base                  # its packages
  ca-certificates                                         # its image
  mmdebstrap qemu-system-x86 e2fsprogs                    # a machine to install them on
)
quick=false
case ${1:-} in
  --quick) quick=true ;;
  '') ;;
  *)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

logs=$root/build/test-logs
mkdir -p "$logs"
jobs=$(nproc)
passed=0 failed=0
running='' beside=
# An interrupted run takes its stages along, which stop their own servers.
end_running() {
  local pid
  for pid in $running $beside; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || true
  done
}
trap end_running EXIT
trap 'exit 130' INT TERM

# count PATTERN FILE: lines that match; 0 when none does
count() { grep -cE "$1" "$2" || true; }

# result NAME PASSED FAILED SECONDS
result() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  printf '%-8s %-24s %5d passed %4d failed %5d s\n' "$( (($3)) && echo FAILED || echo ok)" "$1" "$2" "$3" "$4"
}

# start COMMAND... : runs it in the background, so that a signal reaches us, and waits
start() {
  local status=0
  "$@" >"$log" 2>&1 &
  running=$!
  wait "$running" || status=$?
  running=
  return "$status"
}

# stage NAME COMMAND... : passes or fails as one
stage() {
  local name=$1 begin=$SECONDS status=0
  log=$logs/$name.log
  shift
  start "$@" || status=$?
  if ((status)); then
    tail -n 40 "$log" | cut -c 1-300
    result "$name" 0 1 $((SECONDS - begin))
  else
    result "$name" 1 0 $((SECONDS - begin))
  fi
  return "$status"
}

# begin_beside NAME COMMAND... : a stage that takes what the stages after it leave idle, until end_beside
begin_beside() {
  beside_name=$1 beside_begin=$SECONDS
  shift
  nice -n 19 "$@" >"$logs/$beside_name.log" 2>&1 &
  beside=$!
}
end_beside() {
  local status=0
  wait "$beside" || status=$?
  beside=
  if ((status)); then
    tail -n 40 "$logs/$beside_name.log" | cut -c 1-300
  fi
  result "$beside_name" $((status == 0)) $((status != 0)) $((SECONDS - beside_begin))
}

# tests NAME PRESET : the tests of a build; one count for each test
tests() {
  local name=$1 preset=$2 begin=$SECONDS status=0 good bad
  log=$logs/$name.log
  start ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=error || status=$?
  good=$(count '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed +[0-9.]+ sec' "$log")
  bad=$(($(count '^ *[0-9]+/[0-9]+ Test +#[0-9]+: ' "$log") - good))
  local skipped
  skipped=$(count '\*\*\*(Skipped|Not Run)' "$log")
  if [[ ${CI:-} != true ]]; then
    bad=$((bad - skipped))
  fi
  if ((bad == 0 && (status != 0 || good == 0))); then
    bad=1
  fi
  if ((bad)); then
    grep -E -B2 -A8 '\*\*\*|: Failure$|ERROR: |WARNING: ThreadSanitizer' "$log" | cut -c 1-300 | head -n 80 || true
    sed -n '/The following tests FAILED/,$p' "$log" | head -n 40
  fi
  result "$name" "$good" "$bad" $((SECONDS - begin))
}

build() {  # build PRESET
  # shellcheck disable=SC2016 # expanded by the inner shell
  stage "build-$1" bash -euc 'cmake --preset "$1" && cmake --build --preset "$1" -j "$2"' build "$1" "$jobs"
}

check_format() {
  git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.h' |
    xargs -0 -r -n 20 -P "$jobs" clang-format-14 --dry-run --Werror
}

# checks NAME COMMAND... : a script that prints "ok - ..." and "not ok - ..." lines
checks() {
  local name=$1 begin=$SECONDS status=0 good bad
  log=$logs/$name.log
  shift
  start "$@" || status=$?
  good=$(count '^ok - ' "$log")
  bad=$(count '^not ok - ' "$log")
  if ((bad == 0 && (status != 0 || good == 0))); then
    bad=1
  fi
  grep -E -A6 '^(not ok|skip) - ' "$log" | grep -v '^ok' | cut -c 1-300 | head -n 80 || true
  if ((bad)) && ! grep -q '^not ok' "$log"; then
    tail -n 20 "$log"
  fi
  result "$name" "$good" "$bad" $((SECONDS - begin))
}

export RESOURCE_EXPORTER_CACHE=${RESOURCE_EXPORTER_CACHE:-${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/resource_exporter}
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}  # four builds and their history
mapfile -t build_packages < <(packages_in packaging/build-packages)
log=$logs/packages.log
if ! install_packages "${build_packages[@]}" "${test_packages[@]}" >"$log" 2>&1; then
  tail -n 30 "$log"
  echo "the packages could not be installed"
  echo "0 passed, 1 failed"
  exit 1
fi

built_dev=false
if build dev; then
  tests unit dev
  built_dev=true
fi
if ! $quick; then
  stage clang-format check_format || true
  stage shellcheck shellcheck -x .ci/run tests/run.sh packaging/*.sh packaging/image/*.sh tests/bench/*.sh tests/fuzz/*.sh tests/support/*.sh tests/vm/*.sh || true
  for sanitizer in asan tsan; do
    if build $sanitizer; then
      tests unit-$sanitizer $sanitizer
      [[ $sanitizer != asan ]] || stage fuzz tests/fuzz/run.sh 45 || true
    fi
  done
  # The live tests wait for servers half of the time.
  build release && built_release=true || built_release=false
  ! $built_dev || begin_beside clang-tidy tests/support/tidy.py build/dev "$RESOURCE_EXPORTER_CACHE/tidy"
  if $built_release; then
    checks live /usr/bin/python3 tests/live/live.py build/release/exporter/resource_exporter
    checks packages /usr/bin/python3 tests/packaging/packages.py
    checks dashboards /usr/bin/python3 tests/packaging/dashboards.py build/release/exporter/resource_exporter
    checks rules /usr/bin/python3 tests/packaging/rules.py
    checks stack /usr/bin/python3 tests/packaging/stack.py build/release/exporter/resource_exporter
    checks manifests /usr/bin/python3 tests/packaging/manifests.py build/release/exporter/resource_exporter
    checks image /usr/bin/python3 tests/packaging/image.py build/release/exporter/resource_exporter
    checks vm tests/vm/package.sh
  fi
  ! $built_dev || end_beside
fi
echo "$passed passed, $failed failed"
((failed == 0))
