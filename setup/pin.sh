#!/bin/sh
# Freezes every requirements.in beside itself, with all it pulls in and the hash of every file that PyPI has of it.
# Usage: pin.sh UV [OPTION OF UV]...
set -eu

uv=$1
shift
for folder in . benchmarks/detect benchmarks/provision benchmarks/trust docs setup/pin tests/camera/libcamera tests/share; do
  python=3.11 with=--universal
  # What else these want comes from Debian, whose Python is newer.
  if [ "$folder" = tests/camera/libcamera ]; then
    python=3.13 with=--no-deps
  fi
  "$uv" pip compile --quiet --no-config "$with" --python-version "$python" --generate-hashes --no-annotate \
    --custom-compile-command 'make pin' "$@" "$folder/requirements.in" -o "$folder/requirements.txt"
done
