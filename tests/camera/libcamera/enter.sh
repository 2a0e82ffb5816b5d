#!/bin/sh
# Becomes a command in the root with the real libraries, whose disk is thrown away: enter.sh LAYERS FOLDER CODE COMMAND...
# FOLDER (the test's, with the cameras in virtual.yaml) and CODE are there under their own names. Run under `unshare --mount`.
set -eu

layers=$1 folder=$2 code=$3
shift 3
here=$folder/.root
mkdir -p "$here"
mount -t tmpfs pilab-camera "$here"
mkdir "$here/disk" "$here/work" "$here/root"
mount -t overlay pilab-camera -o "lowerdir=$layers,upperdir=$here/disk,workdir=$here/work" "$here/root"
root=$here/root
mkdir -p "$root/usr/share/libcamera/pipeline/virtual" "$root$folder" "$root$code"
cp "$folder/virtual.yaml" "$root/usr/share/libcamera/pipeline/virtual/"
for each in /proc /sys /dev "$code"; do
  mount --rbind "$each" "$root$each"
done
mount --bind "$folder" "$root$folder"
exec chroot "$root" env -C "$code" "LD_PRELOAD=$folder/sensor.so" "PYTHONPATH=$code/tests/camera/libcamera/packages" "$@"
