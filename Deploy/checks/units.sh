#!/usr/bin/env bash
#
# Checks the systemd units without a running systemd: `verify` finds nothing to say, the exposure is at most 2.0,
# the drop-ins are valid, and both units carry the same hardening.

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "${BASH_SOURCE[0]}")/../systemd"

limit=2.0
failures=0
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

complain() {
  printf '%s\n' "$*" >&2
  failures=$((failures + 1))
}

# check TITLE UNIT [DROP-IN]
check() {
  local title=$1 unit=$2 output score
  local folder="$stage/$title"
  mkdir -p "$folder/$unit.d"
  # `verify` wants the program to exist; the installed path is checked by the installer.
  sed "s|/usr/local/bin/twinmill|$(command -v true)|" "$unit" > "$folder/$unit"
  [ $# -lt 3 ] || cp "$3" "$folder/$unit.d/"

  # systemd-analyze prints findings that do not change its exit code, so any output counts.
  if ! output=$(systemd-analyze verify "$folder/$unit" 2>&1) || [ -n "$output" ]; then
    complain "$title: $output"
  fi

  if ! output=$(systemd-analyze security --offline=true --no-pager "$folder/$unit" 2>&1); then
    complain "$title: $output"
    return
  fi
  score=$(sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p' <<< "$output")
  printf '%-52s exposure %s\n' "$title" "${score:-unknown}"
  awk -v score="$score" -v limit="$limit" 'BEGIN { exit !(score != "" && score + 0 <= limit + 0) }' \
    || complain "$title: exposure ${score:-unknown} is over $limit"
}

for unit in twinmill-worker.service twinmill-scheduler.service; do
  check "$unit" "$unit"
  for drop_in in drop-ins/*.conf; do
    check "$unit with $(basename "$drop_in")" "$unit" "$drop_in"
  done
done

# The hardening block runs from its heading to [Install].
hardening() { sed -n '/^# Hardening/,/^\[Install\]/p' "$1"; }
diff <(hardening twinmill-worker.service) <(hardening twinmill-scheduler.service) \
  || complain "the hardening of the two units differs"
[ -n "$(hardening twinmill-worker.service)" ] || complain "twinmill-worker.service has no hardening block"

[ "$failures" -eq 0 ]
