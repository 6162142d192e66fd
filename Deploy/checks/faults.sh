#!/usr/bin/env bash
#
# Every test that Deploy/docs/faults.md names exists, by exactly this name.
#
#   Deploy/checks/faults.sh

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

missing=0
found=0
while IFS= read -r name; do
  # A remark may follow the name; a row without a test says so.
  name=${name%%; no test*}
  name=${name%%; \`*}
  case $name in 'no test'*) continue ;; esac
  if grep -rqF "\"$name\"" Tests --include='*.swift'; then
    found=$((found + 1))
  else
    printf 'faults.sh: no test is named "%s"\n' "$name" >&2
    missing=$((missing + 1))
  fi
done < <(sed -n 's/^| [0-9][0-9, ]* | [^|]* | \([^|]*\) |.*/\1/p' Deploy/docs/faults.md)

echo "$found tests of faults are there, $missing are missing"
[ "$found" -gt 0 ] && [ "$missing" -eq 0 ]
