#!/usr/bin/env bash
#
# Every check of this repository by one command; the exit code is true to the result.
#
#   Deploy/test.sh          packages, format, shell scripts, house rules, units, model, build without warnings, tests,
#                           release
#   Deploy/test.sh --all    also the slow suites (TWINMILL_ALL=1), the model with faults together, what needs no
#                           PostgreSQL without libpq, the forecast accuracy, the detection check, and the truth of what
#                           the chain states about simulated twins and each command about families of series
#
# Environment of --all: TWINMILL_DATA (default ../shared/data beside the repository, skipped if absent) and
# TWINMILL_BENCH (default ../shared/bench).

set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

all=no
case "${1:-}" in
  '') ;;
  --all) all=yes ;;
  *)
    echo "usage: Deploy/test.sh [--all]" >&2
    exit 64
    ;;
esac

report=()
failed=no

# phase TITLE COMMAND…: runs the command, notes result and time. The caller decides what a failure stops.
phase() {
  local title=$1 started=$SECONDS result=passed
  shift
  printf '\n== %s\n' "$title"
  "$@" || result=FAILED
  report+=("$(printf '%-16s %-7s %5d s' "$title" "$result" $((SECONDS - started)))")
  [ "$result" = passed ] || { failed=yes; return 1; }
}

finish() {
  printf '\n== summary\n'
  printf '%s\n' "${report[@]}" "$(printf '%-16s %-7s %5d s' total '' "$SECONDS")"
  [ "$failed" = no ]
  exit
}

packages=--tests
if [ "$all" = yes ]; then
  packages=--all
  export TWINMILL_ALL=1
fi
phase packages Deploy/packages.sh "$packages" || finish

# The cheap checks all run, so that one run names everything there is to mend.
sources=()
for path in Package.swift Sources Jobs Tests; do
  [ ! -e "$path" ] || sources+=("$path")
done
phase format swift format lint --strict -r -p "${sources[@]}" || true
if command -v shellcheck >/dev/null; then
  phase shell shellcheck Deploy/*.sh Deploy/checks/*.sh .ci/run || true
fi
phase house Deploy/checks/house.sh || true
phase units Deploy/checks/units.sh || true
phase prose Deploy/checks/prose.sh || true
phase targets Deploy/checks/targets.sh || true
phase faults Deploy/checks/faults.sh || true
model=()
[ "$all" = no ] || model=(--all)
phase model Deploy/checks/model.sh "${model[@]}" || true

# One debug build serves the tests; without it there is nothing more to learn.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
phase build Deploy/checks/build.sh "$log" || finish
phase warnings Deploy/checks/warnings.sh "$log" || true
phase licences Deploy/checks/licences.sh || true
# A few at a time: hundreds of tests at once on two cores only starve each other's heartbeats and deadlines.
phase tests swift test --skip-build --experimental-maximum-parallelization-width 4 || true

# Users run the release build, and the optimizer has faults of its own.
phase release Deploy/checks/release.sh || true

if [ "$all" = yes ]; then
  phase pure Deploy/checks/pure.sh || true
  data=${TWINMILL_DATA:-../shared/data}
  if [ -n "${TWINMILL_DATA:-}" ] || [ -d "$data/m4" ]; then
    phase forecasts Deploy/checks/forecasts.sh "$data" "${TWINMILL_BENCH:-../shared/bench}" || true
  else
    report+=("$(printf '%-16s %-7s' forecasts skipped) no $data/m4; set TWINMILL_DATA")
  fi
  if [ -d "$data/nab" ] && [ -d "$data/tcpd" ]; then
    phase detection Deploy/checks/detection.sh "$data" "${TWINMILL_BENCH:-../shared/bench}" || true
  else
    report+=("$(printf '%-16s %-7s' detection skipped) no $data/nab and $data/tcpd; set TWINMILL_DATA")
  fi
  phase insight Deploy/checks/insight.sh || true
  phase truth Deploy/checks/truth.sh || true
fi

finish
