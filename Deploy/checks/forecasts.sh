#!/usr/bin/env bash
#
# Forecasts every group of the anchor data with the release build and fails where the accuracy is not better
# than Naive2 (OWA below 1.0; for m4_daily, close to random walks, at most 1.05), where the mean of the groups'
# OWA is above 0.775 or that of their MSIS at 95 % above 14.0, and where the coverage of a group of 80 series or
# more is not between 0.93 and 0.97.
#
#   Deploy/checks/forecasts.sh DATA BENCH    DATA holds m4/*.csv.gz, BENCH holds m4_score.py

set -euo pipefail
export LC_ALL=C.UTF-8

data=$(cd "$1" && pwd -P)/m4
scorer=$(cd "$2" && pwd -P)/m4_score.py
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# numpy may belong to Debian's interpreter while another python3 comes first on PATH.
python=python3
"$python" -c 'import numpy' 2>/dev/null || python=/usr/bin/python3

build=(swift build -c release --static-swift-stdlib)
"${build[@]}" --product twinmill
twinmill=$("${build[@]}" --show-bin-path)/twinmill

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf 'id,step,mean,lo95,hi95\n' > "$work/forecasts.csv"
found=no
for file in "$data"/*.csv.gz; do
  [ -f "$file" ] || continue
  found=yes
  started=$SECONDS
  "$twinmill" forecast "$file" --format m4 --level 95 --output "$work/group.csv"
  tail -n +2 "$work/group.csv" >> "$work/forecasts.csv"
  printf '%-24s %5d s\n' "$(basename "$file" .csv.gz)" $((SECONDS - started))
done
[ "$found" = yes ] || { echo "no *.csv.gz in $data" >&2; exit 1; }

"$python" "$scorer" --data "$data" --json "$work/forecasts.csv" > "$work/score.json"
"$python" - "$work/score.json" <<'PYTHON'
import json, sys

allowance = {"m4_daily": 1.05}
failed = False
for row in json.load(open(sys.argv[1])):
    name, owa = row["group"], row["owa"]
    if name.startswith("ALL (mean"):
        good, limit = owa <= 0.775 and row["msis"] <= 14.0, "at most 0.775, MSIS at most 14.0"
    elif name.startswith("ALL"):
        good, limit = True, ""
    elif name in allowance:
        good, limit = owa <= allowance[name], "at most %.2f" % allowance[name]
    else:
        good, limit = owa < 1.0, "below 1.00"
    if not name.startswith("ALL") and row["n"] >= 80:
        good = good and 0.93 <= row["cover"] <= 0.97
    failed = failed or not good
    verdict = "" if good else "FAILED"
    figures = "OWA %.3f  MSIS %6.2f  coverage %.3f" % (owa, row["msis"], row["cover"])
    print("%-22s n %5d  %s  %s %s" % (name, row["n"], figures, limit, verdict))
sys.exit(failed)
PYTHON
