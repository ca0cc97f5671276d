# shellcheck shell=bash
# Sourced, not run: a Debian 12 that boots in an emulator, kept below $1 until its packages change.
#   make_image FOLDER PACKAGES CUSTOMIZE
#     PACKAGES is the name of an array; CUSTOMIZE a function that is given the tree and changes it before it becomes a disk.
#     Leaves FOLDER/base.img (the root disk, ext4), FOLDER/kernel and FOLDER/initrd. Needs root, mmdebstrap and e2fsprogs.
# The disk is the same for every run: start it with snapshot=on.

make_image() {
  local folder=$1 customize=$3 tree source_file=${BASH_SOURCE[1]} lock
  local -n wanted=$2
  mkdir -p "$folder"
  exec {lock}>"$folder/lock"
  flock "$lock"  # another clone may be making it
  if [[ ! -e $folder/base.tar || $(cat "$folder/packages" 2>/dev/null) != "${wanted[*]}" ]]; then
    echo "# fetching the packages of the image, once" >&2
    # shellcheck disable=SC2016 # expanded by mmdebstrap's shell
    mmdebstrap --quiet --format=tar --variant=apt --include="$(IFS=,; echo "${wanted[*]}")" \
      --customize-hook='rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/usr/share/doc "$1"/usr/share/locale' \
      bookworm "$folder/base.tar.part" >&2
    mv "$folder/base.tar.part" "$folder/base.tar"
    echo "${wanted[*]}" >"$folder/packages"
  fi
  if [[ $folder/base.img -nt $folder/base.tar && $(cat "$folder/made_by" 2>/dev/null) == "$(made_by "$source_file")" ]]; then
    exec {lock}>&-
    return 0
  fi
  echo "# making the image, once" >&2
  tree=$(mktemp -d "$folder/tree.XXXXXX")
  tar -C "$tree" -xf "$folder/base.tar" --exclude='./dev/*'
  ln -sf /usr/lib/systemd/system/multi-user.target "$tree/etc/systemd/system/default.target"
  echo '/dev/vda / ext4 defaults 0 0' >"$tree/etc/fstab"
  "$customize" "$tree"
  # An initrd with the root disk's drivers only: the one made at installation loads RAID, LVM and btrfs, slowly.
  rm -f "$tree"/usr/share/initramfs-tools/{hooks,scripts/*}/{btrfs,mdadm,lvm2,dmsetup}
  printf '%s\n' virtio_pci virtio_blk ext4 >>"$tree/etc/initramfs-tools/modules"
  echo 'MODULES=list' >"$tree/etc/initramfs-tools/conf.d/vm"
  cp "$tree"/boot/vmlinuz-* "$folder/kernel"
  chroot "$tree" mkinitramfs -o /boot/small "$(basename "$tree"/lib/modules/*)" >&2
  mv "$tree/boot/small" "$folder/initrd"
  rm -f "$folder/base.img"
  mke2fs -q -t ext4 -d "$tree" "$folder/base.img.part" 3G
  rm -rf "$tree"
  mv "$folder/base.img.part" "$folder/base.img"
  made_by "$source_file" >"$folder/made_by"
  exec {lock}>&-
}

# What the image depends on besides the packages: files that may have any date in a clone.
made_by() { cat "${BASH_SOURCE[0]}" "$1" "$(dirname "$1")/agent.py" | sha256sum; }

# mask TREE UNIT... : units that only take time, or the console
mask() {
  local tree=$1 unit
  shift
  for unit in serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service \
      fstrim.timer systemd-random-seed.service "$@"; do
    ln -sf /dev/null "$tree/etc/systemd/system/$unit"
  done
}
