#!/usr/bin/env bash
#
# The libraries that the program is linked with, with versions and licences: the list in Deploy/docs/licences.md.
#
#   Deploy/checks/licences.sh            fails where the page is out of date, or where nobody has said a licence
#   Deploy/checks/licences.sh --write    writes the list
#
# It reads the packages that SwiftPM has fetched and the shared libraries that the built program asks for (debug or
# release, whichever is there): build before.

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

die() {
  printf 'licences.sh: %s\n' "$*" >&2
  exit 1
}

page=Deploy/docs/licences.md
[ $# -eq 0 ] || [ "$*" = --write ] || die "unknown option '$1' (know --write)"

# The licence that a text is.
licence_of() { # folder
  local text
  text=$(cat "$1"/LICENSE*)
  case $text in
    *'Runtime Library Exception'*) echo 'Apache-2.0 with runtime library exception' ;;
    *'Apache License'*'Version 2.0'*) echo 'Apache-2.0' ;;
    *'Permission is hereby granted, free of charge'*) echo 'MIT' ;;
    *) return 1 ;;
  esac
}

packages() {
  local folder name version licence pinned
  for folder in .build/checkouts/*/; do
    name=$(basename "$folder")
    version=$(git -C "$folder" describe --tags --exact-match 2>/dev/null) || die "$name is not at a version"
    licence=$(licence_of "$folder") || die "$folder has a licence that this script does not know"
    pinned=$(sed -n "s|.*/$name\", exact: \"\([^\"]*\)\".*|\1|p" Package.swift)
    if [ -n "$pinned" ]; then
      [ "$pinned" = "$version" ] || die "Package.swift says $name $pinned, and $version is fetched"
      printf '| %s | %s | %s |\n' "$name" "$version" "$licence"
    else
      printf '| %s, which others bring | %s | %s |\n' "$name" "$version" "$licence"
    fi
  done
}

libraries() {
  local program=.build/debug/twinmill library
  [ -x "$program" ] || program=.build/release/twinmill
  [ -x "$program" ] || die 'there is no built program: swift build'
  readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | LC_ALL=C sort | while read -r library; do
    case $library in
      # The release program holds these itself.
      libswift* | lib_Foundation* | libFoundation* | libdispatch.so | libBlocksRuntime.so) ;;
      libpq.so.*) echo "| $library | libpq5 | PostgreSQL |" ;;
      libopenblas.so.*) echo "| $library | libopenblas0 | BSD-3-Clause |" ;;
      libz.so.*) echo "| $library | zlib1g | Zlib |" ;;
      libstdc++.so.*) echo "| $library | libstdc++6 | GPL-3.0 with runtime library exception |" ;;
      libgcc_s.so.*) echo "| $library | libgcc-s1 | GPL-3.0 with runtime library exception |" ;;
      libm.so.* | libc.so.* | ld-linux-*) echo "| $library | libc6 | LGPL-2.1 |" ;;
      *) die "$program asks for $library, and this script does not know its licence" ;;
    esac
  done
}

list=$(mktemp)
new=$(mktemp)
trap 'rm -f "$list" "$new"' EXIT
{
  printf '%s\n\n' 'Swift packages, all compiled in:'
  printf '| package | version | licence |\n|---|---|---|\n'
  packages
  printf '\n%s\n\n' 'Shared libraries, by the names of Debian 12:'
  printf '| file | package | licence |\n|---|---|---|\n'
  libraries
} > "$list"

awk -v list="$list" '
  /^<!-- generated/ { print; print ""; while ((getline line < list) > 0) print line; print ""; skips = 1 }
  /^<!-- end/ { skips = 0 }
  !skips { if (!/^<!-- generated/) print }
' "$page" > "$new"

if [ "${1:-}" = --write ]; then
  cat "$new" > "$page"
elif ! diff -u "$page" "$new"; then
  die "$page is out of date: Deploy/checks/licences.sh --write"
fi
