/*
 * The life of a claim, as PostgreSQL plays it: claim, fence, rescue, lease and finish, with every order of their steps.
 * README.md says what stands for what and how to read a trail. Deploy/checks/model.sh runs it.
 *
 * Each atomic or d_step block is one moment of the server: a snapshot, a row lock, a commit. Anything may happen
 * between two of them. Faults have budgets, so that the number of states is finite.
 */

/* --- The instance; model.sh sets it. --- */

#ifndef JOBS
#define JOBS 2           /* 1 to 3 */
#endif
#ifndef RESCUERS
#define RESCUERS 1       /* maintenance loops */
#endif
#ifndef KILLS
#define KILLS 0          /* kill -9 of a worker */
#endif
#ifndef STALLS
#define STALLS 0         /* a living worker is declared dead: it was stopped, or unreachable beyond its lease */
#endif
#ifndef LOSSES
#define LOSSES 0         /* a connection is lost inside a transaction; its backend may still commit */
#endif
#ifndef OUTAGES
#define OUTAGES 0        /* the server crashes: open transactions are gone, and commits that were not durable may be */
#endif
#ifndef FAILOVERS
#define FAILOVERS 0      /* 0 or 1: a standby takes over that had not received the last commits, durable ones too */
#endif
#ifndef FAILURES
#define FAILURES 0       /* batches whose computing fails */
#endif
#ifndef CANCELS
#define CANCELS 0        /* 0 or 1: a call of twinmill.cancel for job 0 */
#endif
#ifndef LIMIT
#define LIMIT 0          /* max_running of the queue; 0 = none */
#endif
#ifndef MAX_ATTEMPTS
#define MAX_ATTEMPTS 2
#endif
#ifndef MAX_CRASHES
#define MAX_CRASHES 3
#endif

/* --- The mutants: one safeguard left out each; 0 is the honest program. --- */

#define NO_FENCE 1
#define RESCUE_BY_ID 2
#define COMMIT_BEFORE_EFFECTS 3
#define NO_TOKEN 4
#define NO_OVERLAP 5
#define EARLY_SNAPSHOT 6
#define CANCEL_UNSEEN 7
#ifndef MUTANT
#define MUTANT 0
#endif

#define SLOTS 2          /* worker processes at a time; macros below count them out */
#define CLAIMS 8         /* tokens */
#define IDS 6            /* ids of worker processes, one for each start */
#define CONNECTIONS (2 * SLOTS + RESCUERS + 1)
#define NONE 255
#define bit(j) (1 << (j))
#define has(set, j) (((set) >> (j)) & 1)

mtype = { no_transaction, claiming, finishing, rescuing, cancelling };

typedef Transaction {
  mtype does = no_transaction;
  bool is_cut;           /* its client is gone */
  byte token;
  byte worker;
  byte jobs;             /* claim: the jobs taken; finish: the jobs that end */
  byte stored;           /* finish: the jobs whose effects are written */
  bool fails;            /* finish: retry or discard instead of completed */
}

/* --- The database: what is committed. --- */

bool is_live[JOBS];      /* a row of live_jobs, ready; a claim does not write it */
byte attempt[JOBS];
byte crashes[JOBS];
byte effects[JOBS];      /* committed sets of effects */
bool is_completed[JOBS];
byte final_token[JOBS];  /* job_history.token */

bool exists[CLAIMS];     /* rows of claims */
byte claim_worker[CLAIMS];
byte claim_jobs[CLAIMS];
bool is_durable[CLAIMS]; /* the log is flushed beyond it */
byte newest = NONE;      /* the last claim that committed */

bool is_registered[IDS]; /* rows of workers */

#if FAILOVERS
/* What the standby has received. */
bool s_live[JOBS]; byte s_attempt[JOBS]; byte s_crashes[JOBS]; byte s_effects[JOBS]; bool s_completed[JOBS];
byte s_final_token[JOBS]; bool s_exists[CLAIMS]; byte s_claim_worker[CLAIMS]; byte s_claim_jobs[CLAIMS];
bool s_registered[IDS];
bool has_standby;
byte failovers = FAILOVERS;
#endif

/* --- The server's memory. --- */

byte row_lock[JOBS];     /* connection + 1 */
byte claim_lock[CLAIMS]; /* connection + 1 */
byte queue_lock;         /* connection + 1: the advisory lock of a limited queue */
Transaction tx[CONNECTIONS];
bool is_broken[CONNECTIONS]; /* the server ended this transaction; its client does not know yet */

/* --- The processes. --- */

byte me[SLOTS];          /* the id of the process in this slot */
byte holds[SLOTS];       /* the token that the process knows */
bool is_alive[IDS];
byte next_id = SLOTS;
byte next_token;         /* with a failover, which brings old rows back, tokens are never given again */
byte done;

byte kills = KILLS;
byte stalls = STALLS;
byte losses = LOSSES;
byte outages = OUTAGES;
byte failures = FAILURES;

/* Names of properties, always false: spin then prints the name of the property that does not hold. */
hidden byte ONE_EFFECT, NO_STALE_RESULT, EVERY_RESULT, ONE_HOLDER, FINAL_STATES, RESCUE_OF_THE_DEAD, ATTEMPT_LIMIT,
  CRASH_LIMIT, RUNNING_LIMIT, CANCELLED_WAITED;

bool has_begun;

hidden byte i_;          /* loops inside d_step */
hidden byte k_;
hidden byte n_;

#if JOBS == 1
#define none_live (!is_live[0])
#define some_free(set) FREE(set, 0)
#elif JOBS == 2
#define none_live (!is_live[0] && !is_live[1])
#define some_free(set) (FREE(set, 0) || FREE(set, 1))
#else
#define none_live (!is_live[0] && !is_live[1] && !is_live[2])
#define some_free(set) (FREE(set, 0) || FREE(set, 1) || FREE(set, 2))
#endif
#define FREE(set, j) (is_live[j] && !has(set, j) && row_lock[j] == 0)

#if FAILOVERS
#define is_over (none_live && failovers == 0)
#else
#define is_over none_live
#endif

/* The jobs in committed claims: what a new snapshot shows. */
#define HELD(t) (exists[t] * claim_jobs[t])
#define held (HELD(0) | HELD(1) | HELD(2) | HELD(3) | HELD(4) | HELD(5) | HELD(6) | HELD(7))

/* Claims of workers that are in no row, claims that their living worker does not know, workers that died. */
#define ABANDONED(t) (exists[t] && claim_lock[t] == 0 && !is_registered[claim_worker[t]])
#define some_abandoned (ABANDONED(0) || ABANDONED(1) || ABANDONED(2) || ABANDONED(3) || ABANDONED(4) \
                        || ABANDONED(5) || ABANDONED(6) || ABANDONED(7))
#define ORPHANED(t) (exists[t] && claim_lock[t] == 0 \
                     && (claim_worker[t] == me[0] && holds[0] != t || claim_worker[t] == me[1] && holds[1] != t))
#define some_orphaned (ORPHANED(0) || ORPHANED(1) || ORPHANED(2) || ORPHANED(3) || ORPHANED(4) \
                       || ORPHANED(5) || ORPHANED(6) || ORPHANED(7))
#define DIED(i) (is_registered[i] && !is_alive[i])
#define some_died (DIED(0) || DIED(1) || DIED(2) || DIED(3) || DIED(4) || DIED(5))

#define some_cut (tx[0].is_cut || tx[1].is_cut || tx[2].is_cut || tx[3].is_cut)
/* A slot has two connections: the one in use, and one whose backend may still be at work. */
#define other(c) ((c) ^ 1)
#define can_cut (tx[c].does == no_transaction || tx[other(c)].does == no_transaction)

inline release(x) {
  i_ = 0;
  do :: i_ < JOBS -> if :: row_lock[i_] == x + 1 -> row_lock[i_] = 0 :: else fi; i_++ :: else -> break od;
  i_ = 0;
  do :: i_ < CLAIMS -> if :: claim_lock[i_] == x + 1 -> claim_lock[i_] = 0 :: else fi; i_++ :: else -> break od;
  if :: queue_lock == x + 1 -> queue_lock = 0 :: else fi;
  tx[x].does = no_transaction; tx[x].is_cut = false; tx[x].token = 0; tx[x].worker = 0; tx[x].jobs = 0;
  tx[x].stored = 0; tx[x].fails = false
}

/* A durable commit: the log is flushed up to here. */
inline flush() {
  i_ = 0;
  do :: i_ < CLAIMS -> is_durable[i_] = exists[i_]; i_++ :: else -> break od;
  newest = NONE
}

inline forget_claim(t) {
  exists[t] = false; claim_worker[t] = 0; claim_jobs[t] = 0; is_durable[t] = false;
  if :: newest == t -> newest = NONE :: else fi
}

inline commit_claim(x) {
  /* ONE_HOLDER: no job is in two claims. */
  assert(ONE_HOLDER || ((held & tx[x].jobs) == 0));
  exists[tx[x].token] = true; claim_worker[tx[x].token] = tx[x].worker; claim_jobs[tx[x].token] = tx[x].jobs;
  /* synchronous_commit = off */
  is_durable[tx[x].token] = false; newest = tx[x].token;
#if LIMIT
  /* RUNNING_LIMIT */
  assert(RUNNING_LIMIT || (has(held, 0) + has(held, 1) + has(held, 2) <= LIMIT));
#endif
  release(x)
}

inline commit_finish(x) {
  k_ = 0;
  do
  :: k_ < JOBS ->
    if
    :: has(tx[x].stored, k_) ->
      /* NO_STALE_RESULT: the claim that stores holds the job at this moment. */
      assert(NO_STALE_RESULT || (exists[tx[x].token] && has(claim_jobs[tx[x].token], k_)));
      effects[k_]++;
      /* ONE_EFFECT */
      assert(ONE_EFFECT || (effects[k_] <= 1))
    :: else
    fi;
    if
    :: has(tx[x].jobs, k_) ->
      /* FINAL_STATES: an end never changes. */
      assert(FINAL_STATES || is_live[k_]);
      attempt[k_]++;
      /* ATTEMPT_LIMIT: errors, apart from crashes. */
      assert(ATTEMPT_LIMIT || (attempt[k_] - crashes[k_] <= MAX_ATTEMPTS));
      if
      :: tx[x].fails && attempt[k_] - crashes[k_] < MAX_ATTEMPTS -> skip
      :: else -> is_live[k_] = false; is_completed[k_] = !tx[x].fails; final_token[k_] = tx[x].token
      fi;
      /* The claim's row loses the job; under NO_TOKEN whichever row has it. */
      n_ = 0;
      do
      :: n_ < CLAIMS ->
        if
        :: exists[n_] && has(claim_jobs[n_], k_) ->
          claim_jobs[n_] = claim_jobs[n_] & ~bit(k_);
          if :: claim_jobs[n_] == 0 -> forget_claim(n_) :: else fi
        :: else
        fi;
        n_++
      :: else -> break
      od
    :: else
    fi;
    k_++
  :: else -> break
  od;
  flush(); release(x)
}

inline commit(x) {
  if
  :: tx[x].does == claiming -> commit_claim(x)
  :: tx[x].does == finishing -> commit_finish(x)
  :: else -> release(x)
  fi
}

/* The client leaves its transaction, which the server may still commit; the slot goes on by its other connection. */
inline cut() {
  if
  :: tx[c].does != no_transaction -> tx[c].is_cut = true; c = other(c)
  :: else
  fi;
  is_broken[c] = false
}

/* A token that no row has and nobody remembers; random tokens never meet either. */
inline take_token(t) {
#if FAILOVERS
  t = next_token; next_token++;
#else
  t = 0;
  do
  :: t < CLAIMS ->
    n_ = exists[t] || holds[0] == t || holds[1] == t; k_ = 0;
    do
    :: k_ < 2 * SLOTS -> n_ = n_ || (tx[k_].does != no_transaction && tx[k_].token == t); k_++
    :: else -> break
    od;
    if :: n_ -> t++ :: else -> break fi
  :: else -> break
  od;
#endif
  assert(t < CLAIMS)
}

/* All open transactions end. */
inline abort_all() {
  n_ = 0;
  do
  :: n_ < CONNECTIONS ->
    if
    :: tx[n_].does != no_transaction -> is_broken[n_] = !tx[n_].is_cut; release(n_)
    :: else
    fi;
    n_++
  :: else -> break
  od;
  n_ = 0
}

proctype Worker(byte s) {
  byte c = 2 * s;        /* the connection in use */
  byte busy;             /* the claim's snapshot */
  byte mine;             /* jobs of the batch that have not ended */
  byte asked;            /* jobs of the present finish */
  byte base[JOBS];       /* the row's attempt when the claim locked it */
  byte batch; byte j; byte late;
  bool may_be_committed;

poll:
  /* A claim that finds nothing changes nothing, so it is left out: the loop stands still until there is something. */
  if
  :: is_over -> goto leave
  /* The heartbeat finds no row: the lease is lost, the process ends and starts anew under a new id. */
  :: !is_over && !is_registered[me[s]] -> goto restart
  :: d_step {
      is_registered[me[s]] && tx[c].does == no_transaction && some_free(held) ->
      busy = held;
      take_token(j); tx[c].does = claiming; tx[c].worker = me[s]; tx[c].token = j; holds[s] = j; j = 0
    }
  fi;
#if LIMIT
  /* lock_queue.sql is a statement of its own: the claim's snapshot comes after the lock. */
  atomic { queue_lock == 0 || is_broken[c] -> if :: is_broken[c] :: else -> queue_lock = c + 1 fi };
  d_step {
    if :: MUTANT == EARLY_SNAPSHOT :: else -> busy = held fi;
    batch = LIMIT - (has(busy, 0) + has(busy, 1) + has(busy, 2));
    if :: batch > LIMIT -> batch = 0 :: else fi
  };
#else
  if :: batch = JOBS :: batch = 1 fi;
#endif
  /* claim.sql, FOR UPDATE SKIP LOCKED. A row that changed since the snapshot is looked at anew; the claims are not. */
  do
  :: d_step {
      j < JOBS ->
      if
      :: batch > 0 && !has(busy, j) && is_live[j] && row_lock[j] == 0 && !is_broken[c] ->
        row_lock[j] = c + 1; mine = mine | bit(j); base[j] = attempt[j]; batch--
      :: else
      fi;
      j++
    }
  :: atomic { j >= JOBS -> j = 0; batch = 0; busy = 0; break }
  od;
  skip;
  /* claim_overlap.sql: a new snapshot, in the same transaction. */
  d_step {
    if
    :: is_broken[c] || MUTANT == NO_OVERLAP
    :: else -> mine = mine & ~held
    fi;
    if :: !is_broken[c] -> tx[c].jobs = mine :: else fi
  }
  if
  :: d_step { is_broken[c] -> is_broken[c] = false; mine = 0; holds[s] = NONE } goto forget
  :: d_step { !is_broken[c] && mine != 0 -> commit(c) }
  :: d_step { !is_broken[c] && mine == 0 -> release(c); holds[s] = NONE } goto forget
  /* The answer is lost. The worker does not know whether it has the jobs, and gives the token up. */
  :: d_step { !is_broken[c] && losses > 0 && can_cut -> losses--; cut(); mine = 0; holds[s] = NONE } goto forget
  :: atomic { !is_broken[c] && kills > 0 && can_cut -> kills-- } goto restart
  fi;

compute:
  if
  :: atomic { kills > 0 && can_cut -> kills-- } goto restart
  :: !is_registered[me[s]] -> goto restart
  :: true
  fi;

finish:
  skip;
  d_step {
    /* already_final.sql: after a lost COMMIT, what this claim has ended is done. */
    j = 0;
    do
    :: may_be_committed && j < JOBS ->
      if :: has(mine, j) && !is_live[j] && final_token[j] == holds[s] -> mine = mine & ~bit(j) :: else fi;
      j++
    :: else -> break
    od;
    j = 0
  }
  if
  :: d_step { mine == 0 -> holds[s] = NONE } goto forget
  :: mine != 0
  fi;
  atomic {
    tx[c].does == no_transaction ->
    /* All at once, or one alone: a batch that cannot be stored is split. */
    if
    :: asked = mine
    :: has(mine, 0) && mine != 1 -> asked = 1
    fi;
    tx[c].does = finishing; tx[c].token = holds[s]; tx[c].worker = me[s];
    if :: failures > 0 -> failures--; tx[c].fails = true :: true fi
  }
  /* finish.sql. The claim's row is the fence: it is locked, and read in its newest version. */
  d_step {
    claim_lock[holds[s]] == 0 || !exists[holds[s]] || is_broken[c] || MUTANT == NO_TOKEN ->
    if
    :: is_broken[c]
    :: !is_broken[c] && MUTANT == NO_TOKEN -> tx[c].jobs = asked & held
    :: !is_broken[c] && MUTANT != NO_TOKEN && exists[holds[s]] && claim_worker[holds[s]] == me[s] ->
      claim_lock[holds[s]] = c + 1; tx[c].jobs = asked & claim_jobs[holds[s]]
    :: else
    fi
  }
  /* The rows of the jobs, by id: it waits for each lock, and looks at the attempt. */
  do
  :: d_step {
      j < JOBS && (!has(tx[c].jobs, j) || row_lock[j] == 0 || is_broken[c]) ->
      if
      :: has(tx[c].jobs, j) && is_live[j] && attempt[j] == base[j] -> row_lock[j] = c + 1
      :: has(tx[c].jobs, j) && !(is_live[j] && attempt[j] == base[j]) -> tx[c].jobs = tx[c].jobs & ~bit(j)
      :: else
      fi;
      j++
    }
  :: atomic { j >= JOBS -> j = 0; break }
  od;
  skip;
  /* The outputs, in the same transaction. */
  d_step {
    if
    :: is_broken[c] || tx[c].fails
    :: else ->
      if
      :: MUTANT == NO_FENCE -> tx[c].stored = asked
      :: MUTANT == COMMIT_BEFORE_EFFECTS -> late = tx[c].jobs
      :: else -> tx[c].stored = tx[c].jobs
      fi
    fi
  }
  if
  :: d_step { is_broken[c] -> is_broken[c] = false; may_be_committed = true; asked = 0; late = 0 } goto finish
  :: d_step { !is_broken[c] -> mine = mine & ~asked; asked = 0; commit(c) }
  /* Lost during COMMIT: the backend may commit, now or later. */
  :: d_step { !is_broken[c] && losses > 0 && can_cut -> losses--; may_be_committed = true; asked = 0; late = 0; cut() }
    goto finish
  :: atomic { !is_broken[c] && kills > 0 && can_cut -> kills-- } goto restart
  fi;
#if MUTANT == COMMIT_BEFORE_EFFECTS
  if
  :: atomic { kills > 0 -> kills-- } goto restart
  :: d_step {
      j = 0;
      do :: j < JOBS -> effects[j] = effects[j] + has(late, j); j++ :: else -> break od;
      j = 0; late = 0
    }
  fi;
#endif
  goto finish;

restart:
  /* systemd starts the next process at once. The row of the old one stays until a rescue. */
  skip;
  d_step {
    can_cut ->
    cut(); is_alive[me[s]] = false; holds[s] = NONE; mine = 0; asked = 0; busy = 0; late = 0;
    assert(next_id < IDS);
    me[s] = next_id; next_id++; is_alive[me[s]] = true; is_registered[me[s]] = true
  }
forget:
  skip;
  d_step {
    may_be_committed = false; j = 0;
    do :: j < JOBS -> base[j] = 0; j++ :: else -> break od;
    j = 0
  }
  goto poll;
leave:
  done++
}

/* The maintenance of every worker: rescue.sql and requeue_orphans.sql. */
proctype Maintenance(byte c) {
  byte dead = NONE; byte broken; byte back; byte j; byte t;

next:
  if
  :: is_over -> goto leave
  /* A dead process is noticed by its lock. A living one counts as dead when its lease has ended. */
  :: atomic {
      !is_over && (some_died || stalls > 0) ->
      t = 0;
      do
      :: t < IDS && !is_registered[t] -> t++
      :: t < IDS && is_registered[t] && !is_alive[t] -> dead = t; break
      :: t < IDS && is_registered[t] && is_alive[t] && stalls > 0 -> stalls--; dead = t; break
      :: t < IDS && is_registered[t] && is_alive[t] -> t++
      :: t >= IDS -> break
      od;
      t = 0
    }
    if :: dead == NONE -> goto next :: else fi
  /* A claim may commit after its worker was declared dead. */
  :: !is_over && some_abandoned
  /* A worker requeues its own claims that it does not know. Nothing of the job changes but its place in the queue. */
  :: d_step {
      !is_over && some_orphaned ->
      do
      :: t < CLAIMS && ORPHANED(t) -> forget_claim(t); t++
      :: t < CLAIMS && !ORPHANED(t) -> t++
      :: t >= CLAIMS -> break
      od;
      t = 0; flush()
    }
    goto next
  fi;
  tx[c].does = rescuing;
#if MUTANT == RESCUE_BY_ID
  /* In two steps, with time to be wrong between them: jobs are looked up, then put back by their ids alone. */
  d_step {
    do
    :: t < CLAIMS ->
      if
      :: exists[t] && (claim_worker[t] == dead || !is_registered[claim_worker[t]]) -> back = back | claim_jobs[t]
      :: else
      fi;
      t++
    :: else -> break
    od;
    t = 0
  }
  d_step {
    do
    :: t < CLAIMS -> if :: (HELD(t) & back) != 0 -> broken = broken | bit(t) :: else fi; t++
    :: else -> break
    od;
    t = 0
  }
#else
  /* FOR UPDATE SKIP LOCKED: a worker that still stores under its claim holds the lock; the next call looks again. */
  d_step {
    do
    :: t < CLAIMS && !is_broken[c] ->
      if
      :: exists[t] && claim_lock[t] == 0 && (claim_worker[t] == dead || !is_registered[claim_worker[t]]) ->
        claim_lock[t] = c + 1; broken = broken | bit(t); back = back | claim_jobs[t]
      :: else
      fi;
      t++
    :: else -> break
    od;
    t = 0
  }
#endif
  /* The rows of the jobs, by id. */
  do
  :: d_step {
      j < JOBS && (!has(back, j) || row_lock[j] == 0 || is_broken[c]) ->
      if
      :: has(back, j) && is_live[j] && !is_broken[c] -> row_lock[j] = c + 1
      :: has(back, j) && !is_live[j] -> back = back & ~bit(j)
      :: else
      fi;
      j++
    }
  :: atomic { j >= JOBS -> j = 0; break }
  od;
  skip;
  d_step {
    if
    :: is_broken[c] -> is_broken[c] = false
    :: else ->
      do
      :: t < CLAIMS ->
        if
        :: has(broken, t) && exists[t] ->
          /* RESCUE_OF_THE_DEAD: a rescue breaks no claim of a worker that counts as alive. */
          assert(RESCUE_OF_THE_DEAD || (claim_worker[t] == dead || !is_registered[claim_worker[t]]));
          forget_claim(t)
        :: else
        fi;
        t++
      :: else -> break
      od;
      do
      :: j < JOBS ->
        if
        :: has(back, j) ->
          assert(FINAL_STATES || is_live[j]);
          attempt[j]++; crashes[j]++;
          /* CRASH_LIMIT */
          assert(CRASH_LIMIT || (crashes[j] <= MAX_CRASHES));
          if :: crashes[j] == MAX_CRASHES -> is_live[j] = false; final_token[j] = NONE :: else fi
        :: else
        fi;
        j++
      :: else -> break
      od;
      if :: dead != NONE -> is_registered[dead] = false :: else fi;
      flush(); release(c)
    fi;
    dead = NONE; broken = 0; back = 0; j = 0; t = 0
  }
  goto next;
leave:
  done++
}

#if CANCELS
/* twinmill.cancel of job 0: a look at the claims, the row's lock, a second look. */
proctype Canceller(byte c) {
  bool runs;
  runs = has(held, 0);
  d_step {
    if
    :: !runs && row_lock[0] == 0 && is_live[0] -> row_lock[0] = c + 1; tx[c].does = cancelling
    :: else -> runs = true      /* "cancelling", or it has finished */
    fi
  }
  d_step {
    if
    :: runs || is_broken[c] || MUTANT == CANCEL_UNSEEN
    :: else -> runs = has(held, 0)
    fi
  }
  d_step {
    if
    :: is_broken[c] -> is_broken[c] = false
    :: !is_broken[c] && runs -> release(c)
    :: else ->
      /* CANCELLED_WAITED: the answer "cancelled" is given of a job that nobody runs. */
      assert(CANCELLED_WAITED || (is_live[0] && !has(held, 0)));
      is_live[0] = false; final_token[0] = NONE; flush(); release(c)
    fi
  }
  done++
}
#endif

#if FAILOVERS
#define COPY(n, to, from) k_ = 0; do :: k_ < n -> to[k_] = from[k_]; k_++ :: else -> break od

inline copy_to_standby() {
  COPY(JOBS, s_live, is_live); COPY(JOBS, s_attempt, attempt); COPY(JOBS, s_crashes, crashes);
  COPY(JOBS, s_effects, effects); COPY(JOBS, s_completed, is_completed); COPY(JOBS, s_final_token, final_token);
  COPY(CLAIMS, s_exists, exists); COPY(CLAIMS, s_claim_worker, claim_worker); COPY(CLAIMS, s_claim_jobs, claim_jobs);
  COPY(IDS, s_registered, is_registered); k_ = 0
}

inline promote() {
  COPY(JOBS, is_live, s_live); COPY(JOBS, attempt, s_attempt); COPY(JOBS, crashes, s_crashes);
  COPY(JOBS, effects, s_effects); COPY(JOBS, is_completed, s_completed); COPY(JOBS, final_token, s_final_token);
  COPY(CLAIMS, exists, s_exists); COPY(CLAIMS, claim_worker, s_claim_worker); COPY(CLAIMS, claim_jobs, s_claim_jobs);
  COPY(IDS, is_registered, s_registered); k_ = 0
}
#endif

/* The server: backends whose client is gone, crashes, and the standby. */
proctype Server() {
  byte c;
next:
  if
  :: is_over && done == SLOTS + RESCUERS + CANCELS && !some_cut -> goto leave
  :: atomic {
      some_cut ->
      i_ = 0;
      do :: !tx[i_].is_cut -> i_++ :: else -> break od;
      c = i_;
      if
      :: d_step { commit(c); c = 0 }      /* COMMIT had come */
      :: d_step { release(c); c = 0 }     /* it had not */
      fi
    }
  :: atomic {
      outages > 0 && !is_over -> outages--;
      /* A prefix of the log survives: all of it, all but the newest claim, or all up to the last durable commit. */
      if
      :: true
      :: newest != NONE && exists[newest] -> d_step { k_ = newest; forget_claim(k_) }
      :: d_step {
          k_ = 0;
          do
          :: k_ < CLAIMS -> if :: exists[k_] && !is_durable[k_] -> forget_claim(k_) :: else fi; k_++
          :: else -> break
          od;
          k_ = 0
        }
      fi;
      d_step { flush(); abort_all() }
    }
#if FAILOVERS
  :: d_step { !has_standby -> has_standby = true; copy_to_standby() }
  :: d_step { has_standby && failovers > 0 -> failovers--; promote(); flush(); abort_all() }
#endif
  fi;
  goto next;
leave:
  skip
}

init {
  byte j;
  atomic {
    do :: j < JOBS -> is_live[j] = true; final_token[j] = NONE; j++ :: else -> break od;
    j = 0;
    do
    :: j < SLOTS -> me[j] = j; is_alive[j] = true; is_registered[j] = true; holds[j] = NONE; run Worker(j); j++
    :: else -> break
    od;
    j = 0;
    do :: j < RESCUERS -> run Maintenance(2 * SLOTS + j); j++ :: else -> break od;
#if CANCELS
    run Canceller(CONNECTIONS - 1);
#endif
    run Server();
    has_begun = true
  }
  _nr_pr == 1;
  /* EVERY_RESULT: a completed job has its effects, another has none. An end that waits for ever is no end (NO_LOST_JOB):
     spin reports it as an invalid end state. */
  j = 0;
  do :: j < JOBS -> assert(EVERY_RESULT || (effects[j] == is_completed[j])); j++ :: else -> break od
}

/* Every job ends, where no process stands still for ever. */
ltl EVERY_JOB_ENDS { <> (has_begun && is_over) }
