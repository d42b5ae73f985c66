#!/bin/sh
# Puts a station into service on Debian: users, folders, program, settings, units. Run it again as
# often as you like: what is as it should be stays untouched, what belongs to the site is never
# overwritten, and every line says what was done. Nothing is started or restarted: that is yours.
set -eu
umask 022

usage() {
  cat <<'TEXT'
usage: deploy/install.sh [--wheel FILE] [--wheelhouse DIR] [--python PROGRAM] [--kiosk] [--root DIR]

  --wheel FILE        the program; without it only users, folders, settings and units are looked after
  --wheelhouse DIR    folder of wheels: nothing is asked of the network
  --python PROGRAM    the Python 3.11 or newer that runs the station (python3)
  --kiosk             the panel on this machine's own screen, too
  --root DIR          install below DIR instead of on this machine

Example: sudo deploy/install.sh --wheel orchestrator-1.0.0-py3-none-any.whl --wheelhouse wheels
TEXT
}

root='' wheel='' wheelhouse='' python=python3 kiosk=''
while [ $# -gt 0 ]; do
  case $1 in
    --wheel | --wheelhouse | --python | --root)
      [ $# -gt 1 ] || { echo "error: $1 needs a value" >&2; usage >&2; exit 2; }
      case $1 in
        --wheel) wheel=$2 ;;
        --wheelhouse) wheelhouse=$2 ;;
        --python) python=$2 ;;
        --root) root=${2%/} ;;
      esac
      shift 2
      ;;
    --kiosk) kiosk=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    *) echo "error: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
done

here=$(cd "$(dirname "$0")" && pwd)
changes=0
owners=yes
if [ "$(id -u)" != 0 ]; then
  if [ -z "$root" ]; then
    echo "error: this changes the whole machine: run it as root, or try it with --root DIR" >&2
    exit 77
  fi
  owners=''
  echo 'note      not root: owners are left as they are'
fi
for needed in "$wheel" "$wheelhouse"; do
  if [ -n "$needed" ] && [ ! -e "$needed" ]; then
    echo "error: there is no $needed" >&2
    exit 66
  fi
done

did() {
  changes=$((changes + 1))
  printf '%-9s %s\n' "$1" "$2"
}

found() { printf '%-9s %s\n' found "$1"; }

# The number of a user (passwd) or group (group) of the installed system.
number_of() {
  if [ "$2" = root ]; then
    echo 0
  else
    awk -F: -v name="$2" '$1 == name { print $3 }' "$root/etc/$1"
  fi
}

# settle PATH MODE OWNER SAID: gives it mode and owner. SAID is what was done to it before, if at all.
settle() {
  path=$1 mode=$2 owner=$3 said=$4
  if [ "$(stat -c %a "$root$path")" != "$mode" ]; then
    chmod "$mode" "$root$path"
    said=${said:-corrected}
  fi
  if [ -n "$owners" ]; then
    ids=$(number_of passwd "${owner%:*}"):$(number_of group "${owner#*:}")
    if [ "$(stat -c %u:%g "$root$path")" != "$ids" ]; then
      chown "$ids" "$root$path"
      said=${said:-corrected}
    fi
  fi
  if [ -n "$said" ]; then did "$said" "$path"; else found "$path"; fi
}

# A folder of the system: made when it is missing, otherwise none of our business.
present() {
  [ -d "$root$1" ] || { mkdir -p "$root$1"; did made "$1"; }
}

# directory PATH MODE OWNER: a folder of the station.
directory() {
  before=''
  if [ ! -d "$root$1" ]; then
    mkdir -p "$root$1"
    before=made
  fi
  settle "$1" "$2" "$3" "$before"
}

# file SOURCE TARGET MODE OWNER: TARGET is the same as SOURCE afterwards.
file() {
  before=''
  if [ ! -e "$root$2" ]; then before=made; elif ! cmp -s "$1" "$root$2"; then before=replaced; fi
  if [ -n "$before" ]; then
    (umask 077 && cp "$1" "$root$2.new")
    mv "$root$2.new" "$root$2"
  fi
  settle "$2" "$3" "$4" "$before"
}

# site_file SOURCE TARGET MODE OWNER: made when it is missing; afterwards it is the site's own.
site_file() {
  if [ -e "$root$2" ]; then
    settle "$2" "$3" "$4" ''
  else
    file "$1" "$2" "$3" "$4"
  fi
}

# link TEXT TARGET: switched in one step, so that there is never none.
link() {
  if [ "$(readlink "$root$2" 2>/dev/null || true)" = "$1" ]; then
    found "$2 -> $1"
    return
  fi
  ln -s "$1" "$root$2.new"
  mv -T "$root$2.new" "$root$2"
  did linked "$2 -> $1"
}

users() {
  present /etc/sysusers.d
  file "$here/systemd/orchestrator.sysusers" /etc/sysusers.d/orchestrator.conf 644 root:root
  before=$(cat "$root/etc/passwd" "$root/etc/group" 2>/dev/null || true)
  if [ -n "$owners" ]; then
    systemd-sysusers ${root:+"--root=$root"} orchestrator.conf
  fi
  if [ "$before" = "$(cat "$root/etc/passwd" "$root/etc/group" 2>/dev/null || true)" ]; then
    found 'users orchestrator, orchestrator-kiosk'
  else
    did made 'users orchestrator, orchestrator-kiosk'
  fi
}

folders() {
  directory /opt/orchestrator 755 root:root
  directory /opt/orchestrator/bin 755 root:root
  directory /opt/orchestrator/versions 755 root:root
  # Settings and secrets: root writes, the service reads, nobody else looks.
  directory /etc/orchestrator 750 root:orchestrator
  directory /etc/orchestrator/recipes 750 root:orchestrator
  directory /etc/orchestrator/secrets 750 root:orchestrator
  directory /etc/orchestrator/credentials 700 root:root
  directory /var/lib/orchestrator 700 orchestrator:orchestrator
  directory /var/backups/orchestrator 700 orchestrator:orchestrator
}

# Every version lies in a folder of its own, so that going back is one link.
program() {
  if [ -z "$wheel" ]; then
    echo 'note      no --wheel: the program is left as it is'
    return
  fi
  version=$(basename "$wheel" | cut -d- -f2)
  place=versions/$version-$(sha256sum "$wheel" | cut -c1-12)
  if [ -e "$root/opt/orchestrator/$place/.complete" ]; then
    found "/opt/orchestrator/$place"
  else
    rm -rf "$root/opt/orchestrator/$place"
    "$python" -m venv "$root/opt/orchestrator/$place"
    set -- --quiet --disable-pip-version-check --no-cache-dir
    if [ -n "$wheelhouse" ]; then set -- "$@" --no-index --find-links "$wheelhouse"; fi
    if [ -e "$here/../constraints.txt" ]; then set -- "$@" --constraint "$here/../constraints.txt"; fi
    "$root/opt/orchestrator/$place/bin/python" -m pip install "$@" "$wheel"
    touch "$root/opt/orchestrator/$place/.complete"
    did made "/opt/orchestrator/$place"
  fi
  link "$place" /opt/orchestrator/venv
  present /usr/local/bin
  link /opt/orchestrator/venv/bin/orchestrator /usr/local/bin/orchestrator
}

settings() {
  example=$(mktemp)
  sed -e 's|^#data_dir = "data"$|data_dir = "/var/lib/orchestrator"|' \
    -e 's|"../recipes/guardian-line.yaml"|"recipes/guardian-line.yaml"|' \
    "$here/../config/station.example.toml" >"$example"
  site_file "$example" /etc/orchestrator/station.toml 640 root:orchestrator
  rm -f "$example"
}

units() {
  present /etc/systemd/system
  directory /etc/systemd/system/orchestrator-station.service.d 755 root:root
  file "$here/bin/orchestrator-backup" /opt/orchestrator/bin/orchestrator-backup 755 root:root
  before_units=$changes
  for unit in orchestrator-station.service orchestrator-backup.service orchestrator-backup.timer; do
    file "$here/systemd/$unit" "/etc/systemd/system/$unit" 644 root:root
  done
  if [ -n "$kiosk" ]; then
    present /etc/chromium/policies
    directory /opt/orchestrator/kiosk 755 root:root
    directory /opt/orchestrator/kiosk/managed 755 root:root
    file "$here/kiosk/managed/orchestrator.json" \
      /opt/orchestrator/kiosk/managed/orchestrator.json 644 root:root
    file "$here/systemd/orchestrator-kiosk.service" \
      /etc/systemd/system/orchestrator-kiosk.service 644 root:root
  fi
  site_file "$here/systemd/orchestrator-station.service.d/site.conf" \
    /etc/systemd/system/orchestrator-station.service.d/site.conf 644 root:root
  present /etc/udev/rules.d
  file "$here/udev/60-orchestrator-fixture.rules" \
    /etc/udev/rules.d/60-orchestrator-fixture.rules 644 root:root
  for unit in orchestrator-station.service orchestrator-backup.timer \
    ${kiosk:+orchestrator-kiosk.service}; do
    if [ "$(systemctl ${root:+"--root=$root"} is-enabled "$unit" 2>/dev/null || true)" = enabled ]
    then
      found "$unit is enabled"
    else
      systemctl ${root:+"--root=$root"} --quiet enable "$unit"
      did enabled "$unit"
    fi
  done
  if [ -z "$root" ] && [ -d /run/systemd/system ] && [ "$changes" != "$before_units" ]; then
    systemctl daemon-reload
    if command -v udevadm >/dev/null; then udevadm control --reload; fi
    systemctl start orchestrator-backup.timer
  fi
}

users
folders
program
settings
units

if [ "$changes" = 0 ]; then
  echo 'nothing changed: everything was as it should be'
else
  echo "$changes changes"
  cat <<'TEXT'
next, as root:
  edit /etc/orchestrator/station.toml; put recipes into /etc/orchestrator/recipes (root:orchestrator)
  runuser -u orchestrator -- orchestrator station init --config /etc/orchestrator/station.toml
  runuser -u orchestrator -- orchestrator station check --config /etc/orchestrator/station.toml
  systemctl restart orchestrator-station
TEXT
fi
