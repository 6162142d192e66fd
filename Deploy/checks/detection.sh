#!/usr/bin/env bash
#
# Runs `twinmill detect` of the release build over labelled series, with its default settings, and fails where it misses
# its bars: anomalies NAB score ≥ 72 and F1 ≥ 0.60 at the default threshold, change points F1 ≥ 0.80 and covering ≥ 0.74.
#
#   Deploy/checks/detection.sh DATA BENCH    DATA holds nab/ and tcpd/, BENCH nab_score.py and changepoint_score.py

set -euo pipefail
export LC_ALL=C.UTF-8

data=$(cd "$1" && pwd -P)
bench=$(cd "$2" && pwd -P)
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# numpy may belong to Debian's interpreter while another python3 comes first on PATH.
python=python3
"$python" -c 'import numpy' 2>/dev/null || python=/usr/bin/python3

build=(swift build -c release --static-swift-stdlib)
"${build[@]}" --product twinmill
twinmill=$("${build[@]}" --show-bin-path)/twinmill

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for file in "$data"/nab/*/*.csv; do
  folder=$work/nab/$(basename "$(dirname "$file")")
  mkdir -p "$folder"
  "$twinmill" detect anomalies "$file" --output "$folder/$(basename "$file")"
done
"$python" "$bench/nab_score.py" --data "$data/nab" --results "$work/nab" --threshold 0.5 --json > "$work/nab.json"
"$twinmill" detect changes "$data"/tcpd/*.csv --output "$work/changes.csv"
"$python" "$bench/changepoint_score.py" --data "$data/tcpd" --found "$work/changes.csv" --json > "$work/tcpd.json"

"$python" - "$work" <<'PYTHON'
import json, sys

anomalies = json.load(open(sys.argv[1] + "/nab.json"))
changes = json.load(open(sys.argv[1] + "/tcpd.json"))
failed = False
for name, value, bar in (
    ("anomalies, NAB score", anomalies["score"], 72), ("anomalies, F1", anomalies["f1"], 0.60),
    ("change points, F1", changes["f1"], 0.80), ("change points, covering", changes["cover"], 0.74),
):
    failed = failed or value < bar
    print("%-24s %7.3f  at least %.2f %s" % (name, value, bar, "FAILED" if value < bar else ""))
sys.exit(failed)
PYTHON
