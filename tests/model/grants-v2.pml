/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Version 2's protocol of a grant entry, checked by spin: two users pin and unpin an entry while
 * its granter ends access, reuses the page, and grants again.
 *
 *   user (common/gnttab/entry.c):  lock; header allows? ; status |= reading ; BARRIER ;
 *                                  header still allows? ; count it ; unlock ; use ; lock ; last one
 *                                  clears the status ; unlock
 *   granter:                       header := 0 ; BARRIER ; status clear? then the page is its own
 *
 * Stores wait in a buffer of their CPU until a barrier or until the memory takes them, as on the
 * processor. Checked: nobody uses the page while it is the granter's own, and with the granter done
 * the status is clear. BREAK_USER_BARRIER and BREAK_GRANTER_BARRIER leave a barrier out: with either
 * the model must fail.
 */
#define USERS 2
#define ROUNDS 2

bit header = 1;     /* memory: the entry allows access */
bit status = 0;     /* memory: it is in use */
byte pins = 0;      /* the hypervisor's own count, under the lock */
bit lock = 0;
bit mine = 0;       /* the granter has reused the page */
byte using = 0;

/* One store of the granter's, and one of each user's, may be on their way. */
bit header_waits = 0, header_next;
bit status_waits[USERS];

inline granter_store(v)
{
    atomic {
        !header_waits;
        header_waits = 1;
        header_next = v
    }
}

inline granter_barrier()
{
    !header_waits
}

/* The memory takes stores whenever it likes. */
active proctype memory()
{
end:
    do
    :: atomic { header_waits -> header = header_next; header_waits = 0 }
    :: atomic { status_waits[0] -> status = 1; status_waits[0] = 0 }
    :: atomic { status_waits[1] -> status = 1; status_waits[1] = 0 }
    od
}

proctype user(byte id)
{
    byte round;
    bit pinned;

    for (round : 1 .. ROUNDS) {
        pinned = 0;
        atomic { !lock -> lock = 1 }
        if
        :: header -> status_waits[id] = 1;
#ifndef BREAK_USER_BARRIER
            !status_waits[id];
#endif
            if
            :: header -> pins++; pinned = 1
            :: else ->
                !status_waits[id];
                if
                :: pins == 0 -> status = 0
                :: else
                fi
            fi
        :: else
        fi;
        lock = 0;
        if
        :: pinned ->
            using++;
            assert(!mine);
            using--;
            atomic { !lock -> lock = 1 };
            pins--;
            !status_waits[id];
            if
            :: pins == 0 -> status = 0
            :: else
            fi;
            lock = 0
        :: else
        fi
    }
}

init {
    byte round;

    atomic { run user(0); run user(1) }
    for (round : 1 .. ROUNDS) {
        granter_store(0);
#ifndef BREAK_GRANTER_BARRIER
        granter_barrier();
#endif
        do
        :: status == 0 -> break
        :: status == 1
        od;
        mine = 1;
        assert(using == 0);
        mine = 0;
        granter_store(1);
        granter_barrier()
    }
    granter_store(0);
    granter_barrier();
    (_nr_pr == 2); /* this and the memory: both users are done */
    assert(status == 0 && pins == 0)
}
