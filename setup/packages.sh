#!/bin/sh
# Installs the Debian packages named, those that are missing only, and says which.
# Usage: packages.sh PURPOSE PACKAGE...
set -eu

purpose=$1
shift
# Also what another package stands for, as on Ubuntu that of a snap for chromium.
there=$(dpkg-query -W -f='${db:Status-Status} ${Package}, ${Provides},\n' | grep '^installed ' || true)
missing=''
for package in "$@"; do
  printf '%s\n' "$there" | grep -q "[ ,]${package}[ ,]" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "Debian packages are missing for $purpose:$missing. Install them with: sudo apt-get install$missing" >&2
  exit 0
fi
echo "Installing Debian packages for $purpose:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 # a list of names, split on purpose
apt-get -qq install --no-install-recommends --yes $missing >/dev/null
