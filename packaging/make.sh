#!/usr/bin/env bash
# Makes packages of a release build: .deb for this Debian, and .rpm.
#
#   packaging/make.sh [deb] [rpm]     default: deb
#
# The packages' paths are the last lines printed. Installs what it needs. The same revision gives the same bytes, wherever
# it is built: dates are those of the last commit (or of $SOURCE_DATE_EPOCH), paths are relative to the source. RELEASE=2
# makes the second package of a version, MAINTAINER="NAME <ADDRESS>" says who answers for it. An .rpm asks for the libraries of the distribution it is built on: make it there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=packaging/packages.sh
source packaging/packages.sh

kinds=("$@")
((${#kinds[@]})) || kinds=(deb)
for kind in "${kinds[@]}"; do
  if [[ $kind != deb && $kind != rpm ]]; then
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
    exit 2
  fi
done
tools=(dpkg-dev gzip)
[[ " ${kinds[*]} " != *' rpm '* ]] || tools+=(rpm)
install_packages "${tools[@]}" >&2
packaging/quickstart.sh --build-only >/dev/null

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
build=$root/build/release
log=$root/build/packages.log
umask 022
rm -rf "$build/packages" "$build/_CPack_Packages"
: >"$log"
cmake -DRESOURCE_EXPORTER_PACKAGE_RELEASE="${RELEASE:-1}" ${MAINTAINER:+"-DRESOURCE_EXPORTER_MAINTAINER=$MAINTAINER"} "$build" >>"$log"
for kind in "${kinds[@]}"; do
  if ! (cd "$build" && cpack -G "${kind^^}") >>"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "the .$kind could not be made; everything it printed is in $log" >&2
    exit 1
  fi
done
rm -rf "$build/_CPack_Packages"
find "$build/packages" -type f -name 'resource-exporter*' | sort
