/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The words that a guest and the hypervisor share: the only file that reads or writes a grant
 * entry. A guest may change any of them at any time, so each is captured once, what was captured is
 * checked, and later decisions are taken on the active entry (I1).
 *
 * Pinning, version 1: one 64-bit compare-and-exchange over flags, domain and frame sets the reading
 * and writing flags, so that the frame is the one that the flags were checked with. Version 2: the
 * bits are set in the status word, then, after a full barrier, the header is read again; a guest
 * that clears the header first and then looks at the status sees one of the two (I6: tries are
 * bounded). Unpinning clears writing with the last writer and reading with the last user, in the
 * same critical section as the count (I8).
 *
 * Locks: the active entry's; the table's where the version changes, and for a record's first use.
 * Read without a lock: version, nr_frames and `active` to find a record, and version again once its
 * lock is held (private.h says who may believe what).
 */
#include <hv/interleave.h>

#include "private.h"

#define PIN_TRIES 8

enum pin_purpose { PIN_FOR_MAP, PIN_FOR_COPY, PIN_FOR_COPY_DIRECT };

/* The header as one word: flags, then domain. */
static always_inline uint16_t head_flags(uint32_t head)
{
    return (uint16_t)head;
}

static always_inline domid_t head_domid(uint32_t head)
{
    return (domid_t)(head >> 16);
}

static always_inline uint64_t *v1_word(const struct grant_table *t, grant_ref_t ref)
{
    return (uint64_t *)t->shared[ref / V1_PER_FRAME] + ref % V1_PER_FRAME;
}

static always_inline union grant_entry_v2 *v2_entry(const struct grant_table *t, grant_ref_t ref)
{
    return (union grant_entry_v2 *)t->shared[ref / V2_PER_FRAME] + ref % V2_PER_FRAME;
}

static always_inline grant_status_t *v2_status(const struct grant_table *t, grant_ref_t ref)
{
    return t->status[ref / STATUS_PER_FRAME] + ref % STATUS_PER_FRAME;
}

/*
 * entry_lock() where the version changes, the record is to be made, or there is no such entry. The
 * table's lock keeps the version still; it is fair, so nobody waits here for more than one change
 * of each CPU's, however often a granter changes it (I6).
 */
static noinline struct active_entry *entry_lock_slow(struct grant_table *t, grant_ref_t *pref,
                                                     uint32_t *version,
                                                     int16_t *st) __no_lock_analysis
{
    struct active_entry *page, *act = NULL;
    uint32_t nr;

    spin_lock(&t->lock);
    *version = table_version(t);
    nr = entries_of(t->nr_frames, *version);
    *st = GNTST_bad_gntref;
    if (*pref < nr) {
        *pref = (grant_ref_t)array_index_nospec(*pref, nr);
        page = gnttab_active_page(t, *pref);
        *st = GNTST_no_space;
        if (page) {
            act = &page[*pref % ACTIVE_PER_PAGE];
            spin_lock(&act->lock);
        }
    }
    spin_unlock(&t->lock);
    return act;
}

/*
 * The record of a guest's ref, locked, and the version that holds while it is. NULL: there is no
 * such entry, or no memory for its record; *st says which.
 */
static always_inline struct active_entry *entry_lock(struct grant_table *t, grant_ref_t *pref,
                                                     uint32_t *version,
                                                     int16_t *st) __no_lock_analysis
{
    uint32_t was = smp_load_acquire(&t->version), nr;
    struct active_entry *page, *act;
    grant_ref_t ref = *pref;

    if (unlikely(was & GT_CHANGING)) {
        return entry_lock_slow(t, pref, version, st);
    }
    nr = entries_of(smp_load_acquire(&t->nr_frames), was);
    if (unlikely(ref >= nr)) {
        return entry_lock_slow(t, pref, version, st);
    }
    ref = (grant_ref_t)array_index_nospec(ref, nr);
    page = smp_load_acquire(&t->active[ref / ACTIVE_PER_PAGE]);
    if (unlikely(!page)) {
        return entry_lock_slow(t, pref, version, st);
    }
    act = &page[ref % ACTIVE_PER_PAGE];
    interleave("gnttab.entry.found");
    spin_lock(&act->lock);
    if (unlikely(READ_ONCE(t->version) != was)) {
        spin_unlock(&act->lock);
        return entry_lock_slow(t, pref, version, st);
    }
    *pref = ref;
    *version = was;
    return act;
}

/* Does what the guest says let `user` in? */
static always_inline bool head_allows(uint32_t head, uint32_t version, domid_t user, bool readonly,
                                      enum pin_purpose what)
{
    uint16_t flags = head_flags(head), type = flags & GTF_type_mask;

    if (unlikely(head_domid(head) != user) || (!readonly && (flags & GTF_readonly))) {
        return false;
    }
    if (likely(type == GTF_permit_access)) {
        return what != PIN_FOR_MAP || !(flags & GTF_sub_page);
    }
    return GNTTAB_TRANSITIVE_BUILT && gnttab_opt.transitive && type == GTF_transitive &&
           version == 2 && what != PIN_FOR_MAP;
}

/* Takes back the bits that nobody needs any more; the entry's lock is held. */
static always_inline void bits_clear(const struct grant_table *t, grant_ref_t ref, uint32_t version,
                                     uint64_t pin)
{
    uint16_t keep = (uint16_t) ~((pin & PIN_WRITERS ? 0 : GTF_writing) | (pin ? 0 : GTF_reading));
    uint16_t *word = version == 2 ? v2_status(t, ref) : (uint16_t *)v1_word(t, ref);

    (void)__atomic_fetch_and(word, keep, __ATOMIC_SEQ_CST);
}

static const struct extent whole_page = { 0, PAGE_SIZE };

static always_inline int16_t v1_claim(const struct grant_table *t, grant_ref_t ref,
                                      struct active_entry *act, bool first, domid_t user,
                                      bool readonly, enum pin_purpose what)
{
    uint64_t *word = v1_word(t, ref), old = READ_ONCE(*word);
    uint64_t bits = readonly ? GTF_reading : GTF_reading | GTF_writing;

    for (unsigned int i = 0; i < PIN_TRIES; i++) {
        if (unlikely(!head_allows((uint32_t)old, 1, user, readonly, what))) {
            return GNTST_general_error;
        }
        interleave("gnttab.claim.read");
        if (likely(__atomic_compare_exchange_n(word, &old, old | bits, false, __ATOMIC_SEQ_CST,
                                               __ATOMIC_RELAXED))) {
            if (first) {
                act->mfn = (uint32_t)(old >> 32);
                act->extent = whole_page;
                act->kind = ACTIVE_PAGE;
            }
            return GNTST_okay;
        }
    }
    return GNTST_general_error;
}

/* What a first user's entry says beyond the header, read once. */
static always_inline bool v2_capture(const union grant_entry_v2 *e, uint16_t flags,
                                     struct active_entry *act)
{
    uint64_t frame;

    act->extent = whole_page;
    act->kind = ACTIVE_PAGE;
    if ((flags & GTF_type_mask) == GTF_transitive) {
        act->kind = ACTIVE_TRANSITIVE;
        return true;
    }
    if (flags & GTF_sub_page) {
        act->kind = ACTIVE_SUB_PAGE;
        act->extent.start = READ_ONCE(e->sub_page.page_off);
        act->extent.length = READ_ONCE(e->sub_page.length);
    }
    frame = READ_ONCE(e->full_page.frame);
    act->mfn = (uint32_t)frame;
    return frame <= 0xffffffffU;
}

static always_inline int16_t v2_claim(const struct grant_table *t, grant_ref_t ref,
                                      struct active_entry *act, bool first, domid_t user,
                                      bool readonly, enum pin_purpose what)
{
    union grant_entry_v2 *e = v2_entry(t, ref);
    uint32_t head = READ_ONCE(e->__spacer[0]);
    uint16_t bits = readonly ? GTF_reading : GTF_reading | GTF_writing;

    if (unlikely(!head_allows(head, 2, user, readonly, what))) {
        return GNTST_general_error;
    }
    interleave("gnttab.claim.read");
    (void)__atomic_fetch_or(v2_status(t, ref), bits, __ATOMIC_SEQ_CST);
    head = READ_ONCE(e->__spacer[0]);
    if (unlikely(!head_allows(head, 2, user, readonly, what))) {
        bits_clear(t, ref, 2, act->pin);
        return GNTST_general_error;
    }
    if (first && unlikely(!v2_capture(e, head_flags(head), act))) {
        bits_clear(t, ref, 2, 0);
        return GNTST_bad_page;
    }
    return GNTST_okay;
}

/* May an entry that is in use have another user? The record says what it is used as. */
static always_inline bool pin_again_allowed(const struct active_entry *act, domid_t user,
                                            enum pin_purpose what)
{
    if (act->domid != user || (act->pin & PIN_FULL)) {
        return false;
    }
    return likely(act->kind == ACTIVE_PAGE) ||
           (what == PIN_FOR_COPY || (what == PIN_FOR_COPY_DIRECT && act->kind == ACTIVE_SUB_PAGE));
}

static void count_use(struct grant_table *t, struct active_entry *act)
{
    uint32_t now = __atomic_add_fetch(&t->in_use, 1, __ATOMIC_RELAXED);

    act->counted = true;
    if (unlikely(now > READ_ONCE(t->peak_in_use))) {
        WRITE_ONCE(t->peak_in_use, now);
    }
}

/* May another user have an entry that is in use? The record says what it is used as, and the
 * guest's words are asked only for the first writer. */
static int16_t claim_again(const struct grant_table *t, grant_ref_t ref, uint32_t version,
                           struct active_entry *act, domid_t user, bool readonly,
                           enum pin_purpose what)
{
    if (!pin_again_allowed(act, user, what)) {
        return GNTST_general_error;
    }
    if (readonly || (act->pin & PIN_WRITERS)) {
        return GNTST_okay;
    }
    return version == 2 ? v2_claim(t, ref, act, false, user, readonly, what)
                        : v1_claim(t, ref, act, false, user, readonly, what);
}

static always_inline int16_t claim_first(const struct grant_table *t, grant_ref_t ref,
                                         uint32_t version, struct active_entry *act, domid_t user,
                                         bool readonly, enum pin_purpose what)
{
    return version == 2 ? v2_claim(t, ref, act, true, user, readonly, what)
                        : v1_claim(t, ref, act, true, user, readonly, what);
}

/* `readonly` and `what` are constants: each purpose has code of its own. */
static always_inline int16_t pin_entry(struct domain *d, grant_ref_t ref, domid_t user,
                                       uint64_t pin, bool readonly, enum pin_purpose what,
                                       struct pinned *p) __no_lock_analysis
{
    struct grant_table *t = d->gnttab;
    struct active_entry *act;
    uint32_t version;
    uint64_t pins;
    int16_t st;

    act = entry_lock(t, &ref, &version, &st);
    if (unlikely(!act)) {
        return st;
    }
    p->act = act;
    p->ref = ref;
    pins = act->pin;
    st = likely(!pins) ? claim_first(t, ref, version, act, user, readonly, what)
                       : claim_again(t, ref, version, act, user, readonly, what);
    if (unlikely(st != GNTST_okay)) {
        goto out;
    }
    p->extent = act->extent;
    if (what != PIN_FOR_MAP && unlikely(act->kind == ACTIVE_TRANSITIVE)) {
        const union grant_entry_v2 *e = v2_entry(t, ref);

        st = what == PIN_FOR_COPY ? GNTST_okay : GNTST_general_error;
        p->pg = NULL;
        p->trans_domid = READ_ONCE(e->transitive.trans_domid);
        p->trans_gref = READ_ONCE(e->transitive.gref);
    } else {
        p->pg = grant_frame_get(_mfn(act->mfn), d);
        st = likely(p->pg) ? GNTST_okay : GNTST_bad_page;
    }
    if (unlikely(st != GNTST_okay)) {
        bits_clear(t, ref, version, pins);
        goto out;
    }
    if (likely(!pins)) {
        act->domid = user;
    }
    if (what == PIN_FOR_MAP && !act->counted) {
        count_use(t, act);
    }
    act->pin = pins + pin;
out:
    spin_unlock(&act->lock);
    if (unlikely(st != GNTST_okay)) {
        (void)__atomic_add_fetch(&t->failed_entries, 1, __ATOMIC_RELAXED);
    }
    return st;
}

int16_t gnttab_pin_map(struct domain *d, grant_ref_t ref, domid_t user, uint64_t pin,
                       struct pinned *p)
{
    return pin & PIN_WRITERS ? pin_entry(d, ref, user, pin, false, PIN_FOR_MAP, p)
                             : pin_entry(d, ref, user, pin, true, PIN_FOR_MAP, p);
}

int16_t gnttab_pin_copy(struct domain *d, grant_ref_t ref, domid_t user, bool readonly,
                        struct pinned *p)
{
    return readonly ? pin_entry(d, ref, user, PIN_HSTR, true, PIN_FOR_COPY, p)
                    : pin_entry(d, ref, user, PIN_HSTW, false, PIN_FOR_COPY, p);
}

int16_t gnttab_pin_copy_direct(struct domain *d, grant_ref_t ref, domid_t user, bool readonly,
                               struct pinned *p)
{
    return pin_entry(d, ref, user, PIN_COPY(readonly), readonly, PIN_FOR_COPY_DIRECT, p);
}

/* pinned_lock() of a reserved entry while the version changes: waits for that change alone. */
static noinline void pinned_lock_slow(struct grant_table *t,
                                      struct active_entry *act) __no_lock_analysis
{
    spin_lock(&t->lock);
    spin_lock(&act->lock);
    spin_unlock(&t->lock);
}

/*
 * The record of a pinned entry, locked, and the version that holds. An entry past the reserved ones
 * that is in use keeps the version: who changes it takes this lock before the first word is
 * touched, and finds the pin; or this came first. Reserved entries are carried over with their
 * users, and so their words are to be left alone meanwhile.
 */
static always_inline uint32_t pinned_lock(struct grant_table *t, struct active_entry *act,
                                          grant_ref_t ref) __no_lock_analysis
{
    spin_lock(&act->lock);
    if (unlikely(ref < GNTTAB_NR_RESERVED_ENTRIES) &&
        unlikely(smp_load_acquire(&t->version) & GT_CHANGING)) {
        spin_unlock(&act->lock);
        interleave("gnttab.unpin.changing");
        pinned_lock_slow(t, act);
    }
    return smp_load_acquire(&t->version) & ~GT_CHANGING; /* its words are as that says */
}

void gnttab_unpin(struct domain *d, struct active_entry *act, grant_ref_t ref, uint64_t pin)
{
    struct grant_table *t = d->gnttab;
    uint32_t version = pinned_lock(t, act, ref);
    uint64_t was = act->pin, now = was - pin;

    act->pin = now;
    if (likely(!now) || (was & PIN_WRITERS && !(now & PIN_WRITERS))) {
        bits_clear(t, ref, version, now);
    }
    if (act->counted && likely(!now)) {
        (void)__atomic_sub_fetch(&t->in_use, 1, __ATOMIC_RELAXED);
        act->counted = false;
    }
    spin_unlock(&act->lock);
}

void gnttab_entries_clear(struct grant_table *t)
{
    for (uint32_t i = 0; i < t->nr_frames; i++) {
        memset(t->shared[i], 0, PAGE_SIZE);
    }
    for (uint32_t i = 0; i < t->nr_status; i++) {
        memset(t->status[i], 0, PAGE_SIZE);
    }
}

/* 0, or why version `to` cannot say what a reserved entry says. */
static int reserved_check(const union grant_entry_v2 *e, uint32_t to)
{
    uint16_t flags = e->hdr.flags;

    switch (flags & GTF_type_mask) {
    case GTF_invalid:
        return 0;
    case GTF_accept_transfer:
        if ((flags & (GTF_transfer_committed | GTF_transfer_completed)) == GTF_transfer_committed) {
            return -EAGAIN;
        }
        break;
    case GTF_transitive:
        return -ERANGE;
    }
    if (to == 1 && ((flags & GTF_sub_page) || e->full_page.frame > 0xffffffffU)) {
        return -ERANGE;
    }
    return 0;
}

void gnttab_entry_read(struct grant_table *t, grant_ref_t ref, union grant_entry_v2 *e)
{
    if (table_version(t) == 1) {
        uint64_t word = READ_ONCE(*v1_word(t, ref));

        *e = (union grant_entry_v2){ .full_page.hdr.flags = head_flags((uint32_t)word),
                                     .full_page.hdr.domid = head_domid((uint32_t)word),
                                     .full_page.frame = word >> 32 };
    } else {
        const volatile uint64_t *words = (const volatile uint64_t *)v2_entry(t, ref);
        uint64_t copy[2] = { words[0], words[1] };

        memcpy(e, copy, sizeof(*e));
        e->hdr.flags |= READ_ONCE(*v2_status(t, ref)) & (GTF_reading | GTF_writing);
    }
}

int gnttab_reserved_save(struct grant_table *t, uint32_t to, union grant_entry_v2 *keep)
{
    for (unsigned int i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
        int rc;

        gnttab_entry_read(t, i, &keep[i]);
        rc = reserved_check(&keep[i], to);
        if (rc) {
            return rc;
        }
    }
    return 0;
}

void gnttab_reserved_restore(struct grant_table *t, uint32_t version,
                             const union grant_entry_v2 *keep)
{
    for (unsigned int i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++) {
        union grant_entry_v2 e = keep[i];
        uint16_t bits = e.hdr.flags & (GTF_reading | GTF_writing);

        if ((e.hdr.flags & GTF_type_mask) == GTF_invalid) {
            continue;
        }
        if (version == 1) {
            *v1_word(t, i) = e.full_page.frame << 32 | (uint32_t)e.hdr.domid << 16 | e.hdr.flags;
            continue;
        }
        if ((e.hdr.flags & GTF_type_mask) == GTF_permit_access) {
            e.hdr.flags &= (uint16_t) ~(GTF_reading | GTF_writing);
            *v2_status(t, i) = bits;
        }
        *v2_entry(t, i) = e;
    }
}

void gnttab_entries_exchange(struct grant_table *t, grant_ref_t a, grant_ref_t b)
{
    if (table_version(t) == 1) {
        uint64_t word = READ_ONCE(*v1_word(t, a));

        WRITE_ONCE(*v1_word(t, a), READ_ONCE(*v1_word(t, b)));
        WRITE_ONCE(*v1_word(t, b), word);
    } else {
        union grant_entry_v2 e = *v2_entry(t, a);
        grant_status_t status = *v2_status(t, a);

        *v2_entry(t, a) = *v2_entry(t, b);
        *v2_status(t, a) = *v2_status(t, b);
        *v2_entry(t, b) = e;
        *v2_status(t, b) = status;
    }
}

/* The header's word is the first of either version's entry. */
static uint32_t *header_word(struct grant_table *t, grant_ref_t ref)
{
    return table_version(t) == 1 ? (uint32_t *)v1_word(t, ref) : &v2_entry(t, ref)->__spacer[0];
}

bool gnttab_transfer_commit(struct grant_table *t, grant_ref_t ref, domid_t user)
{
    uint32_t *word = header_word(t, ref), want = (uint32_t)user << 16 | GTF_accept_transfer;

    return __atomic_compare_exchange_n(word, &want, want | GTF_transfer_committed, false,
                                       __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

void gnttab_transfer_cancel(struct grant_table *t, grant_ref_t ref)
{
    (void)__atomic_fetch_and((uint16_t *)header_word(t, ref), (uint16_t)~GTF_transfer_committed,
                             __ATOMIC_SEQ_CST);
}

void gnttab_transfer_complete(struct grant_table *t, grant_ref_t ref, mfn_t mfn)
{
    if (table_version(t) == 1) {
        WRITE_ONCE(((struct grant_entry_v1 *)v1_word(t, ref))->frame, (uint32_t)mfn_x(mfn));
    } else {
        WRITE_ONCE(v2_entry(t, ref)->full_page.frame, mfn_x(mfn));
    }
    smp_wmb(); /* whoever sees it completed sees the frame */
    (void)__atomic_fetch_or((uint16_t *)header_word(t, ref), GTF_transfer_completed,
                            __ATOMIC_SEQ_CST);
}
