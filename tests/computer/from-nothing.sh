#!/bin/sh
# What a teacher types on a fresh Debian, in a root file system of its own: first the checkout, then a wheel.
# Usage: from-nothing.sh LOWER WORK CHECKOUT (a folder of what is committed); in a mount namespace of its own.
set -eu

lower=$1 work=$2 checkout=$3
root=$work/root
mount -t overlay pilab-computer -o "lowerdir=$lower,upperdir=$work/disk,workdir=$work/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir -m 1777 "$root/dev/shm"
mkdir "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
# As this computer reaches PyPI: its certificates, and pip's settings.
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/"; fi

step() {
  echo "== $*"
  began=$(date +%s)
}
took() { echo "== took $(($(date +%s) - began)) s"; }
as_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
as_anna() { as_root setpriv --reuid=anna --regid=anna --init-groups env HOME=/home/anna USER=anna sh -euc "cd; $1"; }

step 'what the README asks for: git, make, Python'
as_root apt-get -qq update
as_root apt-get -qq install --no-install-recommends --yes git make python3 >/dev/null
as_root useradd --create-home anna
cp -R "$checkout" "$root/home/anna/pilab"
as_root chown -R anna:anna /home/anna
took

step 'make setup, without root: what is missing is named'
as_anna 'cd pilab && make setup' && exit 1
took

step 'sudo make setup'
as_root sh -euc 'cd /home/anna/pilab && make setup'
took

step 'the commands, as the teacher'
# shellcheck disable=SC2016 # what is in $( ) is for the shell of the teacher
as_anna 'mkdir -m 700 .ssh && ssh-keygen -q -t ed25519 -N "" -f .ssh/id_ed25519
  cd pilab && . .venv/bin/activate
  invoke --list | grep -q "bench "
  ansible-playbook site.yml 2>&1 | grep "there is no board yet"
  echo "pi01 ansible_host=192.0.2.1" >>inventory.ini && invoke doctor --here
  invoke bench --here --runs 1 >bench.txt || { cat bench.txt; exit 1; }
  test -z "$(find . -not -user anna)"'
took

step 'some of the tests'
as_anna 'cd pilab && . .venv/bin/activate && pytest -q -n 2 tests/unit/test_native_programs.py tests/unit/test_circles_native.py \
  tests/unit/test_fleet_inventory.py tests/unit/test_cards_write.py tests/unit/test_doctor_here.py tests/unit/test_tasks.py'
took

step 'a wheel, in an environment of its own'
as_anna 'cd pilab && . .venv/bin/activate && python -m hatchling build -t wheel -d ../wheel && deactivate
  cd && python3 -m venv other && other/bin/pip install -qq --require-hashes -r pilab/requirements.txt
  other/bin/pip install -qq --no-index wheel/*.whl
  mkdir empty && cd empty && . ../other/bin/activate
  pilab --version && pilab new-room room && cd room && invoke --list | grep -q "bench "
  ansible-playbook site.yml 2>&1 | grep "there is no board yet"
  echo "pi01 ansible_host=192.0.2.1" >>inventory.ini && pilab doctor --here'
took
