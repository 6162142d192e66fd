#!/usr/bin/env bash
#
# Checks the model of claim, fence, rescue, lease and finish in every order of their steps: Deploy/model/queue.pml.
#
#   Deploy/checks/model.sh          one fault at a time, and the mutants: seconds
#   Deploy/checks/model.sh --all    faults together, three jobs, two rescuers: some minutes, up to 8 GB of memory
#   Deploy/checks/model.sh --trail OPTION…    one instance, with the steps that lead to what it violates, e.g.
#                                             --trail -DMUTANT=4 -DOUTAGES=1
#
# It fails if a property of the honest program does not hold, or if a mutant is not found.

set -euo pipefail
export LC_ALL=C.UTF-8

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
model=$PWD/Deploy/model/queue.pml

die() {
  printf 'model.sh: %s\n' "$*" >&2
  exit 1
}

for program in spin gcc; do
  command -v "$program" >/dev/null || die "there is no $program; Deploy/packages.sh --tests installs it"
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# compile DEFINES C-OPTIONS: makes ./pan.
compile() {
  rm -f pan*
  # shellcheck disable=SC2086 # options are words
  spin -a $1 "$model" > spin.log 2>&1 || { cat spin.log >&2; die "spin refuses the model with $1"; }
  if grep -q 'Error' spin.log; then cat spin.log >&2; die "spin refuses the model with $1"; fi
  # shellcheck disable=SC2086
  gcc -O1 -w -DCOLLAPSE -DMEMLIM=8000 $2 -o pan pan.c || die "cannot compile the model with $1"
}

# The states that were stored, and what is violated; empty: nothing.
states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log; }
violated() {
  sed -n -e 's/^pan:1: assertion violated (\([A-Z_]*\)||.*/\1/p' -e 's/^pan:1: invalid end state.*/NO_LOST_JOB/p' \
    -e 's/^pan:1: acceptance cycle.*/EVERY_JOB_ENDS/p' -e 's/^pan:1: assertion violated \(([^A-Z].*\)/\1/p' pan.log
}
complete() { grep -q 'errors: ' pan.log && ! grep -Eq 'max search depth too small|out of memory|memory bound' pan.log; }

failed=no
total=0

# safe NAME DEFINES: assertions and NO_LOST_JOB.
safe() {
  compile "$2" '-DSAFETY -DNOCLAIM'
  ./pan -m5000000 > pan.log 2>&1 || true
  report "$1" "$2"
}

# lively NAME DEFINES: every job ends, if no process stands still for ever.
lively() {
  compile "$2" '-DNFAIR=3'
  ./pan -a -f -m5000000 -N EVERY_JOB_ENDS > pan.log 2>&1 || true
  report "$1" "$2"
}

report() {
  local result
  result=$(violated)
  if ! complete; then
    result="not finished: $(tail -n 1 pan.log)"
  fi
  printf '%-46s %12s states  %s\n' "$1" "$(states)" "${result:-proven}"
  total=$((total + $(printf '%.0f' "$(states)")))
  [ -z "$result" ] || failed=yes
}

# mutant NAME DEFINES: must be found.
mutant() {
  compile "$2" '-DSAFETY -DNOCLAIM'
  ./pan -m5000000 > pan.log 2>&1 || true
  local result
  result=$(violated)
  printf '%-46s %12s states  %s\n' "$1" "$(states)" "${result:+found: $result}"
  if [ -z "$result" ]; then
    printf '  NOT FOUND\n'
    failed=yes
  fi
}

if [ "${1:-}" = --trail ]; then
  shift
  compile "$*" '-DSAFETY -DNOCLAIM -DREACH'
  ./pan -i -m300 > pan.log 2>&1 || true
  result=$(violated | tail -n 1)
  printf '%s\n' "${result:-proven}"
  [ -n "$result" ] || exit 0
  # One line for each step: the process, and the line of the model where the step begins.
  # shellcheck disable=SC2086
  spin -k queue.pml.trail -p $* "$model" 2>/dev/null |
    awk -v model="$model" '
      BEGIN { while ((getline text < model) > 0) { sub(/^ +/, "", text); source[++n] = text } }
      /proc +[0-9]+ \(/ && $1 != last {
        last = $1
        match($0, /proc +[0-9]+ \([^:)]*/); who = substr($0, RSTART, RLENGTH); sub(/.*\(/, "", who)
        match($0, /proc +[0-9]+/); number = substr($0, RSTART + 5, RLENGTH - 5); gsub(/ /, "", number)
        match($0, /queue\.pml:[0-9]+/); line = substr($0, RSTART + 10, RLENGTH - 10)
        if (who != "") printf "%4d %-11s %s  line %s: %s\n", $1, who, number, line, source[line]
      }'
  exit
fi
[ $# -eq 0 ] || [ "$*" = --all ] || die "unknown option '$1' (know --all, --trail)"

cat <<'EOF2'
properties
  ONE_EFFECT          no job has two committed sets of effects
  NO_STALE_RESULT     a result is stored only by the claim that holds the job at that moment
  EVERY_RESULT        a completed job has its effects, a discarded or cancelled one has none
  ONE_HOLDER          no job is in two committed claims
  FINAL_STATES        the end of a job never changes
  RESCUE_OF_THE_DEAD  a rescue breaks no claim of a worker that counts as alive
  ATTEMPT_LIMIT       no job fails more often than it may
  CRASH_LIMIT         no job crashes more often than it may
  RUNNING_LIMIT       a queue never runs more jobs than its limit
  CANCELLED_WAITED    a job that was answered "cancelled" does not run
  NO_LOST_JOB         no state is reached in which a job waits for ever
  EVERY_JOB_ENDS      every job ends, if no process stands still for ever

EOF2

echo 'the honest program: 2 workers, 2 jobs, all properties but EVERY_JOB_ENDS'
safe 'no fault' ''
safe 'two failures in computing' '-DFAILURES=2'
safe 'a worker is killed' '-DKILLS=1'
safe 'a living worker is declared dead' '-DSTALLS=1'
safe 'a connection is lost, its backend goes on' '-DLOSSES=1'
safe 'the server crashes, claims are lost' '-DOUTAGES=1'
safe 'failover, durable commits are lost' '-DFAILOVERS=1'
safe 'a job is cancelled' '-DCANCELS=1'
safe 'limit 1, a worker is killed' '-DLIMIT=1 -DKILLS=1'
echo 'EVERY_JOB_ENDS: 2 workers, 1 job'
lively 'a worker is killed' '-DJOBS=1 -DKILLS=1'
lively 'a living worker is declared dead' '-DJOBS=1 -DSTALLS=1'
lively 'a connection is lost' '-DJOBS=1 -DLOSSES=1'
lively 'the server crashes' '-DJOBS=1 -DOUTAGES=1'
lively 'a failure in computing, 2 jobs' '-DFAILURES=1'

if [ "${1:-}" = --all ]; then
  echo 'faults together'
  safe 'killed thrice: the crash limit, 1 job' '-DJOBS=1 -DKILLS=3'
  safe 'killed, and declared dead, 1 job' '-DJOBS=1 -DKILLS=1 -DSTALLS=2'
  safe 'declared dead, connection lost' '-DSTALLS=1 -DLOSSES=1'
  safe 'declared dead, failure' '-DSTALLS=1 -DFAILURES=1'
  safe 'declared dead, two rescuers' '-DSTALLS=1 -DRESCUERS=2'
  safe 'declared dead, job cancelled' '-DSTALLS=1 -DCANCELS=1'
  safe 'server crash, declared dead' '-DOUTAGES=1 -DSTALLS=1'
  safe 'server crash, connection lost' '-DOUTAGES=1 -DLOSSES=1'
  safe 'two server crashes' '-DOUTAGES=2'
  safe 'failover, connection lost, 1 job' '-DJOBS=1 -DFAILOVERS=1 -DLOSSES=1'
  safe 'failover, declared dead, 1 job' '-DJOBS=1 -DFAILOVERS=1 -DSTALLS=1'
  safe 'limit 1, server crash, connection lost' '-DLIMIT=1 -DOUTAGES=1 -DLOSSES=1'
  safe 'three jobs, no fault' '-DJOBS=3'
  safe 'three jobs, a connection is lost' '-DJOBS=3 -DLOSSES=1'
  safe 'three jobs, limit 2, server crash' '-DJOBS=3 -DLIMIT=2 -DOUTAGES=1'
  lively 'killed, 2 jobs' '-DKILLS=1'
  lively 'declared dead, 2 jobs' '-DSTALLS=1'
  lively 'connection lost, server crash, 1 job' '-DJOBS=1 -DLOSSES=1 -DOUTAGES=1'
fi
printf '%-46s %12s states\n' total "$total"

echo 'mutants'
mutant 'no_fence' '-DMUTANT=1 -DSTALLS=1'
mutant 'rescue_by_id' '-DMUTANT=2 -DSTALLS=1 -DFAILURES=1'
mutant 'commit_before_effects' '-DMUTANT=3 -DKILLS=1'
mutant 'no_token, a claim is lost in a crash' '-DMUTANT=4 -DOUTAGES=1'
mutant 'no_token, failover' '-DMUTANT=4 -DFAILOVERS=1'
mutant 'no claim_overlap' '-DMUTANT=5'
mutant 'limited claim: snapshot before the lock' '-DMUTANT=6 -DLIMIT=1'
mutant 'cancel without a second look' '-DMUTANT=7 -DCANCELS=1'

[ "$failed" = no ]
