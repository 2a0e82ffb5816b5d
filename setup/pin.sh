#!/bin/sh
# Freezes every requirements.in beside itself, with all it pulls in and the hash of every file that PyPI has of it.
# Usage: pin.sh UV [OPTION OF UV]...
set -eu

uv=$1
shift

# pin FOLDER OPTION...
pin() {
  folder=$1
  shift
  "$uv" pip compile --quiet --no-config --universal --generate-hashes --no-annotate \
    --custom-compile-command 'make pin' "$@" "$folder/requirements.in" -o "$folder/requirements.txt"
}

for folder in . benchmarks/detect benchmarks/provision benchmarks/trust setup/pin; do
  pin "$folder" --python-version 3.11 "$@"
done
# What else these want comes from Debian.
pin tests/camera/libcamera --python-version 3.13 --no-deps "$@"
