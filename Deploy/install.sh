#!/usr/bin/env bash
#
# Installs the program and its systemd units. Safe to run again: an upgrade is the same command. It never
# overwrites settings and never starts, stops or restarts a service.
#
#   Deploy/install.sh [--binary FILE] [--destdir DIR]
#
#   --binary FILE   the program to install (default: the release build of this repository)
#   --destdir DIR   install below DIR instead of /, for packaging and tests: no user, no reload, no root needed

set -euo pipefail
export LC_ALL=C.UTF-8
umask 022

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)

die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

binary=
destdir=
while [ $# -gt 0 ]; do
  case $1 in
    --binary | --destdir)
      [ -n "${2:-}" ] || die "$1 needs a value"
      if [ "$1" = --binary ]; then binary=$2; else destdir=${2%/}; fi
      shift 2
      ;;
    -h | --help)
      sed -n '/^# /s/^# //p' "$0"
      exit
      ;;
    *) die "unknown option '$1' (know --binary FILE, --destdir DIR)" ;;
  esac
done

# Not `swift build --show-bin-path`: root, who installs, need not have Swift on PATH.
[ -n "$binary" ] || binary=$root/.build/release/twinmill
if [ "$binary" = "$root/.build/release/twinmill" ] && [ -f "$binary" ] &&
  [ -n "$(find "$root/Package.swift" "$root/Sources" "$root/Jobs" -newer "$binary" -type f -print -quit)" ]; then
  die "the program at $binary is older than the sources. Build it again:
  swift build -c release --static-swift-stdlib --product twinmill"
fi
if [ ! -f "$binary" ] || [ ! -x "$binary" ]; then
  die "there is no program at $binary. Build it first:
  swift build --package-path $root -c release --static-swift-stdlib --product twinmill"
fi

if [ -z "$destdir" ] && [ "$(id -u)" -ne 0 ]; then
  die "needs root: run 'sudo $root/Deploy/install.sh', or install below a folder with --destdir DIR"
fi

# A fixed user, for peer authentication over PostgreSQL's socket (see the comment in the units). No home, no
# shell, no password.
if [ -z "$destdir" ] && ! getent passwd twinmill >/dev/null; then
  useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin \
    --comment 'Twinmill daemons' twinmill
fi

# Renamed into place: a running daemon keeps its old file, and nobody ever sees half a program.
program=$destdir/usr/local/bin/twinmill
install -d "$destdir/usr/local/bin"
install -m 755 "$binary" "$program.new"
mv -f "$program.new" "$program"

# The program writes its own manual page and completions, so they tell of the options that it has.
share=$destdir/usr/local/share
# generated FILE ARGUMENT…: keeps what the program prints; a file that is there is replaced as a whole.
generated() {
  local file=$1
  shift
  install -d "$(dirname "$file")"
  "$program" "$@" > "$file.new" || die "the program does not start; what it needs is in $root/Deploy/README.md"
  chmod 644 "$file.new"
  mv -f "$file.new" "$file"
}
generated "$share/man/man1/twinmill.1" internal man
generated "$share/bash-completion/completions/twinmill" --generate-completion-script bash
generated "$share/zsh/site-functions/_twinmill" --generate-completion-script zsh
generated "$share/fish/vendor_completions.d/twinmill.fish" --generate-completion-script fish

install -d "$destdir/etc/systemd/system"
install -m 644 "$root"/Deploy/systemd/twinmill-*.service "$destdir/etc/systemd/system/"

install -d "$share/twinmill" "$share/doc/twinmill"
install -m 644 "$root"/Deploy/sql/*.sql "$root"/Deploy/cron/twinmill.crontab "$root"/Deploy/systemd/drop-ins/*.conf \
  "$root"/Deploy/systemd/twinmill.env.example "$share/twinmill/"
install -m 644 "$root/Deploy/README.md" "$root/LICENSE" "$share/doc/twinmill/"
# The manual, without the pages of an earlier version.
rm -rf "$share/doc/twinmill/docs"
cp -R "$root/Deploy/docs" "$share/doc/twinmill/docs"

# The settings are the operator's from the first installation on. Readable by root alone: systemd reads them.
install -d "$destdir/etc/twinmill"
if [ ! -e "$destdir/etc/twinmill/twinmill.env" ]; then
  install -m 640 "$root/Deploy/systemd/twinmill.env.example" "$destdir/etc/twinmill/twinmill.env"
fi

# Only where systemd runs; in a container or an image under construction there is nothing to tell.
if [ -z "$destdir" ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi

cat <<NEXT
Installed $program.
Next, for a new database on this host (for others see $destdir/usr/local/share/doc/twinmill/docs/operate/install.md):
  sudo -u postgres sh -c 'cd /; createuser --no-login twinmill_owner'
  sudo -u postgres sh -c 'cd /; createdb -E UTF8 -T template0 --owner=twinmill_owner twinmill'
  sudo -u postgres env -C / PGDATABASE=twinmill PGOPTIONS='-c role=twinmill_owner' twinmill migrate up
  sudo -u postgres env -C / psql -q -d twinmill -f /usr/local/share/twinmill/roles.sql
  sudo systemctl enable --now twinmill-worker twinmill-scheduler
NEXT
