#!/bin/sh
# The main job from beginning to end, with the commands that a teacher would type, on virtual Pis.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
# Only what needs root is typed as root.
typed() {
  printf '\n$ %s\n' "$*"
  setup/owner.sh "$@"
}
typed_as_root() {
  printf '\n# %s\n' "$*"
  "$@"
}

here_only() {
  say 'Not root: virtual Pis are left out. This computer looks for circles and is benched instead.'
  frames=.cache/frames
  typed python -m virtual frames "$frames"
  typed python -m agent run --source file --path "$frames/frames" --pins mock --frames 60
  typed invoke bench --here
  say 'Left out: virtual Pis, ansible-playbook site.yml, invoke bench --hosts lab. They need root: sudo make demo'
}

room() {
  say 'Three virtual Pis: bullseye, bookworm and trixie'
  typed_as_root invoke rehearse.up --pis 3
  say 'Provisioning them'
  typed ansible-playbook site.yml
  say 'Timing the programs of the course on all of them at once'
  typed invoke bench --hosts lab
  say 'Looking for circles, on every board, at this moment'
  typed invoke agent.status --hosts lab
  say 'The virtual Pis are still running: sudo .venv/bin/invoke rehearse.down takes them down.'
  echo 'To type commands to them yourself: . .venv/bin/activate'
  if [ "$(stat -c %u .)" -ne "${SUDO_UID:-0}" ]; then
    echo "This checkout is not $SUDO_USER's, so the commands need the account of its owner; to change that: sudo chown -R $SUDO_USER: $PWD"
  fi
}

if [ "$(id -u)" -eq 0 ]; then room; else here_only; fi
