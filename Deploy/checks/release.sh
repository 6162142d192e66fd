#!/usr/bin/env bash
#
# Builds the program as users run it and looks at what came out: the binary is stripped, and nothing in it can take a
# safeguard out or stop a worker at a failpoint.
#
#   Deploy/checks/release.sh

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=(swift build -c release --static-swift-stdlib)
"${build[@]}" --product twinmill
binary=$("${build[@]}" --show-bin-path)/twinmill

failures=0
complain() {
  printf '%s\n' "$*" >&2
  failures=$((failures + 1))
}

# Fault injection is compiled into debug builds only.
for text in mutant TWINMILL_TEST_ TWINMILL_FAILPOINT; do
  ! grep -q -a -F "$text" "$binary" || complain "$binary holds '$text': fault injection is in a release build"
done

sections=$(readelf --section-headers --wide "$binary")
for section in .symtab .debug_info; do
  ! grep -q -F "$section" <<< "$sections" || complain "$binary has $section: it is not stripped"
done

printf '%s: %d MB\n' "$binary" $(($(stat -c %s "$binary") / 1000000))
[ "$failures" -eq 0 ]
