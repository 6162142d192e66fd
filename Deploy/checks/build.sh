#!/usr/bin/env bash
#
# Builds program and tests (debug) and fails on any warning about our own sources or package description.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$(pwd -P)

log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build --build-tests 2>&1 | tee "$log"

# Each warning once: the compiler repeats those of a header or a shared file per module. SwiftPM's own warnings
# name the package, which for a root package is its folder.
warnings=$(grep -E "^$root/(Sources|Jobs|Tests|Package\.swift)[^ ]*: warning:|^warning: '$(basename "$root" | tr '[:upper:]' '[:lower:]')'" "$log" \
  | sort -u || true)
[ -n "$warnings" ] || exit 0

# A second build would not compile these files again and so not repeat the warnings; touched, they are.
printf '%s\n' "$warnings" | sed -n 's/^\(\/[^:]*\):.*/\1/p' | sort -u | while read -r file; do
  touch -c "$file"
done

printf '\nWarnings in our own sources:\n%s\n' "$warnings" >&2
exit 1
