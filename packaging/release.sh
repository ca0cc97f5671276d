#!/usr/bin/env bash
# Makes a release of what is committed: version and date into CMakeLists.txt and CHANGELOG.md, a commit and a tag, the
# packages built twice in fresh clones in different places and held against each other, and their sums.
#
#   packaging/release.sh [--tested] VERSION     VERSION as in 1.2.3
#
# Runs tests/run.sh first, unless --tested says that it passed. Pushes nothing: the last lines say what is left to do. What
# is to be published lies in build/release-VERSION. MAINTAINER="NAME <ADDRESS>" goes into the packages.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

fail() {
  echo "release: $1" >&2
  exit 1
}

tested=false
if [[ ${1:-} == --tested ]]; then
  tested=true
  shift
fi
version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2; }
[[ -z $(git status --porcelain) ]] || fail "there are changes that are not committed"
! git rev-parse -q --verify "refs/tags/v$version" >/dev/null || fail "v$version exists already"
awk '/^## Unreleased/ {inside = 1; next} /^## / {inside = 0} inside && /^- / {found = 1} END {exit !found}' CHANGELOG.md ||
  fail "CHANGELOG.md has nothing below '## Unreleased'"
$tested || CI=true tests/run.sh || fail "the tests do not pass"

sed -i "s/^project(resource_exporter VERSION [0-9.]*/project(resource_exporter VERSION $version/" CMakeLists.txt
sed -i "s/^## Unreleased\$/## Unreleased\n\n## $version - $(date -u +%Y-%m-%d)/" CHANGELOG.md
git commit -q -m "Version $version" CMakeLists.txt CHANGELOG.md
git tag -a "v$version" -m "resource_exporter $version"

out=$root/build/release-$version
rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for place in one another/place; do
  git clone -q --branch "v$version" "$root" "$work/$place" 2>/dev/null
  "$work/$place/packaging/make.sh" deb rpm >"$work/made"
  if [[ $place == one ]]; then
    xargs cp -t "$out" <"$work/made"
  else
    while read -r package; do
      cmp "$package" "$out/$(basename "$package")" || fail "two builds of v$version differ"
    done <"$work/made"
  fi
done
git archive --format=tar --prefix="resource_exporter-$version/" "v$version" | gzip -9n >"$out/resource_exporter-$version.tar.gz"
(cd "$out" && sha256sum -- *.deb *.rpm *.tar.gz >SHA256SUMS)
ls -l "$out"
echo "left to do: sign $out/SHA256SUMS, git push && git push origin v$version, publish the folder"
