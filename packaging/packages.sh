# shellcheck shell=bash
# Sourced, not run: installs Debian packages quietly. Needs nothing but bash, dpkg and apt.
#   packages_in FILE          prints the names in FILE, without comments
#   install_packages NAME...  installs those that are missing; returns at once when none is

packages_in() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

missing_packages() {
  local name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || printf '%s\n' "$name"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "this needs Debian's apt and dpkg; elsewhere install the counterparts of: $*" >&2
    return 1
  fi
  local missing=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "missing packages: ${missing[*]}; run as root, or install sudo, or: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)

  # Some of these packages bring services. They are not to start because a build or a test wanted their programs.
  local policy=/usr/sbin/policy-rc.d own_policy=false status=0
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null && own_policy=true
    "${as_root[@]}" chmod 755 "$policy"
  fi
  { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } </dev/null || status=$?
  if $own_policy; then
    "${as_root[@]}" rm -f "$policy"
  fi
  return "$status"
}
