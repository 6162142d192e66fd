#!/usr/bin/env bash
#
# Installs what building, testing and the demo need on Debian 12, and nothing that is there already.
#
#   Deploy/packages.sh            to build and to run the demo
#   Deploy/packages.sh --tests    also what Deploy/test.sh needs
#   Deploy/packages.sh --all      also what Deploy/test.sh --all needs
#
# Silent and without root when nothing is missing. A running PostgreSQL server is never touched: no
# cluster is created, started or restarted; the demo and the tests start private servers of their own.

set -euo pipefail
export LC_ALL=C.UTF-8

die() {
  printf 'packages.sh: %s\n' "$*" >&2
  exit 1
}

level=build
case "${1:-}" in
  '') ;;
  --tests) level=tests ;;
  --all) level=all ;;
  *) die "unknown option '$1' (know --tests, --all)" ;;
esac

# A need is probed by what it provides, not by its package name: a newer libpq or a server from another
# source counts as well.

has_library() { command -v pkg-config >/dev/null && pkg-config --exists "$1"; }

# The folder of a server that TWINMILL_SERVER_BINARIES names.
has_chosen_server() { [ -x "${TWINMILL_SERVER_BINARIES:-/nowhere}/postgres" ]; }

# The newest installed major version of PostgreSQL's server binaries, 0 if there is none.
server_version() {
  local bin newest=0 major
  for bin in /usr/lib/postgresql/*/bin/initdb; do
    if [ ! -x "$bin" ] || [ ! -x "${bin%initdb}postgres" ]; then continue; fi
    major=${bin#/usr/lib/postgresql/}
    major=${major%%/*}
    case $major in '' | *[!0-9]*) continue ;; esac
    [ "$major" -le "$newest" ] || newest=$major
  done
  printf '%s' "$newest"
}

missing=()
need() { # package, probe …
  local package=$1
  shift
  "$@" || missing+=("$package")
}

has_command() { command -v "$1" >/dev/null; }
has_server() { has_chosen_server || [ "$(server_version)" -ge 15 ]; }
has_boost() { [ -e /usr/include/boost/math/distributions/students_t.hpp ] || [ -e /usr/local/include/boost/version.hpp ]; }
has_zones() { [ -e /usr/share/zoneinfo/tzdata.zi ] || [ -e /usr/share/zoneinfo/Europe/Berlin ]; }
has_pooler() { [ -x /usr/sbin/pgbouncer ] || has_command pgbouncer; }
has_fake_clock() { [ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ] || [ "$(uname -m)" != x86_64 ]; }
has_numpy() { python3 -c 'import numpy' 2>/dev/null || /usr/bin/python3 -c 'import numpy' 2>/dev/null; }

# Without pkg-config SwiftPM does not find libpq's headers in Debian's multiarch folders.
need pkg-config has_command pkg-config
need libpq-dev has_library libpq
need zlib1g-dev has_library zlib
need libopenblas-dev has_library openblas
need libboost-dev has_boost
need git has_command git
need postgresql-15 has_server
need postgresql-client has_command psql
need util-linux has_command setpriv
need tzdata has_zones
if [ "$level" != build ]; then
  need systemd has_command systemd-analyze
  need pgbouncer has_pooler
  # The manual page is checked with it.
  need groff-base has_command groff
  # PNG drawings are made by it.
  need librsvg2-bin has_command rsvg-convert
  # The model checker writes C.
  need spin has_command spin
  need gcc has_command gcc
fi
if [ "$level" = all ]; then
  need python3 has_command python3
  need libfaketime has_fake_clock
  need python3-numpy has_numpy
fi

if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || die "missing: ${missing[*]} (Debian's names).
Install them with the package manager of this system."

  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    # sudo may ask for a password only where somebody can answer.
    if has_command sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      die "missing: ${missing[*]}
Run this as root, then start again:
  $(cd "$(dirname "$0")" && pwd)/packages.sh${1:+ $1}"
    fi
  fi

  # One root shell does the whole installation, so that its clean-up runs whatever happens in between.
  # NEEDRESTART_MODE=l: list services with outdated libraries, restart none.
  echo "Installing ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l LC_ALL=C.UTF-8 \
    bash -s -- "${missing[@]}" <<'ROOT' || die "the installation failed: ${missing[*]}"
set -euo pipefail

no_cluster=/etc/postgresql-common/createcluster.d/00-twinmill-no-cluster.conf
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
wrote_policy=no

clean_up() {
  rm -f "$log" "$no_cluster"
  rmdir --ignore-fail-on-non-empty "${no_cluster%/*}" 2>/dev/null || true
  [ "$wrote_policy" = no ] || rm -f "$policy"
}
trap clean_up EXIT

# A fresh postgresql-15 would create the cluster "main" and start it on port 5432. The drop-in (included by
# Debian's createcluster.conf, which stays as it is) switches that off for this run alone.
mkdir -p "${no_cluster%/*}"
echo "create_main_cluster = false" > "$no_cluster"

# Configuring the package also starts every cluster marked "auto", even one that its owner has stopped; and
# pgbouncer's starts a proxy, where the tests start their own. Where no policy exists, one for these two alone stands
# during this run.
if [ ! -e "$policy" ]; then
  wrote_policy=yes
  cat > "$policy" <<'POLICY'
#!/bin/sh
# Written by Twinmill's packages.sh for one installation; may be deleted when that is not running.
case "$1" in postgresql* | pgbouncer*) exit 101 ;; esac
exit 0
POLICY
  chmod 755 "$policy"
fi

install_packages() { apt-get install -y -q --no-install-recommends "$@" < /dev/null > "$log" 2>&1; }

# The lists are fetched only if they are missing or too old to find the packages.
if ! install_packages "$@"; then
  apt-get update -q < /dev/null > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
  install_packages "$@" || { cat "$log" >&2; exit 1; }
fi

# Nor is the proxy to start with the machine: nobody asked for one. `systemctl enable` is its owner's to say.
case " $* " in
  *' pgbouncer '*) systemctl --no-reload disable pgbouncer > /dev/null 2>&1 || true ;;
esac
ROOT
fi

# Swift comes from swift.org, not from Debian.
remedy='Install Swift 6.2 or newer for Debian 12 from https://www.swift.org/install/linux/ and put the usr/bin folder
of the toolchain on PATH.'
has_command swift || die "there is no swift on PATH.
$remedy"
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
[ -n "$version" ] || die "'swift --version' of $(command -v swift) does not answer with a version.
$remedy"
oldest=$(printf '6.2\n%s\n' "$version" | sort -V | head -n 1)
[ "$oldest" = 6.2 ] || die "Swift $version at $(command -v swift) is too old.
$remedy"
