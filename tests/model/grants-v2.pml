/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinning and unpinning a version-2 grant entry (common/gnttab/entry.c) against a guest that takes it back
 * (tools/guest/gnttab_v2.c) and grants it again. Two CPUs of the hypervisor serve two users; the entry's lock is
 * theirs, the header and the status word are shared with the guest.
 *
 * Holds: when the guest was told that nobody uses the frame, nobody does, and nobody will before it
 * grants it again; the entry's count and the status bits agree whenever the lock is free.
 *
 * The barriers of both sides are full ones, so that memory is sequentially consistent at these words.
 * BREAK_RECHECK leaves out the second look at the header, BREAK_ORDER lets the guest look before it
 * clears: with either the model must fail.
 */
#define GRANTS 3
#define TRIES  2

bool granted;     /* the header allows the user */
bool reading;     /* the status word */
byte pins;        /* the active entry's count; lock */
bool lock;
byte users;       /* CPUs that use the frame */
bool reused;      /* the frame is something else's */

inline acquire() { atomic { !lock -> lock = true } }

proctype hypervisor()
{
    byte tries = TRIES;
    bool seen;

    do
    :: tries == 0 -> break
    :: tries > 0 ->
        tries--;
        acquire();
        if
        :: pins > 0 -> seen = true      /* in use: the record decides */
        :: else ->
            seen = granted;
            if
            :: seen ->
                reading = true;
#ifndef BREAK_RECHECK
                seen = granted;
#endif
                if
                :: !seen -> reading = false
                :: else
                fi
            :: else
            fi
        fi;
        if
        :: seen ->
            pins++;
            lock = false;
            users++;
            assert(!reused);
            users--;
            acquire();
            pins--;
            if
            :: pins == 0 -> reading = false
            :: else
            fi
        :: else
        fi;
        assert(reading == (pins > 0));
        lock = false
    od
}

proctype guest()
{
    byte round = GRANTS;
    bool in_use;

    do
    :: round == 0 -> break
    :: round > 0 ->
        round--;
        granted = true;
#ifdef BREAK_ORDER
        in_use = reading;
        granted = false;
#else
        granted = false;
        in_use = reading;
#endif
        if
        :: in_use ->
            /* Not now: the guest keeps the frame, and asks until the last user has gone. */
            do
            :: !reading -> break
            od
        :: else
        fi;
        reused = true;
        assert(users == 0);
        reused = false
    od
}

init { atomic { run hypervisor(); run hypervisor(); run guest() } }
