#!/bin/sh
# Makes a virtual environment with the newest Python found, and in it exactly what a file names, by its hashes.
# Usage: venv.sh DIRECTORY REQUIREMENTS
set -eu

directory=$1 requirements=$2
for python in python3 python3.14 python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$python
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo 'Python 3.11 or newer is needed, and none was found. Install it with: sudo apt-get install python3 python3-venv' >&2
  exit 1
fi
# What it leads to may be in use elsewhere, and would be emptied.
if [ -L "$directory" ]; then
  echo "$directory is a link, so nothing was changed: remove it with \`rm $directory\`, then run again." >&2
  exit 1
fi
echo "Making the virtual environment $directory with $("$found" --version)"
"$found" -m venv --clear "$directory"
# uv looks at the same hashes as pip and takes a fifth of its time. It is to trust whom the computer trusts: a school
# may open what goes out. Where an index of one's own is set for pip, or uv cannot be had or reaches nothing, pip installs.
uv=$directory/uv
by_pip() {
  "$directory/bin/pip" install --quiet --quiet --disable-pip-version-check --no-compile --require-hashes "$@"
}
if ! {
  ! "$directory/bin/pip" config list | grep -qE '\.(no-index|index-url)=' &&
    by_pip --requirement "$(dirname "$0")/pin/requirements.txt" --target "$uv" &&
    "$uv/bin/uv" pip install --require-hashes --quiet --no-config --system-certs --cache-dir "$uv/cache" \
      --python "$directory/bin/python" --requirement "$requirements"
} 2>/dev/null; then
  by_pip --requirement "$requirements"
fi
rm -rf "$uv"
# By all processors, pip would by one; tests of others are not run here. What cannot be compiled is for other versions
# of Python, and is not loaded.
"$directory/bin/python" -m compileall -qq -j 0 -x '/tests/' "$directory/lib" || true
