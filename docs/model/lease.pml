/*
 * The lease of a stack and its fencing token, as automation/ledger/lease.ts and journal.ts have them.
 *
 * Two drivers, one ledger. Time is a number of ticks that passes for all alike; a driver may stand still for any number
 * of them between any two steps (a suspended machine), and may die. DURATION is the lease's, DEADLINE one call's.
 * docs/decisions/lease.md says which line of the code each step stands for.
 *
 *   spin -a lease.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -m2000000
 */
#define DRIVERS  2
#ifndef DURATION
#define DURATION 3
#endif
#ifndef DEADLINE
#define DEADLINE 1
#endif
#define TICKS    6
#define MOST     3      /* tokens granted in one run */
#define BEATS    2      /* renewals of one lease */

byte now = 0;
byte token = 0;         /* the ledger's item: fencing token, beat, given back or not */
byte beat = 0;
bool released = true;
byte inflight[DRIVERS]; /* token under which a write to AWS is under way; 0: none */
byte landsBy[DRIVERS];  /* the time until which it may take effect */

/* A write takes effect at any time up to its deadline; time does not pass it by. */
inline effect(d) {
  atomic {
    if
    :: inflight[d] != 0 ->
       assert(inflight[d] == token);   /* no write after a takeover, no two writers */
       inflight[d] = 0; landsBy[d] = 0
    :: else
    fi
  }
}

active proctype clock() {
  do
  :: atomic {
       now < TICKS &&
       (inflight[0] == 0 || now < landsBy[0]) && (inflight[1] == 0 || now < landsBy[1]) -> now++
     }
  :: inflight[0] != 0 -> effect(0)
  :: inflight[1] != 0 -> effect(1)
  :: now == TICKS && inflight[0] == 0 && inflight[1] == 0 -> break
  od
}

proctype driver(byte me) {
  byte mine, seenToken, seenBeat, since, confirmed, sent;
  bool seenReleased;

acquire:
  /* what is not needed any more is forgotten: fewer states to search */
  atomic { mine = 0; seenToken = 0; seenBeat = 0; seenReleased = false; since = 0; confirmed = 0; sent = 0 }
  if
  :: token >= MOST || now == TICKS -> goto gone
  :: atomic { else -> seenToken = token; seenBeat = beat; seenReleased = released; since = now }
  fi;
  if
  :: seenReleased
  :: else ->
     /* isLeft: the beat stands still for the whole duration, by this driver's own clock */
     do
     :: atomic { token != seenToken || beat != seenBeat || released } -> goto acquire
     :: atomic { now >= since + DURATION } -> break
     :: now == TICKS -> goto gone
     od
  fi;
  confirmed = now;
  atomic {
    if
    :: token == seenToken && beat == seenBeat -> token++; mine = token; beat = 0; released = false;
       seenToken = 0; seenBeat = 0; seenReleased = false; since = 0
    :: else -> goto acquire
    fi
  };

held:
  do
  :: /* renew: the write is sent, and takes effect now or later; only what was sent counts */
     sent = now;
     atomic {
       if
       :: token == mine && beat < BEATS -> beat++; confirmed = sent; sent = 0
       :: token == mine && beat == BEATS -> sent = 0  /* no renewal arrives any more */
       :: else -> goto acquire
       fi
     }
  :: /* a step: the intent, in one transaction with the check of the token */
     atomic {
       if
       :: token == mine && !released ->
#ifdef INTENT_CONFIRMS
          confirmed = now   /* wrong: nobody who watches the beat sees it */
#else
          skip
#endif
       :: else -> goto acquire
       fi
     };
     /* the guard, and in the same moment the write that it allows */
     atomic {
       if
#ifndef NO_GUARD
       :: now - confirmed + DEADLINE < DURATION ->
#else
       :: true ->
#endif
          inflight[me] = mine; landsBy[me] = now + DEADLINE
       :: else -> goto held
       fi
     };
     /* the driver waits for its write before it does anything else */
     do
     :: inflight[me] == 0 -> break
     :: goto gone       /* killed while its write is under way */
     od
  :: atomic { token == mine -> released = true; goto acquire }
  :: goto gone          /* killed */
  od;

gone:
  skip
}

init {
  atomic { run driver(0); run driver(1) }
}
