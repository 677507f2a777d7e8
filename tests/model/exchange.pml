/* The exchange of a report between collectors, daemons and the database:
 *
 *      collector                      daemon (two)                         database
 *
 *      outbox: pending                                                     primary          standby
 *         │  ▲                                                                │                │
 *    send │  │ submission ──────────▶ take ─▶ BEGIN, look ──────────────▶ what is visible      │
 *         │  │ (again at any time,      ▲       ▲   │                         │                │
 *         │  │  to either daemon)       │       │   ▼                         │                │
 *         │  │                          │       ├─ COPY row by row ───────▶ unique key         │
 *         │  │                          │       │   │   ◀── violation: ROLLBACK, look again    │
 *         │  │                          │       │   ▼                         │                │
 *         │  │                          │       ├─ COMMIT ────────────────▶ on disk ─────────▶ on disk
 *         │  │                          │       │   │                         │                │
 *         │  │                          │       │   │   ◀── COMMIT ──────── visible ◀──────────┘
 *         ▼  │                          │       │   ▼       or a warning, or no answer: look again
 *      outbox: ◀───────── receipt ◀─────┴───────┴─ receipts
 *      acknowledged,
 *      or in conflict
 *
 * Which code a process stands for:
 *
 *      sender, receiver  deliver() of client/deliver.c and outbox_take(), outbox_answer() of client/outbox.c. There one
 *                        loop serves both in turn; here they are two processes, so that fairness serves both.
 *      daemon            write_batch() of daemon/store.c, attempt_run() of daemon/attempt.c, look_at_stored() and
 *                        look_at_each_other() of daemon/look.c, lane_take() of daemon/lane.c
 *      database          the server's side of each connection, also of those whose daemon is gone
 *      standby           synchronous replication: brings the log to the standby
 *      faults            FAULTS of them, each anywhere, any of them left out; then no more
 *      rest              what must hold when nobody can take a step
 *
 * What is kept: a report may be on its way to both daemons at once and in several copies; what is on its way is in no
 * order and may take any time. A batch is all or nothing. A COPY waits for a key that another open transaction has.
 * A COMMIT first is on disk, then on the standby, then visible, then answered; a COMMIT whose daemon is gone may still
 * happen, also after the daemon has begun anew. A restart of the database keeps what is on its disk, also what was not yet
 * visible; a failover keeps what the standby has. A wait for the standby may be cancelled: visible on the primary only, and
 * answered with a warning or by a lost connection.
 *
 * What is left out: refusals other than a conflict, revisions, halving a batch that the database refuses (each report has
 * its answer there), BUSY (as good as no answer), the numbers of reports, several reports in one submission (they share
 * its way). A receipt for a submission of before a collector's crash is taken for one of after it when the report was sent
 * again; deliver.c tells them apart by number, so more can happen here than there. A COPY takes its rows in the order of
 * their keys, as batches are sorted, so no two wait for each other; PostgreSQL would end one of them, and the store run it
 * again. A new standby is there as soon as the old one is promoted, and the old primary does not come back. A daemon that
 * is down is one that takes its time. What is under way is bounded: COPIES of a report on its way to the daemons and in
 * them, COPIES of each receipt on its way back; a receipt beyond that is dropped, as at a full socket.
 *
 * What is checked is at the end, for one report, for two reports of one collector (-DTWO_REPORTS) and for two collectors
 * that file two contents under one natural key (-DTWO_CONTENTS). What must not pass, by a switch each:
 *
 *      ACK_BEFORE_COMMIT      receipts leave before the COMMIT
 *      ACK_UNKNOWN_COMMIT     a COMMIT without an answer counts as one
 *      ACK_CANCELLED_WAIT     a COMMIT with a warning counts as one
 *      NO_EMPTY_COMMIT_WAIT   a transaction that found all its reports stored commits without waiting for the standby
 *      NO_UNIQUE_KEY          the database takes a natural key twice
 *      NO_DIGEST              the look compares natural keys only
 *      NO_SECOND_LOOK         what the unique key refused is copied again as it was
 *      NO_RESEND              a collector sends a report once, until it is started again
 */

#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef COPIES
#define COPIES 2
#endif
#define BATCH 2

/* Two reports, 0 and 1; a report is a natural key and a content. */
#ifdef TWO_CONTENTS
#define COLLECTORS 2
#define collector_of(r) (r)
#define same_key true
#else
#define COLLECTORS 1
#define collector_of(r) 0
#define same_key false
#endif
#if defined(TWO_CONTENTS) || defined(TWO_REPORTS)
#define FIRST_OF_1 PENDING
#else
#define FIRST_OF_1 NOT_FILED
#endif
#define other(r) (1 - (r))

/* the collectors */

#define NOT_FILED 0
#define PENDING 1
#define ACKNOWLEDGED 2 /* STORED or DUPLICATE */
#define IN_CONFLICT 3  /* CONFLICT: stored, but with another content */

byte outbox[2] = {PENDING, FIRST_OF_1}; /* of report r; durable */
bool in_flight[2];   /* sent since the collector was started */
byte in_hand[2];     /* of collector c: 1 + a receipt received, not yet written to the outbox; 0: none */

#define receipt_of(r, outcome) (2 * (r) + (outcome) - ACKNOWLEDGED)
#define report_in(receipt) ((receipt) / 2)
#define outcome_in(receipt) (((receipt) % 2) + ACKNOWLEDGED)

/* on the way */

typedef submissions { byte copies[2] };
submissions on_way[2];  /* to daemon d, of report r */
byte receipts[4];       /* by receipt_of() */

/* the daemons; all of it volatile */

#define TAKE 0     /* waits for submissions */
#define LOOK 1
#define COPY 2
#define WAIT 3     /* for the answer to COMMIT */
#define RECEIPTS 4

#define NEW 1      /* outcomes; 0: none yet */
#define FOUND 2
#define OTHER_FOUND 3

typedef batches { byte copies[2]; byte outcome[2] }; /* of report r */
byte phase[2];
batches batch[2];

/* the database */

#define NONE 0     /* no transaction */
#define OPEN 1
#define ASKED 2    /* COMMIT is on its way */
#define ON_DISK 3  /* committed on the primary's disk, not yet visible: waits for the standby */

typedef sessions { byte state; bool replicated; bool copied[2] };
sessions session[4];  /* 0, 1: of the daemons; 2, 3: of their lost connections */
#define lost(d) (2 + (d))

#define NO_ANSWER 0
#define COMMITTED 1
#define WARNED 2
byte answer[2];       /* to the COMMIT of daemon d, on its way */

byte stored[2];       /* rows of report r that are visible on the primary */
byte at_standby[2];   /* rows of report r in the standby's log */

byte faults_left = FAULTS;
hidden byte i;        /* within one d_step only */

#define rows_of_key(r) (stored[r] + same_key * stored[other(r)])

/* collectors */

/* The time-out may come at any time, even before the submission could have arrived. */
#ifdef NO_RESEND
#define is_due(r) !in_flight[r]
#else
#define is_due(r) true
#endif
#define copies_under_way(r) (on_way[0].copies[r] + on_way[1].copies[r] + batch[0].copies[r] + batch[1].copies[r])
#define may_send(c, r) (collector_of(r) == c && in_hand[c] == 0 && outbox[r] == PENDING && is_due(r) && \
	copies_under_way(r) < COPIES)

inline send(r, d)
{
	in_flight[r] = true;
	on_way[d].copies[r]++
}

active [COLLECTORS] proctype sender()
{
	byte c = _pid;
end:
	do
	:: d_step { may_send(c, 0) -> send(0, 0) }
	:: d_step { may_send(c, 0) -> send(0, 1) }
	:: d_step { may_send(c, 1) -> send(1, 0) }
	:: d_step { may_send(c, 1) -> send(1, 1) }
	od
}

#define may_receive(c, receipt) (collector_of(report_in(receipt)) == c && in_hand[c] == 0 && receipts[receipt] > 0)

/* A receipt that nobody waits for is passed over. */
inline receive(c, receipt)
{
	receipts[receipt]--;
	if
	:: in_flight[report_in(receipt)] && outbox[report_in(receipt)] == PENDING -> in_hand[c] = 1 + receipt
	:: else
	fi
}

/* UPDATE entry ... WHERE outcome IS NULL, one transaction */
inline write_answer(c, receipt)
{
	assert(outbox[report_in(receipt)] == PENDING);
	outbox[report_in(receipt)] = outcome_in(receipt);
	in_flight[report_in(receipt)] = false;
	in_hand[c] = 0
}

active [COLLECTORS] proctype receiver()
{
	byte c = _pid - COLLECTORS;
end:
	do
	:: d_step { may_receive(c, 0) -> receive(c, 0) }
	:: d_step { may_receive(c, 1) -> receive(c, 1) }
	:: d_step { may_receive(c, 2) -> receive(c, 2) }
	:: d_step { may_receive(c, 3) -> receive(c, 3) }
	:: d_step { in_hand[c] == 1 -> write_answer(c, 0) }
	:: d_step { in_hand[c] == 2 -> write_answer(c, 1) }
	:: d_step { in_hand[c] == 3 -> write_answer(c, 2) }
	:: d_step { in_hand[c] == 4 -> write_answer(c, 3) }
	od
}

/* sessions of the database */

inline clear_session(s)
{
	session[s].state = NONE;
	session[s].replicated = false;
	session[s].copied[0] = false;
	session[s].copied[1] = false
}

inline make_visible(s)
{
	stored[0] = stored[0] + session[s].copied[0];
	stored[1] = stored[1] + session[s].copied[1];
	clear_session(s)
}

/* The connection of daemon d is gone; the server does not know it yet. */
inline lose_session(d)
{
	session[lost(d)].state = session[d].state;
	session[lost(d)].replicated = session[d].replicated;
	session[lost(d)].copied[0] = session[d].copied[0];
	session[lost(d)].copied[1] = session[d].copied[1];
	clear_session(d)
}

#define can_lose_session(d) (session[d].state == NONE || session[lost(d)].state == NONE)

#ifdef NO_UNIQUE_KEY
#define key_is_held(s, r) false
#define key_is_stored(r) false
#else
#define has_copied(s, r) (session[s].copied[r] || (same_key && session[s].copied[other(r)]))
#define key_is_held(s, r) ((s != 0 && has_copied(0, r)) || (s != 1 && has_copied(1, r)) || \
	has_copied(2, r) || has_copied(3, r))
#define key_is_stored(r) (rows_of_key(r) > 0)
#endif

#ifdef NO_EMPTY_COMMIT_WAIT
#define wrote(s) (session[s].copied[0] || session[s].copied[1])
#else
#define wrote(s) true /* rows, refusals, or mark_empty() */
#endif

inline take_commit(s)
{
	session[s].state = ON_DISK;
	session[s].replicated = !wrote(s)
}

#define is_replicated(s) (session[s].state == ON_DISK && session[s].replicated)

active proctype database()
{
end:
	do
	:: d_step { session[0].state == ASKED -> take_commit(0) }
	:: d_step { session[1].state == ASKED -> take_commit(1) }
	:: d_step { session[2].state == ASKED -> take_commit(2) }
	:: d_step { session[3].state == ASKED -> take_commit(3) }
	:: d_step { is_replicated(0) -> make_visible(0); answer[0] = COMMITTED }
	:: d_step { is_replicated(1) -> make_visible(1); answer[1] = COMMITTED }
	:: d_step { is_replicated(2) -> make_visible(2) }
	:: d_step { is_replicated(3) -> make_visible(3) }
	/* without its COMMIT, or when that was lost with the connection */
	:: d_step { session[2].state == OPEN || session[2].state == ASKED -> clear_session(2) }
	:: d_step { session[3].state == OPEN || session[3].state == ASKED -> clear_session(3) }
	od
}

#define rows_on_disk(s, r) ((session[s].state == ON_DISK) * session[s].copied[r])
#define all_rows_on_disk(r) (stored[r] + rows_on_disk(0, r) + rows_on_disk(1, r) + rows_on_disk(2, r) + rows_on_disk(3, r))
#define waits(s) (session[s].state == ON_DISK && !session[s].replicated)
#define is_behind (at_standby[0] != all_rows_on_disk(0) || at_standby[1] != all_rows_on_disk(1))

/* The log is one: with a COMMIT all that was before it is on the standby. */
active proctype standby()
{
end:
	do
	:: d_step {
		is_behind || waits(0) || waits(1) || waits(2) || waits(3) ->
		at_standby[0] = all_rows_on_disk(0);
		at_standby[1] = all_rows_on_disk(1);
		for (i : 0 .. 3) {
			session[i].replicated = (session[i].state == ON_DISK)
		}
		i = 0
	}
	od
}

/* daemons */

#define has_batch(d, r) (batch[d].copies[r] > 0)
#define has_room(d) (batch[d].copies[0] + batch[d].copies[1] < BATCH)

inline take(d, r)
{
	on_way[d].copies[r]--;
	batch[d].copies[r]++
}

#ifdef NO_DIGEST
#define OTHER_CONTENT FOUND
#else
#define OTHER_CONTENT OTHER_FOUND
#endif

inline look_at_stored(d, r)
{
	if
	:: !has_batch(d, r) -> batch[d].outcome[r] = 0
	:: has_batch(d, r) && stored[r] > 0 -> batch[d].outcome[r] = FOUND
	:: has_batch(d, r) && stored[r] == 0 && rows_of_key(r) > 0 -> batch[d].outcome[r] = OTHER_CONTENT
	:: else -> batch[d].outcome[r] = NEW
	fi
}

/* Of two contents under one key the one that came first is stored. */
inline look_at_each_other(d)
{
	if
	:: same_key && batch[d].outcome[0] == NEW && batch[d].outcome[1] == NEW ->
		if
		:: batch[d].outcome[0] = OTHER_CONTENT
		:: batch[d].outcome[1] = OTHER_CONTENT
		fi
	:: else
	fi
}

#define to_copy(d, r) (batch[d].outcome[r] == NEW && !session[d].copied[r])

#ifdef NO_SECOND_LOOK
#define AFTER_VIOLATION(d) session[d].state = OPEN
#else
#define AFTER_VIOLATION(d) phase[d] = LOOK
#endif

inline copy(d, r)
{
	if
	:: key_is_stored(r) -> clear_session(d); AFTER_VIOLATION(d) /* 23505, ROLLBACK */
	:: else -> session[d].copied[r] = true
	fi
}

/* One receipt for each copy in the batch; dropped where there is no room. */
#define receipt_for(d, r) receipt_of(r, (batch[d].outcome[r] == OTHER_FOUND) + ACKNOWLEDGED)
inline put_receipt(d, r)
{
	if
	:: receipts[receipt_for(d, r)] < COPIES -> receipts[receipt_for(d, r)]++
	:: else
	fi
}

inline forget_batch(d)
{
	batch[d].copies[0] = 0;
	batch[d].copies[1] = 0;
	batch[d].outcome[0] = 0;
	batch[d].outcome[1] = 0
}

inline answer_report(d, r)
{
	put_receipt(d, r);
	batch[d].copies[r]--;
	if
	:: batch[d].copies[r] == 0 -> batch[d].outcome[r] = 0
	:: else
	fi;
	if
	:: !has_batch(d, 0) && !has_batch(d, 1) -> phase[d] = TAKE
	:: else
	fi
}

inline ask_commit(d)
{
	session[d].state = ASKED;
	phase[d] = WAIT;
#ifdef ACK_BEFORE_COMMIT
	if
	:: has_batch(d, 0) -> put_receipt(d, 0)
	:: else
	fi;
	if
	:: has_batch(d, 1) -> put_receipt(d, 1)
	:: else
	fi
#endif
}

#ifdef ACK_CANCELLED_WAIT
#define is_commit(what) true
#else
#define is_commit(what) ((what) == COMMITTED)
#endif

active [2] proctype daemon()
{
	byte d = _pid - (2 * COLLECTORS + 2);
end:
	do
	:: atomic {
		phase[d] == TAKE && (on_way[d].copies[0] > 0 || on_way[d].copies[1] > 0) ->
		if
		:: on_way[d].copies[0] > 0 -> take(d, 0)
		:: on_way[d].copies[1] > 0 -> take(d, 1)
		fi;
		do /* what else is there by now */
		:: has_room(d) && on_way[d].copies[0] > 0 -> take(d, 0)
		:: has_room(d) && on_way[d].copies[1] > 0 -> take(d, 1)
		:: break
		od;
		phase[d] = LOOK
	}
	:: atomic {
		phase[d] == LOOK ->
		session[d].state = OPEN;
		look_at_stored(d, 0);
		look_at_stored(d, 1);
		look_at_each_other(d);
		phase[d] = COPY
	}
	:: d_step { phase[d] == COPY && to_copy(d, 0) && !key_is_held(d, 0) -> copy(d, 0) }
	:: d_step { phase[d] == COPY && !to_copy(d, 0) && to_copy(d, 1) && !key_is_held(d, 1) -> copy(d, 1) }
	:: d_step { phase[d] == COPY && !to_copy(d, 0) && !to_copy(d, 1) -> ask_commit(d) }
	:: d_step {
		phase[d] == WAIT && answer[d] != NO_ANSWER ->
		if
		:: is_commit(answer[d]) -> phase[d] = RECEIPTS
		:: else -> phase[d] = LOOK
		fi;
		answer[d] = NO_ANSWER
	}
	:: d_step { phase[d] == RECEIPTS && has_batch(d, 0) -> answer_report(d, 0) }
	:: d_step { phase[d] == RECEIPTS && has_batch(d, 1) -> answer_report(d, 1) }
	od
}

/* faults */

#define is_in_transaction(d) (phase[d] == COPY || phase[d] == WAIT)

/* After a connection is lost: the outcome is unknown, run the batch again. */
inline run_again(d)
{
	answer[d] = NO_ANSWER;
#ifdef ACK_UNKNOWN_COMMIT
	if
	:: phase[d] == WAIT -> phase[d] = RECEIPTS
	:: else -> phase[d] = LOOK
	fi
#else
	phase[d] = LOOK
#endif
}

/* The database is gone. An answer that it gave before may have arrived. */
inline lose_connection(d)
{
	if
	:: is_in_transaction(d) -> run_again(d)
	:: answer[d] != NO_ANSWER || !is_in_transaction(d)
	fi
}

#define is_receipt_on_way (receipts[0] + receipts[1] + receipts[2] + receipts[3] > 0)
#define can_double(receipt) (receipts[receipt] > 0 && receipts[receipt] < COPIES)
#define can_double_receipt (can_double(0) || can_double(1) || can_double(2) || can_double(3))

inline crash_daemon(d)
{
	lose_session(d);
	forget_batch(d);
	phase[d] = TAKE;
	answer[d] = NO_ANSWER;
	on_way[d].copies[0] = 0;
	on_way[d].copies[1] = 0;
	if /* what it had sent may have left the machine, or not */
	:: true
	:: is_receipt_on_way ->
		receipts[0] = 0;
		receipts[1] = 0;
		receipts[2] = 0;
		receipts[3] = 0
	fi
}

/* The outbox stays. What is on its way to the daemons goes on; nobody is there for what comes back. */
inline forget_report(r)
{
	in_flight[r] = false;
	receipts[receipt_of(r, ACKNOWLEDGED)] = 0;
	receipts[receipt_of(r, IN_CONFLICT)] = 0
}

inline crash_collector(c)
{
	in_hand[c] = 0;
	if
	:: collector_of(0) == c -> forget_report(0)
	:: else
	fi;
	if
	:: collector_of(1) == c -> forget_report(1)
	:: else
	fi
}

inline restart_session(s)
{
	if
	:: session[s].state == ON_DISK -> make_visible(s)
	:: else -> clear_session(s)
	fi
}

/* Also all servers of the connections end: what they were in is rolled back, or on disk. */
inline restart_database()
{
	restart_session(0);
	restart_session(1);
	restart_session(2);
	restart_session(3);
	lose_connection(0);
	lose_connection(1)
}

inline fail_over()
{
	clear_session(0);
	clear_session(1);
	clear_session(2);
	clear_session(3);
	stored[0] = at_standby[0];
	stored[1] = at_standby[1];
	lose_connection(0);
	lose_connection(1)
}

inline cancel_wait(d)
{
	make_visible(d);
	if
	:: answer[d] = WARNED
	:: run_again(d)
	fi
}

inline lose_receipt()
{
	if
	:: receipts[0] > 0 -> receipts[0]--
	:: receipts[1] > 0 -> receipts[1]--
	:: receipts[2] > 0 -> receipts[2]--
	:: receipts[3] > 0 -> receipts[3]--
	fi
}

inline double_receipt()
{
	if
	:: can_double(0) -> receipts[0]++
	:: can_double(1) -> receipts[1]++
	:: can_double(2) -> receipts[2]++
	:: can_double(3) -> receipts[3]++
	fi
}

#define is_anything_in_database (session[0].state + session[1].state + session[2].state + session[3].state > 0 || \
	answer[0] + answer[1] > 0)
#define daemon_has_anything(d) (phase[d] != TAKE || on_way[d].copies[0] + on_way[d].copies[1] > 0)
#define collector_has_anything(c) (in_hand[c] != 0 || (collector_of(0) == c && in_flight[0]) || \
	(collector_of(1) == c && in_flight[1]))

/* Only where a fault changes anything. */
active proctype faults()
{
	do
	:: atomic { faults_left > 0 && on_way[0].copies[0] > 0 -> on_way[0].copies[0]--; faults_left-- }
	:: atomic { faults_left > 0 && on_way[0].copies[1] > 0 -> on_way[0].copies[1]--; faults_left-- }
	:: atomic { faults_left > 0 && on_way[1].copies[0] > 0 -> on_way[1].copies[0]--; faults_left-- }
	:: atomic { faults_left > 0 && on_way[1].copies[1] > 0 -> on_way[1].copies[1]--; faults_left-- }
	:: atomic { faults_left > 0 && is_receipt_on_way -> lose_receipt(); faults_left-- }
	:: atomic { faults_left > 0 && can_double_receipt -> double_receipt(); faults_left-- }
	:: atomic { faults_left > 0 && collector_has_anything(0) -> crash_collector(0); faults_left-- }
	:: atomic { faults_left > 0 && COLLECTORS > 1 && collector_has_anything(1) -> crash_collector(1); faults_left-- }
	:: atomic { faults_left > 0 && daemon_has_anything(0) && can_lose_session(0) -> crash_daemon(0); faults_left-- }
	:: atomic { faults_left > 0 && daemon_has_anything(1) && can_lose_session(1) -> crash_daemon(1); faults_left-- }
	:: atomic { faults_left > 0 && is_in_transaction(0) && can_lose_session(0) ->
		lose_session(0); run_again(0); faults_left-- }
	:: atomic { faults_left > 0 && is_in_transaction(1) && can_lose_session(1) ->
		lose_session(1); run_again(1); faults_left-- }
	:: atomic { faults_left > 0 && is_anything_in_database -> restart_database(); faults_left-- }
	:: atomic { faults_left > 0 && (is_anything_in_database || is_behind) -> fail_over(); faults_left-- }
	:: atomic { faults_left > 0 && waits(0) -> cancel_wait(0); faults_left-- }
	:: atomic { faults_left > 0 && waits(1) -> cancel_wait(1); faults_left-- }
	:: atomic { faults_left > 0 && waits(2) -> make_visible(2); faults_left-- }
	:: atomic { faults_left > 0 && waits(3) -> make_visible(3); faults_left-- }
	:: faults_left > 0 -> faults_left = 0 /* those that are left do not happen */
	:: faults_left == 0 -> break
	od
}

/* what must hold */

#define is_answered(r) (outbox[r] != PENDING)
#define is_idle(d) (phase[d] == TAKE && !has_batch(d, 0) && !has_batch(d, 1) && \
	on_way[d].copies[0] + on_way[d].copies[1] == 0)
#define at_rest (is_answered(0) && is_answered(1) && in_hand[0] + in_hand[1] == 0 && is_idle(0) && is_idle(1) && \
	!is_anything_in_database && !is_behind && !is_receipt_on_way)

/* Nobody can take a step: then all that was queued is answered, and nothing is left half done. */
active proctype rest()
{
	timeout -> assert(at_rest)
}

/* On the primary, and where a failover would take place. */
#define is_stored_once(r) (stored[r] == 1 && rows_of_key(r) == 1 && at_standby[r] == 1)

ltl acknowledged_is_stored_once { []((outbox[0] == ACKNOWLEDGED -> is_stored_once(0)) &&
	(outbox[1] == ACKNOWLEDGED -> is_stored_once(1))) }
ltl never_stored_twice { [](rows_of_key(0) <= 1 && rows_of_key(1) <= 1) }

/* Two contents of one key cannot both be refused so, nor can a report that has its key for itself. */
ltl conflict_is_with_stored { []((outbox[0] == IN_CONFLICT -> same_key && is_stored_once(1)) &&
	(outbox[1] == IN_CONFLICT -> same_key && is_stored_once(0))) }

/* With weak fairness: who can always take a step takes one. At rest is for good: nobody has more to do. */
ltl all_is_answered_and_at_rest { <>at_rest }
