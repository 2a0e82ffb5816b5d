#!/bin/sh
# Runs a command as the owner of this checkout, also where root types it, so that what it makes is theirs.
# Usage: owner.sh COMMAND...
set -eu

root=$(dirname "$0")/..
owner=$(stat -c %u "$root")
if [ "$(id -u)" -ne 0 ] || [ "$owner" -eq 0 ]; then exec "$@"; fi

# A container may know the owner by number only.
entry=$(getent passwd "$owner" || true)
if [ -n "$entry" ]; then
  exec setpriv --reuid="$owner" --regid="$(echo "$entry" | cut -d: -f4)" --init-groups -- \
    env -u PYTHONPYCACHEPREFIX HOME="$(echo "$entry" | cut -d: -f6)" USER="${entry%%:*}" LOGNAME="${entry%%:*}" "$@"
fi
exec setpriv --reuid="$owner" --regid="$(stat -c %g "$root")" --clear-groups -- env -u PYTHONPYCACHEPREFIX HOME=/ "$@"
