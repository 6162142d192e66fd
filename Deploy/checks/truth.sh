#!/usr/bin/env bash
#
# Holds what the release build states about families of simulated series against the truth (`twinmill bench truth`) and
# prints, for each command and family, false statements, misses and coverage with the bound that each must hold. Fails
# where a bound is broken that Deploy/checks/truth-known.txt does not list.
#
#   Deploy/checks/truth.sh [SERIES] [SEED]    default 40 series of each family, seed 1

set -euo pipefail
export LC_ALL=C.UTF-8

series=${1:-40}
seed=${2:-1}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=(swift build -c release --static-swift-stdlib)
"${build[@]}" --product twinmill
twinmill=$("${build[@]}" --show-bin-path)/twinmill

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$twinmill" bench truth --series "$series" --seed "$seed" > "$work/rows.csv" || [ $? = 1 ]
cat "$work/rows.csv"
awk -F, 'NR > 1 && $NF == "NO" { print $1 "," $2 "," $3 }' "$work/rows.csv" | sort > "$work/broken.txt"
grep -v '^#' Deploy/checks/truth-known.txt > "$work/known.txt"
if grep -v -f "$work/known.txt" "$work/broken.txt" >&2; then
  echo 'these bounds are broken' >&2
  exit 1
fi
