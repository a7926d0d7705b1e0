/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exception table: collected by the linker, sorted once at start-up, then read-only. No locks.
 * Searched by host_exception().
 */
#include <hv/lib.h>
#include <asm/extable.h>

extern struct extable_entry ex_table_start[], ex_table_end[];

static unsigned long entry_insn(const struct extable_entry *e)
{
    return (unsigned long)&e->insn + (long)e->insn;
}

static unsigned long entry_fixup(const struct extable_entry *e)
{
    return (unsigned long)&e->fixup + (long)e->fixup;
}

static void entry_set(struct extable_entry *e, unsigned long insn, unsigned long fixup)
{
    e->insn = (int32_t)(insn - (unsigned long)&e->insn);
    e->fixup = (int32_t)(fixup - (unsigned long)&e->fixup);
}

/* Insertion sort: the table is short and the linker delivers it nearly in order. */
void __init extable_init(void)
{
    for (struct extable_entry *e = ex_table_start + 1; e < ex_table_end; e++) {
        unsigned long insn = entry_insn(e), fixup = entry_fixup(e);
        struct extable_entry *hole = e;

        while (hole > ex_table_start && entry_insn(hole - 1) > insn) {
            entry_set(hole, entry_insn(hole - 1), entry_fixup(hole - 1));
            hole--;
        }
        entry_set(hole, insn, fixup);
    }
}

unsigned long extable_search(unsigned long rip)
{
    const struct extable_entry *low = ex_table_start, *high = ex_table_end;

    while (low < high) {
        const struct extable_entry *mid = low + (high - low) / 2;
        unsigned long insn = entry_insn(mid);

        if (insn == rip) {
            return entry_fixup(mid);
        }
        if (insn < rip) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return 0;
}
