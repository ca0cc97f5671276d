#!/usr/bin/env bash
# The root file system of an image with nothing in it but the program: what it loads, certificates, and a user.
#
#   packaging/image/rootfs.sh PROGRAM FOLDER
#
# FOLDER must not exist or be empty. Libraries that the program loads when it needs them must be installed here; which
# ones these are stands in the program.
set -euo pipefail

fail() {
  echo "rootfs.sh: $1" >&2
  exit 1
}

[[ $# == 2 && ${1:0:1} != - ]] || {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
  exit 2
}
program=$1 folder=${2%/}
[[ -x $program ]] || fail "$program is no program; packaging/quickstart.sh --build-only makes it"
[[ -z $(ls -A "$folder" 2>/dev/null) ]] || fail "$folder is not empty"
certificates=/etc/ssl/certs/ca-certificates.crt
[[ -s $certificates ]] || fail "$certificates is not here: apt-get install ca-certificates"

umask 022
mkdir -p "$folder"/{etc/ssl/certs,usr/bin,usr/lib/ssl,host}
for name in lib lib64; do
  ln -s "usr/$name" "$folder/$name"
done
strip --strip-unneeded -o "$folder/usr/bin/resource_exporter" "$program"
chmod 755 "$folder/usr/bin/resource_exporter"

# path_of NAME: where the loader finds a library
path_of() { ldconfig -p | awk -v name="$1" '$1 == name && !found++ { print $NF }'; }

# needs FILE: the loader and the libraries that come with it
needs() { ldd "$1" | grep -oE '/[^ ]+'; }

# Names of libraries in the program's text: those that it is linked to, and those for dlopen(3).
named=()
while read -r name; do
  path=$(PATH=$PATH:/sbin:/usr/sbin path_of "$name")
  [[ $path ]] || fail "$name is not installed: apt-get install libpq5 libsystemd0 libsqlite3-0"
  named+=("$path")
done < <(grep -aoE 'lib[a-z0-9_+-]+\.so\.[0-9.]*[0-9]' "$program" | sort -u)

{
  needs "$program"
  for path in "${named[@]}"; do
    echo "$path"
    needs "$path"
  done
} | sort -u | while read -r path; do
  install -D -m 755 "$(readlink -f "$path")" "$folder/usr${path#/usr}"
done

install -m 644 "$certificates" "$folder$certificates"
ln -s "$certificates" "$folder/usr/lib/ssl/cert.pem" # where OpenSSL looks
echo 'resource_exporter:x:65534:65534:Prometheus exporter:/:/nonexistent' >"$folder/etc/passwd"
echo 'resource_exporter:x:65534:' >"$folder/etc/group"
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$folder/etc/nsswitch.conf"
