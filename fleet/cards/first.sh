#!/bin/sh
# Makes a board what its card says at its first start, whatever the system's own tool has done of that. Whoever runs it
# (cloud-init, systemd.run, rpi-preseed), it is run again at every start until it has come to its end, since the power
# may be cut at any moment; then it leaves done.txt, and no secret on the FAT partition.
# Usage: first.sh [again | address]
set -u

here=$(cd -- "$(dirname -- "$0")" && pwd)
firmware=$(dirname -- "$here")
state=/var/lib/pilab-card
unit=/etc/systemd/system/pilab-card.service
wanted=/etc/systemd/system/multi-user.target.wants/pilab-card.service
address_unit=/etc/systemd/system/pilab-card-address.service
address_wanted=/etc/systemd/system/multi-user.target.wants/pilab-card-address.service
# How long a board may take to its address: a network by cable has one in seconds, Wi-Fi in a minute.
address_limit_s=120
host_key=/etc/ssh/ssh_host_ed25519_key

# What the card says; an editor on Windows may have been in between.
seat() {
  tr -d '\r' <"$here/seat" | sed -n "s/^$1=//p" | head -n 1
}

failed() {
  printf 'failed: %s\n' "$1" >>"$state/failed"
}

# Writes a file from stdin, whole or not at all. On the FAT partition no mode is given: vfat refuses most of them with
# EPERM (Linux, fs/fat/file.c: fat_sanitize_mode).
put() {
  cat >"$1.new" && { [ -z "${2:-}" ] || chmod "$2" "$1.new"; } && sync "$1.new" && mv -f "$1.new" "$1"
}

run_again_until_done() {
  put "$unit" 644 <<END
[Unit]
Description=First start of a board from a card of Pilab
RequiresMountsFor=$here
After=cloud-config.service

[Service]
Type=oneshot
ExecStart=/bin/sh $here/first.sh
END
  mkdir -p "$(dirname "$wanted")"
  ln -sf "$unit" "$wanted"
}

# Most systems run this script before they have a network, some without one: the address comes later, and is noted then.
note_address_later() {
  put "$address_unit" 644 <<END
[Unit]
Description=The first address of a board from a card of Pilab
RequiresMountsFor=$here

[Service]
Type=simple
ExecStart=/bin/sh $here/first.sh address
END
  mkdir -p "$(dirname "$address_wanted")"
  ln -sf "$address_unit" "$address_wanted"
}

# Where only this script runs, the board starts again right after it.
runs_alone() {
  grep -q systemd.unit=kernel-command-line.target /proc/cmdline
}

note_address() {
  left_s=$address_limit_s
  addresses=$(hostname -I 2>/dev/null)
  while [ -z "${addresses% }" ] && [ "$left_s" -gt 0 ]; do
    sleep 1
    left_s=$((left_s - 1))
    addresses=$(hostname -I 2>/dev/null)
  done
  addresses=${addresses% }
  if [ -e "$here/done.txt" ]; then
    sed -e '/^address: /d' -e "/^time: /a address: ${addresses:-none}" "$here/done.txt" | put "$here/done.txt" || return
  fi
  rm -f "$address_unit" "$address_wanted"
  sync
}

# firstboot of bookworm takes itself off the command line before it begins, and may not have come to custom.toml.
apply_what_was_left() {
  tool=/usr/lib/raspberrypi-sys-mods/init_config
  [ -e "$firmware/custom.toml" ] || return 0
  "$tool" "$firmware/custom.toml" || failed 'the system could not read custom.toml'
}

# useradd replaces passwd, shadow, group and gshadow one after the other and then makes the home: a power cut in between
# leaves an account that is half there, which cloud-init takes for whole. Its locks name processes of another start.
mend_account() {
  rm -f /etc/passwd.lock /etc/shadow.lock /etc/group.lock /etc/gshadow.lock /etc/subuid.lock /etc/subgid.lock
  id "$account" >/dev/null 2>&1 || return 0
  group=$(id -g "$account")
  getent group "$group" >/dev/null || groupadd --gid "$group" "$account" || failed "no group $account"
  getent shadow "$account" >/dev/null || printf '%s:!:%s:0:99999:7:::\n' "$account" "$(($(date +%s) / 86400))" >>/etc/shadow
  home=$(getent passwd "$account" | cut -d: -f6)
  [ -e "$home/.profile" ] || { mkdir -p "$home" && cp -a /etc/skel/. "$home/" && chmod 700 "$home"; }
  chown -R "$account:$group" "$home"
}

join_groups() {
  for group in adm dialout cdrom sudo audio video plugdev games users input render netdev gpio i2c spi; do
    ! getent group "$group" >/dev/null || usermod --append --groups "$group" "$account" || failed "no member of $group"
  done
}

set_sudo() {
  if [ "$(seat sudo)" = asks ]; then
    rm -f /etc/sudoers.d/010_pi-nopasswd
  else
    printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$account" | put /etc/sudoers.d/010_pilab-card 440 || failed 'sudo is not set'
  fi
}

let_in() {
  keys=$home/.ssh/authorized_keys
  install -d -m 700 "$home/.ssh"
  before=$keys
  [ -e "$keys" ] || before=/dev/null
  tr -d '\r' <"$here/authorized_keys" | awk 'NF && !seen[$0]++' "$before" - | put "$keys" 600 ||
    failed "the teacher's key is not in place"
  chown -R "$account:" "$home/.ssh"
}

public() {
  ssh-keygen -y -P '' -f "$1" 2>/dev/null | cut -d' ' -f1,2
}

take_host_key() {
  [ "$(public "$host_key")" = "$(seat host_key)" ] || put "$host_key" 600 <"$here/ssh_host_ed25519_key"
  public "$host_key" | put "$host_key.pub" 644
  [ "$(cat "$host_key.pub")" = "$(seat host_key)" ] || failed 'the host key is not the one of this card'
  systemctl disable --quiet regenerate_ssh_host_keys 2>/dev/null
}

take_name() {
  name=$(seat name)
  printf '%s\n' "$name" | put /etc/hostname 644
  hostname "$name"
  { grep -v '^127\.0\.1\.1[[:space:]]' /etc/hosts; printf '127.0.1.1\t%s\n' "$name"; } | put /etc/hosts 644
}

set_country() {
  country=$(seat country)
  [ -n "$country" ] || return 0
  ! command -v raspi-config >/dev/null || raspi-config nonint do_wifi_country "$country" || failed 'the Wi-Fi country is not set'
  ! command -v rfkill >/dev/null || rfkill unblock wifi
}

set_password() {
  [ ! -s "$here/password" ] || chpasswd --encrypted <"$here/password" || failed 'the password is not set'
}

# Takes a file of the card to a program that has the Wi-Fi.
hand_on() {
  [ ! -e "$here/$1" ] || { mkdir -p "$(dirname "$2")" && put "$2" 600 <"$here/$1"; } || failed 'the Wi-Fi is not set'
}

join_wifi() {
  hand_on wpa_supplicant.conf /etc/wpa_supplicant/wpa_supplicant.conf
  hand_on wifi.nmconnection /etc/NetworkManager/system-connections/pilab-card.nmconnection
  ! systemctl is-active --quiet NetworkManager || nmcli connection reload
}

open_ssh() {
  systemctl enable --quiet ssh || failed 'ssh is not on'
  runs_alone || systemctl restart --no-block ssh
}

become() {
  mkdir -p "$state"
  : >"$state/failed"
  apply_what_was_left
  if id "$account" >/dev/null 2>&1; then
    mend_account
    join_groups
    set_password
    set_sudo
    let_in
  else
    failed "there is no account $account"
  fi
  take_host_key
  take_name
  set_country
  join_wifi
  open_ssh
  sync
  touch "$state/is-set"
  sync
}

# It would name the board again at every start.
end_cloud_init() {
  [ ! -d /etc/cloud ] || touch /etc/cloud/cloud-init.disabled
  sync
}

# Overwritten first: what is only removed stays readable in the free part of a FAT partition.
scrub() {
  for file in "$here/ssh_host_ed25519_key" "$here/wifi.nmconnection" "$here/wpa_supplicant.conf" \
    "$here/password" "$here"/*.new "$firmware/user-data" \
    "$firmware/network-config" "$firmware/custom.toml" "$firmware/rpi-preseed.toml" "$firmware/firstrun.sh" \
    "$firmware"/*.new; do
    [ ! -f "$file" ] || shred --iterations=1 --remove "$file" || rm -f "$file" || failed "$file is still on the card"
  done
  [ ! -d /etc/cloud ] || printf '#cloud-config\n' | put "$firmware/user-data"
}

forget_command_line() {
  ! grep -q systemd.run= "$firmware/cmdline.txt" 2>/dev/null ||
    sed 's/ systemd\.run[^ ]*//g; s/ systemd\.unit=[^ ]*//g' "$firmware/cmdline.txt" | put "$firmware/cmdline.txt"
}

tell() {
  {
    printf 'seat: %s\ntime: %s\nhost key: %s\n' \
      "$(seat name)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(cat "$host_key.pub")"
    cat "$state/failed"
    echo end
  } | put "$here/done.txt"
  sync
}

main() {
  # Nobody else may be at it, as cloud-init and our own unit could.
  exec 9>/run/pilab-card.lock
  flock 9
  if [ ! -e "$here/done.txt" ]; then
    run_again_until_done
    [ -e "$state/is-set" ] || become
    end_cloud_init
    scrub
    forget_command_line
    note_address_later
    sync
    tell
    runs_alone || { systemctl daemon-reload && systemctl start --no-block pilab-card-address; }
  fi
  rm -rf "$unit" "$wanted" "$state"
  sync
}

# cloud-init marks a module as done when it begins, and a power cut leaves the mark: what has not come to its end is all
# done again, from the first module on. This runs before them, at every start.
account=$(seat account)
case "${1:-}" in
again)
  mkdir -p "$state"
  mend_account
  rm -f /var/lib/cloud/instance/sem/config_*
  run_again_until_done
  ;;
address) note_address ;;
*) main ;;
esac
