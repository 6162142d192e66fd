#!/usr/bin/env bash
#
# House rules that no compiler checks: file lengths, and no build products in the repository.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

limit=500
allowed=Deploy/checks/long-files.txt
failures=0
complain() {
  printf '%s\n' "$*" >&2
  failures=$((failures + 1))
}

# Tracked and new files; in an unpacked archive without git, everything but build products. `safe.directory`:
# root may check a clone that belongs to somebody else.
if [ -e .git ]; then
  list() { git -c safe.directory='*' ls-files --cached --others --exclude-standard; }
  tracked=$(git -c safe.directory='*' ls-files -- .build Package.resolved | head -n 3)
  [ -z "$tracked" ] || complain "build products are tracked: $tracked"
else
  list() { find . \( -path ./.build -o -path ./.build-pure \) -prune -o -type f -print | sed 's|^\./||'; }
fi

# Lines of long-files.txt: path, then the reason why the file is better whole.
while read -r path reason; do
  case $path in '' | '#'*) continue ;; esac
  [ -n "$reason" ] || complain "$allowed: $path has no reason"
  if [ ! -f "$path" ]; then
    complain "$allowed: $path does not exist"
  elif [ "$(wc -l < "$path")" -le "$limit" ]; then
    complain "$allowed: $path has no more than $limit lines; remove its entry"
  fi
done < "$allowed"

while IFS= read -r path; do
  [ -f "$path" ] || continue
  lines=$(wc -l < "$path")
  [ "$lines" -gt "$limit" ] || continue
  awk -v path="$path" '$1 == path { found = 1 } END { exit !found }' "$allowed" \
    || complain "$path has $lines lines (limit $limit): split it, or give the reason in $allowed"
done < <(list | grep -E '\.(swift|sql|sh|yaml|c|h|cpp|py)$')

[ "$failures" -eq 0 ]
