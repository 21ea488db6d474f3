/* SPDX-License-Identifier: MIT */
/*
 * Clients, daemons, the socket and its lock, when daemons start and end. Each step is what the named
 * function of client/asking, include/dltest/sockpath.c or daemon/lifecycle does between two moments
 * at which others can act. docs/MODELS.md says what is left out, and what the claims mean.
 *
 * A run is given how often something may happen: IDLES, TERMS, KILLS (of daemons), CLIENT_KILLS, REMOVALS
 * (of the socket, by a person), STOPS (a daemon gets no processor any more), FAILS (a daemon that
 * cannot be executed, or ends before it listens); and who takes part: CLIENTS, HAND (a daemon
 * started by hand), FOREIGN (a service manager that makes a socket of its own at the path, without
 * the lock; ANY_MOMENT: also while a daemon starts), RUDE (the same, but who comes is hung up on). CALM: nobody has a reason to give up.
 */

#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef CLIENTS
#define CLIENTS 2
#endif
#ifndef IDLES
#define IDLES 0
#endif
#ifndef TERMS
#define TERMS 0
#endif
#ifndef KILLS
#define KILLS 0
#endif
#ifndef CLIENT_KILLS
#define CLIENT_KILLS 0
#endif
#ifndef REMOVALS
#define REMOVALS 0
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef FAILS
#define FAILS 0
#endif
#if defined(FOREIGN) || defined(RUDE)
#define OTHER_SERVER
/* What two system calls do one after the other no file system can be told to do in one: the moment
 * between them stays, and is left out where somebody takes part who knows of no lock. */
#define AT_ONCE atomic
#else
#define AT_ONCE
#endif

#if defined(OTHER_SERVER) || REMOVALS > 0
#define OUTSIDERS
#endif

#define SOCKETS	     5 /* at a time; the last one is the service manager's */
#define FORKED	     3 /* daemons at a time that clients have started */
#define DAEMONS	     (FORKED + 1) /* and one by hand */
#define FAILURES_MAX 3 /* SHARED_FAILURES_MAX of verify.c */
#define NONE	     0

/* The path and the sockets that were bound to it, by number from 1. */
byte path;
byte holders[SOCKETS + 1];  /* processes that have a descriptor of it */
bool listening[SOCKETS + 1];

/* flock() of the lock file: by how many processes its open file is held. */
#ifdef HELD /* by somebody who has nothing to do with it */
byte lock_refs = 1;
#else
byte lock_refs;
#endif

bool alive[DAEMONS];   /* from fork() on, until all is closed */
bool killed[DAEMONS];
bool stopped[DAEMONS];
bool serving[DAEMONS]; /* it accepts, and does not end */
byte socket_of[DAEMONS];
bool owns[DAEMONS]; /* it found its socket when it started */

mtype = {AWAY, QUEUED, ACCEPTED, LOST, ANSWERED};
mtype state[CLIENTS] = AWAY;
byte at[CLIENTS];	 /* the socket in whose backlog, or the daemon by which it was accepted */
bool came_late[CLIENTS]; /* after the last look into the backlog of that socket */
bool done[CLIENTS];
bool private[CLIENTS];
bool gone[CLIENTS]; /* killed */

bool looked[SOCKETS + 1]; /* the last look of an idle daemon is over */

byte idles = IDLES, terms = TERMS, kills = KILLS, client_kills = CLIENT_KILLS;
byte removals = REMOVALS, stops = STOPS, fails = FAILS;
byte n; /* of loops in a step */

#define reachable()    (path != NONE && listening[path])
#define is_foreign(s)  (s == SOCKETS)
#define all_done() (done[0] && (CLIENTS < 2 || done[CLIENTS - 1]))

/* The last close() of a listening socket resets who waits in its backlog. */
inline close_socket(s) {
	holders[s]--;
	if
	:: holders[s] == 0 ->
		listening[s] = false;
		n = 0;
		do
		:: n < CLIENTS ->
			if
			/* Who came before the last look of an idle daemon is not lost by its end. */
			:: state[n] == QUEUED && at[n] == s ->
				assert(!looked[s] || came_late[n]);
				state[n] = LOST
			:: else
			fi;
			n++
		:: else -> break
		od;
		n = 0;
		looked[s] = false
	:: else
	fi
}

/* connect() by the path. */
inline connect(c) {
	if
	:: reachable() ->
		state[c] = QUEUED;
		at[c] = path;
		came_late[c] = looked[path]
	:: else
	fi
}

/* unlink() by somebody who takes what is there for his own, or for nobody's. */
inline unlink(own) {
	assert(path == NONE || path == own || holders[path] == 0);
	path = NONE
}

/* bind(), which fails where something is. */
inline bind(s) {
	if
	:: path == NONE ->
		s = 1;
		do
		:: holders[s] > 0 -> s++
		:: else -> break
		od;
		assert(s < SOCKETS);
		holders[s] = 1;
		path = s
	:: else -> s = NONE
	fi
}

#if defined(OTHER_SERVER) && !defined(ANY_MOMENT)
/* Sockets of clients, of which the daemon does not know yet which one is at the path. */
byte unsettled;
#define unsettle(s) unsettled = unsettled + (s != NONE)
#define settle()    unsettled--
#define is_settled  (unsettled == 0)
#else
#define unsettle(s) skip
#define settle()    skip
#define is_settled  true
#endif

/* waitpid(), poll(): a client is told of what becomes of its daemon. */
mtype = {UNKNOWN, EXECUTED, FAILED};
mtype report[DAEMONS] = UNKNOWN;
bool awaited[DAEMONS]; /* its starter has not read that */

inline take_waiting(d, s) {
	n = 0;
	do
	:: n < CLIENTS ->
		if
		:: state[n] == QUEUED && at[n] == s -> state[n] = ACCEPTED; at[n] = d
		:: else
		fi;
		n++
	:: else -> break
	od;
	n = 0
}

/* drain(): connections on which nothing is asked are closed, others are answered. What has been
 * sent and was not read is nothing. */
inline drain_peers(d) {
	n = 0;
	do
	:: n < CLIENTS ->
		if
		:: state[n] == ACCEPTED && at[n] == d -> state[n] = LOST
		:: state[n] == ACCEPTED && at[n] == d -> state[n] = ANSWERED
		:: else
		fi;
		n++
	:: else -> break
	od;
	n = 0
}

inline lose_peers(d) {
	n = 0;
	do
	:: n < CLIENTS ->
		if
		:: state[n] == ACCEPTED && at[n] == d -> state[n] = LOST
		:: else
		fi;
		n++
	:: else -> break
	od;
	n = 0
}

#define serves(d)	  (serving[d] && !killed[d])
#define others_serving(d) (serves(0) + serves(1) + serves(2) + serves(3) - serves(d))
#define has_peer(d, c)	  (CLIENTS > c && state[c % CLIENTS] == ACCEPTED && at[c % CLIENTS] == d)
#define has_waiting(s, c) (CLIENTS > c && state[c % CLIENTS] == QUEUED && at[c % CLIENTS] == s)
#define has_peers(d)	  (has_peer(d, 0) || has_peer(d, 1))
#define somebody_waits(s) (has_waiting(s, 0) || has_waiting(s, 1))

/*
 * event_base_dispatch() from the moment when the sockets are open, to the end of the process. 's' is
 * its socket, 'identity' what it takes for that at the path, 'has_lock' whether it may remove it.
 */
inline serve(d, s, identity, has_lock) {
	d_step {
		serving[d] = true;
		owns[d] = has_lock;
#ifndef OUTSIDERS
		/* One daemon serves, and the path leads to it. */
		assert(others_serving(d) == 0 && path == s)
#endif
	};
end:	do
	/* listener_on_connection() */
	:: d_step {
		!stopped[d] && somebody_waits(s) ->
#ifndef OUTSIDERS
		assert(path == s);
#endif
		take_waiting(d, s) }
	/* peer_on_work(), call_on_verdict() */
	:: d_step { !stopped[d] && has_peer(d, 0) -> state[0] = ANSWERED }
	:: d_step { !stopped[d] && has_peer(d, 1) -> state[CLIENTS - 1] = ANSWERED }
	/* lifecycle_on_idle(), server_on_idle(); an end for want of work is decided. */
	:: d_step {
		/* That time is longer than its starter takes to connect. */
		!stopped[d] && !has_peers(d) && idles > 0 && !awaited[d] -> idles-- };
		/* server_on_drain(), somebody_comes(), sockets_accept_last() */
		if
#if MUTANT != 1 /* no last look */
		:: d_step { has_lock && somebody_waits(s) -> take_waiting(d, s) }
#endif
		:: d_step {
#if MUTANT != 1
			!has_lock || !somebody_waits(s) ->
#else
			true ->
#endif
			looked[s] = has_lock };
			break
		fi
#if MUTANT != 2 /* nobody notices that the socket has gone */
	/* lifecycle_on_tick(), lost_socket() */
	:: d_step { !stopped[d] && has_lock && path != identity -> true };
		break
#endif
	/* server_on_signal(), server_on_stop() */
	:: d_step { !stopped[d] && terms > 0 -> terms-- };
		break
	od;
	serving[d] = false;
	/* drain(), sockets_fini(), dltest_sockpath_remove() */
#if MUTANT == 3 /* the lock is let go before the socket has been removed */
	if
	:: has_lock -> lock_refs--
	:: else
	fi;
#endif
	if
	:: has_lock ->
#if MUTANT == 4 /* whatever is there is removed */
		AT_ONCE { d_step { unlink(s) } }
#else
		AT_ONCE {
			if
			:: path == identity -> d_step { unlink(s) }
			:: path != identity
			fi
		}
#endif
	:: else
	fi;
#if MUTANT != 3
	d_step {
		if
		:: has_lock -> lock_refs--
		:: else
		fi;
		has_lock = false
	};
#else
	has_lock = false;
#endif
	/* listener_free() */
	d_step { close_socket(s); s = NONE };
	/* peers_drain(), peers_close() */
	d_step { drain_peers(d) };
	true
}

/* What the kernel closes of a process that ends, in no certain order. */
inline close_all(d, s, has_lock) {
	serving[d] = false;
	do
	:: d_step { s != NONE -> close_socket(s); s = NONE }
	:: d_step { has_lock -> lock_refs--; has_lock = false }
	:: d_step { has_peers(d) -> lose_peers(d) }
	:: s == NONE && !has_lock && !has_peers(d) -> break
	od;
	true;
	d_step { alive[d] = false; killed[d] = false; stopped[d] = false; socket_of[d] = NONE }
}

/* A daemon that a client forked, with socket and lock: become_daemon(), then main(). */
active [FORKED] proctype Daemon() {
#define d _pid
	byte s = NONE, identity = NONE;
	bool has_lock = false;
#if MUTANT == 5 /* the lock is not handed over */
	bool may_remove = true;
#else
#define may_remove has_lock
#endif

end_none:
	(alive[d]);
	d_step {
		s = socket_of[d];
#if MUTANT != 5
		has_lock = true
#endif
	};
	{
		/* arrange_descriptors(), execve() */
		if
		:: d_step { fails > 0 -> fails--; report[d] = FAILED; settle() };
			goto over
		:: report[d] = EXECUTED
		fi;
		/* server_new(), and in it open_inherited(). */
		if
		:: d_step { fails > 0 -> fails--; settle() };
			goto over
		:: d_step {
			true ->
			/* A socket that is not there any more is not its own. */
			identity = path;
			if
			:: has_lock && path == NONE -> lock_refs--; has_lock = false
			:: else
			fi;
			settle();
#if MUTANT == 12
			listening[s] = true
#endif
			};
			serve(d, s, identity, may_remove)
		fi;
over:		skip
	} unless { killed[d] };
	close_all(d, s, has_lock);
	identity = NONE;
	goto end_none
#undef d
}

/* tsuku-dltestd by hand: sockets_open(), open_own(). */
#ifdef HAND
active proctype Hand() {
	byte d = DAEMONS - 1;
	byte s = NONE;
	bool has_lock = false;

	alive[d] = true;
	{
		/* dltest_sockpath_lock() */
		if
		:: d_step { lock_refs == 0 -> lock_refs = 1; has_lock = true }
		:: lock_refs > 0 -> goto over
		fi;
		AT_ONCE {
#if MUTANT != 6 /* it does not ask whether somebody is there */
			/* dltest_sockpath_connect() */
			if
			:: reachable() -> goto over
			:: !reachable()
			fi;
#endif
			/* dltest_sockpath_listen(): make_free(), bind(), identity, listen() */
			d_step { unlink(NONE) };
			d_step { bind(s) }
		};
		if
		:: s == NONE -> goto over
		:: else
		fi;
		d_step { socket_of[d] = s; listening[s] = true };
		serve(d, s, socket_of[d], has_lock);
over:		skip
	} unless { killed[d] };
	close_all(d, s, has_lock)
}
#endif

/* A service manager: it makes place for its socket, and knows of no lock. What it starts serves, and
 * leaves the socket to it. */
#ifdef OTHER_SERVER
active proctype Other() {
	byte s = SOCKETS;

	d_step { is_settled -> path = s; holders[s] = 1; listening[s] = true };
end:	do
#ifdef RUDE
	:: d_step { has_waiting(s, 0) -> state[0] = LOST }
	:: d_step { has_waiting(s, 1) -> state[CLIENTS - 1] = LOST }
#else
	:: d_step { has_waiting(s, 0) -> state[0] = ANSWERED }
	:: d_step { has_waiting(s, 1) -> state[CLIENTS - 1] = ANSWERED }
#endif
	od
}
#endif

#define is_stopped(d, s) (socket_of[d] == s && stopped[d])
#define stopped_server(c) (is_stopped(0, at[c]) || is_stopped(1, at[c]) || is_stopped(2, at[c]))

/* 'starts' is 1 more than the daemon that it starts, 0 for none. */
inline stop_waiting(d, starts) {
	report[d] = UNKNOWN;
	awaited[d] = false;
	starts = 0
}

inline leave(c, s, has_lock) {
	d_step {
		if
		:: s != NONE -> close_socket(s); s = NONE
		:: else
		fi
	};
	d_step {
		if
		:: has_lock -> lock_refs--; has_lock = false
		:: else
		fi
	}
}

/* verify_run(), ask_one(), connect_or_start(), start_locked() */
proctype Client(byte c) {
	byte s = NONE, d, starts, failures;
	bool has_lock = false;

	{
		true;
again:		true;
		/* dltest_sockpath_connect() */
		d_step { state[c] = AWAY; at[c] = 0; came_late[c] = false; connect(c) };
		if
		:: state[c] != AWAY -> goto session
		:: state[c] == AWAY
		fi;
#if MUTANT != 8 /* nobody takes the lock */
		/* dltest_sockpath_lock() */
		if
		:: d_step { lock_refs == 0 -> lock_refs = 1; has_lock = true }
		/* deadline_pause() */
		:: lock_refs > 0 ->
			if
			:: lock_refs == 0 || reachable() -> goto again
#ifndef CALM
			/* LOCKED_MS are over. */
#if MUTANT != 9 /* it waits for the lock without limit */
			:: goto alone
#endif
#endif
			fi
		fi;
#endif
		AT_ONCE {
#if MUTANT != 10 /* it does not ask again once it has the lock */
			d_step { connect(c) };
			if
			:: state[c] != AWAY -> goto unlock
			:: state[c] == AWAY
			fi;
#endif
			/* dltest_sockpath_listen(): make_free(), bind(), listen() */
			d_step { unlink(NONE) };
			d_step { bind(s); unsettle(s) }
		};
		if
		:: s == NONE -> goto alone
		:: s != NONE
		fi;
#if MUTANT == 11 /* the lock is let go before the socket can be connected to */
		d_step { lock_refs--; has_lock = false };
#endif
#if MUTANT != 12 /* the daemon is to listen, not the client */
		listening[s] = true;
#endif
		/* daemonproc_start(): fork() */
		d_step {
			d = 0;
			do
			:: alive[d] || awaited[d] -> d++
			:: else -> break
			od;
			assert(d < FORKED);
			alive[d] = true;
			report[d] = UNKNOWN;
			awaited[d] = true;
			starts = d + 1;
			socket_of[d] = s;
			holders[s]++;
#if MUTANT != 5 && MUTANT != 8 && MUTANT != 11
			lock_refs++
#endif
		};
		/* read_report() */
		if
		:: d_step { report[d] == FAILED -> stop_waiting(d, starts) };
#if MUTANT == 13 /* it removes what it did not make */
			AT_ONCE { d_step { unlink(s) } };
#else
			AT_ONCE {
				if
				:: path == s -> d_step { unlink(s) }
				:: path != s
				fi
			};
#endif
			goto alone
		/* Or the time is over, and who is on his way still has the socket. */
		:: d_step { report[d] == EXECUTED || killed[d] || !alive[d] ->
			stop_waiting(d, starts);
			connect(c) };
			if
			:: state[c] == AWAY -> goto alone
			:: state[c] != AWAY
			fi
		fi;
unlock:		true;
#if MUTANT != 7 /* the client keeps the listening socket */
		leave(c, s, has_lock);
#endif

session:	/* session_run() */
		if
		:: state[c] == ANSWERED -> goto answered
		/* SESSION_LOST, SESSION_ENDING: fail() */
		:: state[c] == LOST ->
			failures++;
			if
#if MUTANT == 14 /* it never has enough */
			:: failures = 0; goto again
#else
			:: failures < FAILURES_MAX -> goto again
			:: failures >= FAILURES_MAX -> goto alone
#endif
			fi
#if STOPS > 0 && MUTANT != 15 /* it waits for ever for who says nothing */
		/* SESSION_SILENT: is_alive() */
		:: state[c] == QUEUED && stopped_server(c) -> goto alone
		:: state[c] == ACCEPTED && stopped[at[c]] -> goto alone
#endif
		fi;

alone:		true;
#ifdef CALM
		assert(false); /* Nobody needs a daemon of his own. */
#endif
		leave(c, s, has_lock);
		/* autostart_private() */
		d_step { private[c] = true; state[c] = ANSWERED };
		true;
answered:	skip
	} unless { gone[c] };
	/* Killed, or done. */
	leave(c, s, has_lock);
	d_step {
		if
		:: starts > 0 -> stop_waiting(d, starts)
		:: else
		fi
	};
	d_step { done[c] = true; state[c] = AWAY; at[c] = 0; came_late[c] = false; failures = 0; d = 0 }
}

/* Whatever may befall them. */
active proctype Trouble() {
end:	do
#if KILLS > 0
	:: d_step { kills > 0 && alive[0] && !killed[0] -> kills--; killed[0] = true }
	:: d_step { kills > 0 && alive[1] && !killed[1] -> kills--; killed[1] = true }
#endif
#if STOPS > 0
	:: d_step { stops > 0 && alive[0] -> stops--; stopped[0] = true }
#endif
#if CLIENT_KILLS > 0
	:: d_step { client_kills > 0 && !done[0] -> client_kills--; gone[0] = true }
#endif
#if REMOVALS > 0
	:: d_step { removals > 0 && path != NONE -> removals--; path = NONE }
#endif
	:: false
	od
}

ltl all_answered { <>(all_done()) }
ltl orphans_end { []((serving[0] && owns[0] && path != socket_of[0]) -> <>(!serving[0])) }

init {
	atomic {
		run Client(0);
#if CLIENTS > 1
		run Client(1)
#endif
	}
}
