/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinning and unpinning a version-1 grant entry (common/gnttab/entry.c) against a guest that takes it
 * back (tools/guest/gnttab_v1.c) and grants it again. Access and use are bits of one word, which both
 * sides change by compare-and-exchange only; the bits of use are cleared in the critical section of the
 * count. Holds: when the guest has its frame back, nobody uses it, and nobody will.
 *
 * BREAK_CLEAR clears them after it, BREAK_STORE lets the guest overwrite the word: with either the
 * model must fail.
 */
#define GRANTS 3
#define TRIES  2

bool granted, reading; /* one word */
byte pins, users;
bool lock, reused;

inline acquire() { atomic { !lock -> lock = true } }

proctype hypervisor()
{
    byte tries = TRIES;
    bool seen, last;

    do
    :: tries == 0 -> break
    :: tries > 0 ->
        tries--;
        acquire();
        if
        :: pins > 0 -> seen = true
        :: else ->
            atomic { /* the compare-and-exchange */
                seen = granted;
                if
                :: seen -> reading = true
                :: else
                fi
            }
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
            last = pins == 0;
#ifdef BREAK_CLEAR
            lock = false;
#endif
            if
            :: last -> reading = false
            :: else
            fi
        :: else
        fi;
#ifdef BREAK_CLEAR
        if
        :: seen -> skip
        :: else -> lock = false
        fi
#else
        assert(reading == (pins > 0));
        lock = false
#endif
    od
}

proctype guest()
{
    byte round = GRANTS;
    bool done;

    do
    :: round == 0 -> break
    :: round > 0 ->
        round--;
        granted = true;
        done = false;
        do
        :: done -> break
        :: else ->
#ifdef BREAK_STORE
            done = !reading;
            granted = false
#else
            atomic { /* the compare-and-exchange: only what is not in use is taken back */
                if
                :: !reading -> granted = false; done = true
                :: else
                fi
            }
#endif
        od;
        reused = true;
        assert(users == 0);
        reused = false
    od
}

init { atomic { run hypervisor(); run hypervisor(); run guest() } }
