/* SPDX-License-Identifier: MIT */
/*
 * The life of a load: daemon, zygotes and children from the fork to the answer. Each step is what the
 * named function of daemon/loads, daemon/schedule or daemon/loader does between two moments at which
 * others can act. docs/MODELS.md says what is left out, and what the claims mean.
 *
 * A run is given JOBS, how many SPARES are made ahead of need, and how often something may happen:
 * CHILD_KILLS and ZYGOTE_KILLS by somebody else, ZYGOTE_STOPS, FORK_FAILS, CANCELS (the client
 * leaves), LIES (a zygote tells of an end that was not). REUSE: the number of a child that has been
 * reaped is another process's at once. HURRY: a machine so busy that the time to
 * end runs out before what was killed is gone. CALM: nothing of it, so each job gets its verdict.
 */

#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef JOBS
#define JOBS 2
#endif
#ifndef SPARES
#define SPARES 0
#endif
#ifndef CHILD_KILLS
#define CHILD_KILLS 0
#endif
#ifndef ZYGOTE_KILLS
#define ZYGOTE_KILLS 0
#endif
#ifndef ZYGOTE_STOPS
#define ZYGOTE_STOPS 0
#endif
#ifndef FORK_FAILS
#define FORK_FAILS 0
#endif
#ifndef CANCELS
#define CANCELS 0
#endif
#ifndef LIES
#define LIES 0
#endif

#define LOADS	     4
#define ZYGOTES	     2
#define NONE	     9
#define FAILURES_MAX 2 /* of schedule.c, where it is 3 */
#define UNHEARD_MAX  1 /* looks in vain for a child that is not there; in load.c 2 s */

/* enum load_state; UNUSED and FREED are no states of it. */
mtype = {UNUSED, SPARE, RUNNING, ENDING, LOST, FREED};
/* enum judgement_cause */
mtype = {ITSELF, DEADLINE, UNHEARD};
/* Wait statuses: LOADER_EXIT_REPORTED, NO_JOB, CONFINE, SIGSEGV, SIGKILL. */
mtype = {ALIVE, REPORTED, NO_JOB, CONFINE, SEGV, KILL};
/* What becomes of a job. */
mtype = {OK, CRASHED, TIMED_OUT, OUT_OF_MEMORY, NO_VERDICT};
/* enum loader_event_kind */
mtype = {EXITED, NOT_FORKED};

/* The loads as the daemon has them. */
mtype load[LOADS] = UNUSED;
mtype cause[LOADS] = ITSELF;
byte zygote_of[LOADS] = NONE, job_of[LOADS] = NONE;
bool knows_pid[LOADS], is_killed[LOADS], grace_is_over[LOADS];
byte unheard[LOADS];

/* The channels. */
bool hello[LOADS], has_job[LOADS], took_job[LOADS], report[LOADS], dismissed[LOADS];

/* The children as they are. */
bool born[LOADS], armed[LOADS], reaped[LOADS];
bool signalled[LOADS];	     /* SIGKILL is due */
bool by_us[LOADS];	     /* the daemon has sent it */
mtype status[LOADS] = ALIVE;
bool is_elsewhere[LOADS];    /* its number is another process's, of somebody else */

/* The zygotes. */
bool started[ZYGOTES], ended[ZYGOTES], end_taken[ZYGOTES], stopped[ZYGOTES], to_die[ZYGOTES];
bool sigchld[ZYGOTES], broken[ZYGOTES], retired[ZYGOTES], freed[ZYGOTES];
chan commands[ZYGOTES] = [2] of {byte};
chan events[ZYGOTES] = [2] of {mtype, byte, mtype};
byte current = NONE; /* the environment's zygote */
bool sweeps;	     /* the event is active */

/* The jobs. */
bool waits[JOBS] = true;
byte load_of[JOBS] = NONE, failures[JOBS], told[JOBS];
mtype verdict[JOBS] = NO_VERDICT;
bool closed[JOBS]; /* its batch has been freed */

byte spares = SPARES, child_kills = CHILD_KILLS, zygote_kills = ZYGOTE_KILLS;
byte zygote_stops = ZYGOTE_STOPS, fork_fails = FORK_FAILS, cancels = CANCELS, lies = LIES;

#define zygote_is_there(z) (started[z] && !ended[z])

/* ------------------------------------------------------------------------------------ child.c */

#define l _pid

/* child_run(), probe_run() */
active [LOADS] proctype Child() {
end:	born[l];
	{
		/* bind(): PR_SET_PDEATHSIG, then getppid() */
		armed[l] = true;
#if MUTANT != 1 /* it does not look whether its zygote has ended before */
		if
		:: ended[zygote_of[l]] -> atomic { status[l] = CONFINE; goto over }
		:: !ended[zygote_of[l]]
		fi;
#endif
		/* say_hello() */
		hello[l] = true;
		/* read_job() */
end_ready:	if
		:: has_job[l] -> took_job[l] = true
		:: !has_job[l] && (dismissed[l] || load[l] == FREED) ->
			atomic { status[l] = NO_JOB; goto over }
		fi;
		/* probe_run(): the library's code */
		if
		:: report[l] = true;
			if
			/* report_finish() */
			:: atomic { status[l] = REPORTED; goto over }
			/* It has said that all went well, and crashes. */
			:: atomic { status[l] = SEGV; goto over }
			fi
#if MUTANT == 2 /* it writes into what came from the command before */
		:: l > 0 -> report[l - 1] = true; status[l] = REPORTED
#endif
		:: atomic { status[l] = SEGV; goto over }
		:: true; /* It hangs. */
end_hangs:		false
		fi;
over:		skip
	} unless { signalled[l] };
	atomic {
		if
		:: status[l] == ALIVE -> status[l] = KILL
		:: else
		fi;
#if MUTANT == 3 /* SIGCHLD is not blocked: it comes between the look and the wait */
		if
		:: sigchld[zygote_of[l]] = true
		:: true
		fi
#else
		sigchld[zygote_of[l]] = true
#endif
	}
}

#undef l

/* ------------------------------------------------------------------------------ zygote_loop.c */

#define has_ended(z, l)	 (born[l] && zygote_of[l] == z && status[l] != ALIVE && !reaped[l])
#define first_ended(z)	 (has_ended(z, 0) -> 0 : (has_ended(z, 1) -> 1 : (has_ended(z, 2) -> 2 : 3)))
#define any_has_ended(z) (has_ended(z, 0) || has_ended(z, 1) || has_ended(z, 2) || has_ended(z, 3))

/* PR_SET_PDEATHSIG */
inline orphan(z, n) {
	n = 0;
	do
	:: n < LOADS ->
		if
		:: zygote_of[n] == z && born[n] && armed[n] -> signalled[n] = true
		:: else
		fi;
		n++
	:: else -> break
	od;
	n = 0
}

active [ZYGOTES] proctype Zygote() {
#define z (_pid - LOADS)
	byte n;

end:	started[z];
	{
end_waits:	do
		/* ppoll() */
		:: !stopped[z] && (sigchld[z] || len(commands[z]) > 0) ->
			/* reap() */
			sigchld[z] = false;
			do
			:: any_has_ended(z) && !stopped[z] ->
				/* wait4(), send_event() */
				d_step { n = first_ended(z); reaped[n] = true };
				events[z]!EXITED(n, status[n]);
				n = 0;
#if MUTANT == 4 /* one end for one signal, of which many may have come as one */
				break
#endif
			:: !any_has_ended(z) -> break
			od;
			/* serve_command(), fork_child(), remember() */
			if
			:: !stopped[z] && len(commands[z]) > 0 ->
				commands[z]?n;
				if
				:: atomic { fork_fails > 0 -> fork_fails-- };
					events[z]!NOT_FORKED(n, ALIVE)
				:: born[n] = true
				fi;
				n = 0
			:: len(commands[z]) == 0
			fi
#if LIES > 0
		/* A hostile C library: the end of a child that has not ended, or once more. */
		:: atomic { lies > 0 && born[0] && zygote_of[0] == z -> lies-- };
			events[z]!EXITED(0, SEGV)
#endif
		od
	} unless { to_die[z] };
	d_step { ended[z] = true; orphan(z, n) }
#undef z
}

/* ----------------------------------------------------------------------- the daemon: daemon/loads */

/* schedule_on_end(), take_end(): a failed job is tried again. */
inline take_end(j, v) {
	assert(!closed[j]);
	if
	:: v == NO_VERDICT && failures[j] + 1 < FAILURES_MAX -> failures[j]++; waits[j] = true
	:: else -> told[j]++; verdict[j] = v; assert(told[j] == 1)
	fi
}

/* tell_end(), detach() */
inline tell_end(n, v) {
	if
	:: job_of[n] != NONE ->
		load_of[job_of[n]] = NONE;
		take_end(job_of[n], v)
#if MUTANT != 5 /* the load keeps its attempt */
		;
		job_of[n] = NONE
#endif
	:: else
	fi
}

/* leave() */
inline leave(n) {
	if
	:: load[n] == RUNNING || load[n] == ENDING ->
		load[n] = LOST;
		if
		:: zygote_of[n] != current -> sweeps = true
		:: else
		fi
	:: else
	fi
}

/* envs_retire() */
inline retire(z) {
	if
	:: current == z -> current = NONE; retired[z] = true; sweeps = true
	:: else
	fi
}

/* drop_load() */
inline drop(n) {
	load[n] = FREED;
	/* Of who has gone nothing need be known any more. */
	if
	:: reaped[n] ->
		status[n] = KILL;
		signalled[n] = true;
		hello[n] = false;
		has_job[n] = false;
		took_job[n] = false;
		report[n] = false;
		by_us[n] = false;
		armed[n] = false
	:: else
	fi;
	cause[n] = ITSELF;
	unheard[n] = 0;
	knows_pid[n] = false;
	is_killed[n] = false;
	grace_is_over[n] = false
}

/* is_lost(): no failure of the library's. */
#define is_lost(n, s)                                                                              \
	(s == KILL && (cause[n] == UNHEARD || !took_job[n]))

/* ends_on_load_end(), load_judge(), judgement_make() */
inline judge(n, s) {
	if
#if MUTANT != 7 /* who was killed before it began has failed */
	:: is_lost(n, s) -> v = NO_VERDICT
#if MUTANT == 20 /* but for its deadline, it has had its time */
	:: s == KILL && cause[n] == DEADLINE -> v = TIMED_OUT
#endif
#endif
#if MUTANT == 8 /* a report is believed alone */
	:: report[n] -> v = OK
#endif
	:: else ->
		if
		:: s == REPORTED && report[n] -> v = OK
		:: s == KILL && cause[n] == DEADLINE -> v = TIMED_OUT
		:: s == KILL && cause[n] != DEADLINE -> v = OUT_OF_MEMORY
		:: s == CONFINE || s == NO_JOB -> v = NO_VERDICT
		:: else -> v = CRASHED
		fi
	fi;
#if LIES == 0
	/* It is what became of its own process, which had the library. */
	assert(v != OK || (status[n] == REPORTED && report[n]));
	assert(v != CRASHED || status[n] == SEGV || status[n] == REPORTED);
	assert(v == NO_VERDICT || took_job[n]);
	/* What we killed is not called its own end. */
	assert(v != OUT_OF_MEMORY || !by_us[n]);
	assert(v != TIMED_OUT || by_us[n] || cause[n] == DEADLINE);
#ifdef CALM
	assert(v != NO_VERDICT && (v != OUT_OF_MEMORY) && (v != CRASHED || status[n] == SEGV))
#endif
#endif
}

/* on_exited(), ends_on_load_end() */
inline on_exited(n, s, z) {
	if
	:: load[n] == UNUSED || load[n] == FREED -> set_broken(z)
	:: load[n] == SPARE || load[n] == LOST -> drop(n)
	:: else ->
		leave(n);
		if
		:: job_of[n] != NONE -> judge(n, s); tell_end(n, v)
		:: else
		fi;
		v = NO_VERDICT;
		drop(n)
	fi
}

/* on_not_forked(), ends_on_not_forked() */
inline on_not_forked(n, z) {
	if
	:: load[n] == UNUSED || load[n] == FREED -> set_broken(z)
	:: else -> leave(n); tell_end(n, NO_VERDICT); drop(n)
	fi
}

/* set_broken(), ends_on_broken() */
inline set_broken(z) {
	if
	:: !broken[z] ->
		broken[z] = true;
		if
		:: !end_taken[z] -> to_die[z] = true
		:: else
		fi;
		m = 0;
		do
		:: m < LOADS ->
			if
			:: zygote_of[m] == z && load[m] != FREED -> leave(m); tell_end(m, NO_VERDICT)
			:: else
			fi;
			m++
		:: else -> break
		od;
		m = 0;
		retire(z);
		sweeps = true
	:: else
	fi
}

/* take_event() */
inline take_event(z) {
	if
	:: events[z]?EXITED(n, s) -> on_exited(n, s, z)
	:: events[z]?NOT_FORKED(n, s) -> on_not_forked(n, z)
	fi;
	n = 0;
	s = ALIVE
}

/* childproc_kill(). The number may be another process's by the time of each step. */
inline kill_child(n) {
	/* pidfd_open(); KILL: the child, SEGV: somebody else */
	d_step { s = (is_elsewhere[n] -> SEGV : (reaped[n] -> ALIVE : KILL)) };
	/* check_child() */
	if
#if MUTANT != 9 /* nobody asks whose child it is */
	:: reaped[n] || ended[zygote_of[n]] -> skip
	:: !reaped[n] && !ended[zygote_of[n]] ->
#else
	:: true ->
#endif
#if MUTANT == 10 /* it is signalled by its number */
		true;
		d_step { s = (is_elsewhere[n] -> SEGV : (reaped[n] -> ALIVE : KILL)) };
#endif
		/* pidfd_send_signal() */
		d_step {
			assert(s != SEGV);
			if
			:: s == KILL && status[n] == ALIVE -> by_us[n] = true; signalled[n] = true
			:: else
			fi
		}
	fi;
	d_step { s = ALIVE; is_killed[n] = true }
}

/* load_kill(), begin_to_end(), kill_or_look_again() */
inline begin_to_end(n, why) {
#if MUTANT != 11 /* why is noted after the kill, by when it may have ended */
	d_step { load[n] = ENDING; cause[n] = why };
#else
	load[n] = ENDING;
#endif
	if
	:: d_step { knows_pid[n] || hello[n] -> knows_pid[n] = true };
		kill_child(n)
	:: !knows_pid[n] && !hello[n]
	fi
#if MUTANT == 11
	;
	if
	:: load[n] == ENDING && status[n] == ALIVE -> cause[n] = why
	:: else
	fi
#endif
}

#ifdef CALM
#define had_time(n) took_job[n]
#else
#define had_time(n) true
#endif

/* load_on_timer() of a load that runs: learn_pid(), look(), wait_for_hello() */
inline look(n) {
	if
	:: hello[n] && (status[n] != ALIVE || reaped[n] || ended[zygote_of[n]]) ->
		/* WATCH_ENDED */
		d_step { knows_pid[n] = true };
		begin_to_end(n, UNHEARD)
	:: hello[n] && status[n] == ALIVE && !ended[zygote_of[n]] && had_time(n) ->
		/* WATCH_OVER; before it took its job if somebody stopped it. */
		d_step { knows_pid[n] = true };
		begin_to_end(n, DEADLINE)
#ifndef CALM
	:: !hello[n] && unheard[n] < UNHEARD_MAX -> unheard[n]++
	:: !hello[n] && unheard[n] == UNHEARD_MAX -> begin_to_end(n, UNHEARD)
#endif
	fi
}

#ifdef HURRY
#define time_is_over(n) true
#else
/* Two seconds are enough for whoever can move at all. */
#define time_is_over(n)                                                                            \
	(stopped[zygote_of[n]] || ended[zygote_of[n]] || (is_killed[n] && !born[n]))
#endif

/* load_on_timer() of one that is ending: kill_again_or_give_up(), ends_on_load_stuck() */
inline end_again(n) {
	if
#if MUTANT != 12 /* who had not said who it is, is not looked for again */
	:: d_step { !is_killed[n] && hello[n] -> knows_pid[n] = true };
		kill_child(n)
#endif
#if MUTANT != 13 /* an end is waited for without limit */
	:: atomic { time_is_over(n) ->
		leave(n);
		if
		:: job_of[n] != NONE && cause[n] == DEADLINE && knows_pid[n] && took_job[n] ->
			tell_end(n, TIMED_OUT)
		:: else -> tell_end(n, NO_VERDICT)
		fi;
		retire(zygote_of[n])
	}
#endif
	fi
}

/* ensure_zygote(), zygote_start() */
inline ensure_zygote() {
	if
	:: current != NONE && broken[current] -> retire(current)
	:: else
	fi;
	if
	:: current == NONE && !started[0] -> current = 0; started[0] = true
	:: current == NONE && started[0] && !started[1] -> current = 1; started[1] = true
	:: else
	fi
}

/* zygote_fork(), load_new(): the command is sent without waiting. */
inline fork_load(n) {
	n = 0;
	do
	:: n < LOADS && load[n] != UNUSED -> n++
	:: else -> break
	od;
	if
	:: n < LOADS && current != NONE && !ended[current] && len(commands[current]) < 2 ->
		load[n] = SPARE;
		zygote_of[n] = current;
		commands[current]!n
	:: else -> n = NONE
	fi
}

#define is_spare(n) (load[n] == SPARE && zygote_of[n] == current)

/* loads_start(): take_load(), load_assign(). Who has gone is passed over. */
inline start(j) {
	ensure_zygote();
	n = (is_spare(0) -> 0 : (is_spare(1) -> 1 : (is_spare(2) -> 2 : (is_spare(3) -> 3 : NONE))));
	if
	:: n != NONE && born[n] && status[n] != ALIVE -> load[n] = LOST; n = NONE /* -EPIPE */
	:: n == NONE -> fork_load(n); waits[j] = (n == NONE -> false : waits[j]);
		if
		:: n == NONE -> failures[j] = FAILURES_MAX; take_end(j, NO_VERDICT)
		:: else
		fi
	:: else
	fi;
	if
	:: n != NONE ->
		waits[j] = false;
		load[n] = RUNNING;
		job_of[n] = j;
		load_of[j] = n;
		has_job[n] = true
	:: else
	fi;
	n = 0
}

/* loads_cancel(), load_forget(), schedule_close() */
inline cancel(j) {
	waits[j] = false;
	n = load_of[j];
	if
	:: n != NONE ->
		assert(load[n] != FREED);
		load_of[j] = NONE;
#if MUTANT != 14 /* the load keeps the attempt of a batch that is freed */
		job_of[n] = NONE;
#endif
		if
		:: load[n] == RUNNING -> load[n] = ENDING
		:: else
		fi
	:: else
	fi;
	closed[j] = true;
	n = 0
}

#define is_busy_with(z, n) (zygote_of[n] == z && (load[n] == RUNNING || load[n] == ENDING))
#define is_busy(z) (is_busy_with(z, 0) || is_busy_with(z, 1) || is_busy_with(z, 2) || is_busy_with(z, 3))
#define is_done_with(z) (broken[z] || !is_busy(z))

/* loads_on_sweep(), sweep_zygotes(), zygote_free() */
inline sweep(z) {
	if
	:: retired[z] && !freed[z] && is_done_with(z) ->
		freed[z] = true;
		to_die[z] = true;
		n = 0;
		do
		:: n < LOADS ->
			if
			:: zygote_of[n] == z && load[n] != UNUSED && load[n] != FREED ->
				/* Nobody waits for what is freed. */
				assert(job_of[n] == NONE);
				drop(n)
			:: else
			fi;
			n++
		:: else -> break
		od;
		n = 0
	:: else
	fi
}

#define is_answered(j)	(told[j % JOBS] == 1 || closed[j % JOBS])
#define can_hear(z)	(started[z] && !broken[z] && !freed[z])
#ifdef CALM
#define is_at_work(n) (load[n] == RUNNING && hello[n] && (took_job[n] || status[n] != ALIVE))
#else
#define is_at_work(n) (load[n] == RUNNING)
#endif
#define must_end(n)	(load[n] == ENDING && ((!is_killed[n] && hello[n]) || time_is_over(n)))
#define lives(n)	(born[n] && status[n] == ALIVE)

active proctype Daemon() {
	byte n, m, j;
	mtype s = ALIVE, v = NO_VERDICT;

	do
	/* zygote_on_readable() */
	:: atomic { can_hear(0) && len(events[0]) > 0 -> take_event(0) }
	:: atomic { can_hear(1) && len(events[1]) > 0 -> take_event(1) }
	/* take_silence() */
	:: atomic { can_hear(0) && ended[0] && len(events[0]) == 0 -> set_broken(0) }
	:: atomic { can_hear(1) && ended[1] && len(events[1]) == 0 -> set_broken(1) }
	/* server_on_child(), zygote_on_exit(): what it said before it ended is heard. */
	:: atomic { ended[0] && !end_taken[0] ->
		end_taken[0] = true;
		if
		:: can_hear(0) ->
#if MUTANT != 16 /* what it said before is not read */
			do
			:: len(events[0]) > 0 && !broken[0] -> take_event(0)
			:: else -> break
			od;
#endif
			assert(broken[0] || len(events[0]) == 0);
			set_broken(0)
		:: else
		fi }
	:: atomic { ended[1] && !end_taken[1] ->
		end_taken[1] = true;
		if
		:: can_hear(1) ->
			do
			:: len(events[1]) > 0 && !broken[1] -> take_event(1)
			:: else -> break
			od;
			set_broken(1)
		:: else
		fi }
	/* load_on_timer() */
	:: is_at_work(0) -> look(0)
	:: is_at_work(1) -> look(1)
	:: is_at_work(2) -> look(2)
	:: is_at_work(3) -> look(3)
	:: must_end(0) -> end_again(0)
	:: must_end(1) -> end_again(1)
	:: must_end(2) -> end_again(2)
	:: must_end(3) -> end_again(3)
	/* schedule_on_pump() */
	:: atomic { waits[0] -> start(0) }
#if JOBS > 1
	:: atomic { waits[1] -> start(1) }
#endif
	/* loads_prepare() */
	:: atomic { spares > 0 && current != NONE && !broken[current] -> spares--; fork_load(n); n = 0 }
	/* loads_on_sweep() */
#if MUTANT != 17 /* nothing is swept */
	:: atomic { sweeps -> sweeps = false; sweep(0); sweep(1) }
#endif
#if CANCELS > 0
	:: atomic { cancels > 0 && told[0] == 0 -> cancels--; cancel(0) }
#endif
	/* Nobody can do anything any more. */
	:: timeout -> break
	od;
	assert(is_answered(0) && is_answered(1));
	assert(!(told[0] && closed[0]));
	assert(!lives(0) || zygote_is_there(zygote_of[0]));
	assert(!lives(1) || zygote_is_there(zygote_of[1]));
	assert(!lives(2) || zygote_is_there(zygote_of[2]));
	assert(!lives(3) || zygote_is_there(zygote_of[3]));
	/* What is killed does not live on, and what is retired has gone. */
	assert(load[0] != ENDING && load[1] != ENDING && load[2] != ENDING && load[3] != ENDING);
	assert(!retired[0] || (freed[0] && (ended[0] || stopped[0])));
	assert(!retired[1] || (freed[1] && (ended[1] || stopped[1])))
}

/* Whatever may befall them. */
active proctype Trouble() {
end:	do
#ifdef REUSE /* A number that is free is given to somebody. */
	:: atomic { reaped[0] && !is_elsewhere[0] -> is_elsewhere[0] = true }
#endif
#if CHILD_KILLS > 0
	:: atomic { child_kills > 0 && lives(0) -> child_kills--; signalled[0] = true }
	:: atomic { child_kills > 0 && lives(1) -> child_kills--; signalled[1] = true }
#endif
#if ZYGOTE_KILLS > 0
	:: atomic { zygote_kills > 0 && zygote_is_there(0) -> zygote_kills--; to_die[0] = true }
#endif
#if ZYGOTE_STOPS > 0
	:: atomic { zygote_stops > 0 && zygote_is_there(0) -> zygote_stops--; stopped[0] = true }
#endif
	:: false
	od
}

ltl ends { <>(is_answered(0) && is_answered(1)) }
