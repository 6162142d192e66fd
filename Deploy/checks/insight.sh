#!/usr/bin/env bash
#
# Runs the whole chain of the release build on simulated skincare twins with known truth, on a private PostgreSQL, and
# fails where it misses its bars: of all statements in the result tables at least 95 % true, and of each kind 95 % within
# the interval of the share that is; of what can be found at least 72 % found; every number in a text has its evidence;
# every result and every row of evidence leads back to a completed job; and a second run without new data writes nothing.
#
#   Deploy/checks/insight.sh [TWINS]    default 1000

set -euo pipefail
export LC_ALL=C.UTF-8

twins=${1:-1000}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=(swift build -c release --static-swift-stdlib)
"${build[@]}" --product twinmill
twinmill=$("${build[@]}" --show-bin-path)/twinmill

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

env -u DATABASE_URL "$twinmill" bench chain --twins "$twins" > "$work/chain.json"
python3 - "$work/chain.json" <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1]))
overall, kinds = report["score"]["overall"], report["score"]["kinds"]
failed = False


def row(name, value, bar, holds):
    global failed
    failed = failed or not holds
    print("%-44s %10s  %s %s" % (name, value, bar, "" if holds else "FAILED"))


for name, kind in sorted(kinds.items()):
    true, found = kind["true_of_stated"], kind.get("found_of_findable")
    shown = "%.3f" % true["share"] if true["of"] else "-"
    rest = "%d of %d findable found" % (found["count"], found["of"]) if found else ""
    print("%-16s stated %6d  true %s  %s" % (name, kind["stated"], shown, rest))
    # A kind may have few statements: it fails when its share lies below 95 % by more than chance.
    if true["of"]:
        row("true of " + name, true["share"], "at least 0.95 within its interval", true["hi95"] >= 0.95)
true = overall["true_of_stated"]
row("true of all stated", true.get("share"), "at least 0.95", true.get("share", 0) >= 0.95)
found = overall["found_of_findable"].get("share", 0)
row("found of all findable", found, "at least 0.72", found >= 0.72)
row("undecidable statements", overall["undecidable"], "", True)
row("twins per second and core", report["first"]["twins_per_second_per_core"], "", True)
for name in ("numbers_without_evidence", "evidence_without_number", "texts_unlike_their_value"):
    row(name.replace("_", " "), report["texts"][name], "0", report["texts"][name] == 0)
for name, place in sorted(report["lineage"]["tables"].items()):
    for what in ("rows_without_lineage", "rows_without_job", "evidence_without_job"):
        row("%s, %s" % (name, what.replace("_", " ")), place[what], "0", place[what] == 0)
row("texts", report["texts"]["texts"], "some", report["texts"]["texts"] > 0)
row("jobs that failed", sum(report["first"]["failures"].values()), "0", not report["first"]["failures"])
again = report["again"]["kinds"].values()
written = sum(kind["jobs"] - kind["unchanged"] for kind in again)
row("jobs that wrote again without new data", written, "0", written == 0)
sys.exit(failed)
PYTHON
