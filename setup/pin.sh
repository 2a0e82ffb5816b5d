#!/bin/sh
# Freezes every requirements.in beside itself, with all it pulls in and the hash of every file that PyPI has of it.
# Usage: pin.sh UV [OPTION OF UV]...
set -eu

uv=$1
shift
for folder in . benchmarks/detect benchmarks/provision benchmarks/trust setup/pin; do
  "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-annotate \
    --custom-compile-command 'make pin' "$@" "$folder/requirements.in" -o "$folder/requirements.txt"
done
