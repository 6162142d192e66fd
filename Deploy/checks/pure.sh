#!/usr/bin/env bash
#
# Builds and tests what needs no PostgreSQL, with nothing of libpq to be found: analytics, files, the offline commands.
# The products are kept in .build-pure, so that a second run is quick.

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export TWINMILL_WITHOUT_POSTGRES=1
scratch=.build-pure
work=$(mktemp -d)
# The versions that were resolved for the whole package stay as they are.
[ ! -f Package.resolved ] || cp -p Package.resolved "$work/resolved"
finish() {
  if [ -f "$work/resolved" ]; then mv -f "$work/resolved" Package.resolved; else rm -f Package.resolved; fi
  rm -rf "$work"
}
trap finish EXIT

# SwiftPM asks pkg-config for its folders. This one names a folder with every file but libpq's, whose headers are in
# no folder that a compiler looks into by itself.
mkdir "$work/bin" "$work/pkgconfig"
for folder in $(pkg-config --variable pc_path pkg-config | tr ':' ' '); do
  for file in "$folder"/*.pc; do
    case $file in */libpq*.pc | */'*.pc') ;; *) ln -sf "$file" "$work/pkgconfig/" ;; esac
  done
done
printf '#!/bin/sh\necho %s\n' "$work/pkgconfig" > "$work/bin/pkg-config"
chmod +x "$work/bin/pkg-config"
unset PKG_CONFIG_PATH
if PATH="$work/bin:$PATH" clang -fsyntax-only -x c - <<< '#include <libpq-fe.h>' 2>/dev/null; then
  echo "libpq's headers are on the compiler's own path: what is built here could use them unseen" >&2
  exit 1
fi

swift=(env PATH="$work/bin:$PATH" swift)
"${swift[@]}" build --scratch-path "$scratch" --build-tests --explicit-target-dependency-import-check error
"${swift[@]}" test --scratch-path "$scratch" --skip-build --experimental-maximum-parallelization-width 4

binary=$("${swift[@]}" build --scratch-path "$scratch" --show-bin-path)/twinmill-offline
"$binary" --help > /dev/null
libraries=$(ldd "$binary")
if grep -i 'libpq' <<< "$libraries"; then
  echo "$binary links libpq" >&2
  exit 1
fi
printf '%s: %s libraries, no libpq\n' "$binary" "$(grep -c '=>' <<< "$libraries")"
