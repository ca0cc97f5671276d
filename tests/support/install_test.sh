#!/usr/bin/env bash
# What cmake --install puts where: below /usr through DESTDIR as a package does, and below a prefix of its own.
#   install_test.sh BINARY_DIR
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

check() {  # check TEXT COMMAND...
  local text=$1
  shift
  if "$@"; then
    echo "ok - $text"
  else
    echo "not ok - $text"
    failed=1
  fi
}

installed() {  # installed TREE BIN LIB ETC: the files in place, and the paths inside the unit
  local tree=$1 unit=$1$3/systemd/system/resource_exporter.service
  check "$2/resource_exporter runs" test -x "$tree$2/resource_exporter"
  check "the unit starts $2/resource_exporter" grep -qxF "ExecStart=$2/resource_exporter \$ARGS" "$unit"
  check "the unit reads $4/default/resource_exporter" grep -qxF "EnvironmentFile=-$4/default/resource_exporter" "$unit"
  check "the options are there, for root alone" test "$(stat -c %a "$tree$4/default/resource_exporter")" = 640
  check "its socket is of the same name" test -f "${unit%.service}.socket"
  check "the user of the unit is created" \
    grep -q "^u  *$(sed -n 's/^User=//p' "$unit") " "$tree$3/sysusers.d/resource_exporter.conf"
  check "every variable of the unit was filled in" bash -c "! grep -E '@[A-Z]+@' '$unit'"
}

DESTDIR=$work/package cmake --install "$build" --prefix /usr >/dev/null
installed "$work/package" /usr/bin /usr/lib /etc

echo 'ARGS="--mine"' >"$work/package/etc/default/resource_exporter"
DESTDIR=$work/package cmake --install "$build" --prefix /usr >/dev/null
check "a second installation keeps the options" grep -qxF 'ARGS="--mine"' "$work/package/etc/default/resource_exporter"

check "libpq is loaded only for a server" \
  bash -c "! readelf -d '$work/package/usr/bin/resource_exporter' | grep -q 'NEEDED.*libpq'"

prefix=$work/own
cmake --install "$build" --prefix "$prefix" >/dev/null
installed '' "$prefix/bin" "$prefix/lib" "$prefix/etc"
if command -v systemd-analyze >/dev/null; then
  check "systemd accepts the units" systemd-analyze verify --man=no "$prefix"/lib/systemd/system/resource_exporter.{service,socket}
fi
exit $failed
