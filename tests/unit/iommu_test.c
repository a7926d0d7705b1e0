/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/passthrough over a software VT-d unit that caches all it may: tables against a list of
 * what was mapped, what devices reach after each flush, grants and page types, devices that come
 * and go, floods of faults, memory that runs out.
 */
#include <sanitizer/lsan_interface.h>
#include <gen/domctl-dispatch.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <unit/vtd.h>

#include "../../drivers/passthrough/device.h"
#include "../../drivers/passthrough/vtd/acpi.h"

#define FRAMES 4096U     /* of the space that the random test uses */
#define BASE   0x7fe00UL /* across a GiB's edge */
#define BAR    0xc0000UL /* where the frames are that it maps */

static struct domain *d;
static const struct pci_address device = { 0, 0, 0xf0 }, other = { 0, 3, 0x08 };
static uint64_t seed = 1;

static unsigned int draw(unsigned int n)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned int)(seed >> 33) % n;
}

static const struct fake_vtd_options usual = {
    .coherent = true, .page_selective = true, .large = true, .levels = 3, .delay = 3
};

/* A machine with one unit, which firmware's table would name. */
static void start(const struct fake_vtd_options *o)
{
    struct iommu_unit *u;

    fake_vtd_reset(o);
    iommu_nr_units = 0;
    iommu_limits = (struct iommu_limits){ 4, 3, true, 65536, true };
    assert_int_equal(vtd_unit_init(0, _maddr(FAKE_VTD_REGISTERS), &u), 0);
    /* Units are for good: what the tests leave is no leak. */
    __lsan_ignore_object(u);
    __lsan_ignore_object(u->own);
    __lsan_ignore_object(u->faults);
    assert_int_equal(vtd_scope_all(u), 0);
    iommu_enabled = true;
    if (!hardware_domain->iommu) {
        assert_int_equal(iommu_domain_create(hardware_domain, true), 0);
    }
    vtd_enable(u);
    assert_true(fake_vtd_translates());
}

static int machine(void **state)
{
    fake_machine(2);
    return 0;
}

static void begin_with(const struct fake_vtd_options *o)
{
    start(o);
    d = fake_domain(1, 1, ~0U);
    d->max_pages = 64;
    assert_int_equal(iommu_domain_create(d, true), 0);
    fake_set_current(hardware_domain->vcpu[0]);
}

static void finish(void)
{
    iommu_device_remove(device);
    iommu_device_remove(other);
    fake_domain_end(d);
    iommu_domain_destroy(hardware_domain);
    iommu_enabled = false;
}

static void give(struct pci_address a, struct domain *to)
{
    assert_int_equal(iommu_device_add(a, a), 0);
    iommu_devices_lock();
    assert_int_equal(iommu_device_give(iommu_device_find(a), to), 0);
    iommu_devices_unlock();
}

static bool reaches(struct pci_address a, uint64_t dfn, bool write, uint64_t mfn)
{
    return mfn_x(fake_vtd_dma(pci_source(a), _dfn(dfn), write)) == mfn;
}

/* What was mapped, frame by frame: 0 nothing. */
static struct {
    uint64_t mfn;
    unsigned int perms;
} want[FRAMES];

static void check_all(void)
{
    for (unsigned int i = 0; i < FRAMES; i += 1 + draw(7)) {
        unsigned int perms;
        mfn_t mfn = iommu_lookup(d->iommu, _dfn(BASE + i), &perms);

        assert_int_equal(perms, want[i].perms);
        assert_true(!perms || mfn_x(mfn) == want[i].mfn);
        assert_true(
            reaches(device, BASE + i, false, want[i].perms & IOMMU_READ ? want[i].mfn : ~0UL));
        assert_true(
            reaches(device, BASE + i, true, want[i].perms & IOMMU_WRITE ? want[i].mfn : ~0UL));
    }
}

static void change(unsigned int at, unsigned int count, struct iommu_flush *flush)
{
    /* Sometimes such that large mappings fit. */
    uint64_t mfn = draw(3) ? BAR + BASE % 512 + at : BAR + draw(1 << 20);
    unsigned int perms = draw(3) ? 1 + draw(3) : 0;

    if (perms) {
        assert_int_equal(iommu_map(d->iommu, _dfn(BASE + at), _mfn(mfn), count, perms, flush), 0);
    } else {
        assert_int_equal(iommu_unmap(d->iommu, _dfn(BASE + at), count, flush), 0);
    }
    for (unsigned int i = 0; i < count; i++) {
        want[at + i].mfn = mfn + i;
        want[at + i].perms = perms;
    }
}

static void random_changes(const struct fake_vtd_options *o, unsigned int rounds)
{
    unsigned long before = heap_free_pages_total();

    memset(want, 0, sizeof(want));
    begin_with(o);
    /* That it has none yet may be cached too. */
    assert_true(reaches(device, BASE, false, ~0UL));
    give(device, d);
    for (unsigned int i = 0; i < rounds; i++) {
        struct iommu_flush flush = IOMMU_FLUSH_INIT;

        for (unsigned int n = 1 + draw(3); n--;) {
            unsigned int at = draw(FRAMES), most = draw(2) ? 8 : FRAMES;

            if (draw(4) == 0) {
                at = at / 512 * 512; /* BASE is at such an edge */
            }
            change(at, 1 + draw(min(most, FRAMES - at)), &flush);
        }
        iommu_flush(d->iommu, &flush);
        assert_int_equal(flush.what, 0);
        check_all();
    }
    finish();
    /* The hardware domain's and the bus's tables are the unit's for good. */
    assert_true(heap_free_pages_total() + 16 >= before);
}

static void tables_follow_the_list(void **state)
{
    random_changes(&usual, 60);
}

static void tables_without_large_pages_and_four_levels(void **state)
{
    struct fake_vtd_options o = usual;

    o.large = false;
    o.levels = 4;
    o.page_selective = false;
    random_changes(&o, 20);
}

static void caching_mode_needs_flushes_after_map(void **state)
{
    struct fake_vtd_options o = usual;

    o.caching_mode = true;
    random_changes(&o, 40);
}

static void tables_are_written_back_for_a_unit_that_does_not_snoop(void **state)
{
    struct fake_vtd_options o = usual;

    o.coherent = false;
    random_changes(&o, 40);
}

/* The largest mappings are taken, and a table that they replace is held until the flush. */
static unsigned long free_at_flush;

static void note_free_pages(void)
{
    free_at_flush = heap_free_pages_total();
}

static void large_pages_take_the_place_of_tables(void **state)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    unsigned long frames, free;

    begin_with(&usual);
    give(device, d);
    assert_int_equal(iommu_map(d->iommu, _dfn(0x400), _mfn(0x800), 511, 3, &flush), 0);
    iommu_flush(d->iommu, &flush);
    assert_true(reaches(device, 0x401, true, 0x801));
    frames = d->iommu->table.frames;
    free = heap_free_pages_total();
    assert_int_equal(iommu_map(d->iommu, _dfn(0x400), _mfn(0x800), 512, 3, &flush), 0);
    assert_int_equal(d->iommu->table.frames, frames - 1);
    assert_int_equal(flush.freed.count, 1);
    assert_int_equal(heap_free_pages_total(), free);
    fake_vtd_at_flush = note_free_pages;
    iommu_flush(d->iommu, &flush);
    fake_vtd_at_flush = NULL;
    /* The unit has let go of the table before it is anybody else's. */
    assert_int_equal(free_at_flush, free);
    assert_int_equal(heap_free_pages_total(), free + 1);
    /* A part of it goes: the rest stays where it is. */
    assert_int_equal(iommu_unmap(d->iommu, _dfn(0x480), 1, &flush), 0);
    iommu_flush(d->iommu, &flush);
    assert_true(reaches(device, 0x480, false, ~0UL));
    assert_true(reaches(device, 0x5ff, true, 0x9ff));
    /* One entry goes, and all that was cached by it. */
    assert_int_equal(iommu_map(d->iommu, _dfn(0x400), _mfn(0x800), 512, 3, &flush), 0);
    iommu_flush(d->iommu, &flush);
    assert_true(reaches(device, 0x5ff, true, 0x9ff));
    assert_int_equal(iommu_unmap(d->iommu, _dfn(0x400), 512, &flush), 0);
    iommu_flush(d->iommu, &flush);
    assert_true(reaches(device, 0x5ff, true, ~0UL));
    finish();
}

/*
 * Whatever of a table's change a unit finds in memory, each frame is where it was before or where
 * it is afterwards; a device goes by the entry that it had or by the one that it gets (I15).
 */
#define PLACES 5

static struct place {
    uint64_t dfn;
    uint64_t was, becomes; /* frames; ~0: none */
} places[PLACES];
static uint64_t move_at, move_to, move_count;
static struct iommu_flush moved = IOMMU_FLUSH_INIT;
static unsigned long looks, torn;

static void look_at_places(void)
{
    looks++;
    for (unsigned int i = 0; i < PLACES; i++) {
        const struct place *p = &places[i];

        fake_vtd_forget();
        torn += !reaches(device, p->dfn, false, p->was) &&
                !reaches(device, p->dfn, false, p->becomes);
    }
}

static void make_move(void)
{
    int rc = move_to ? iommu_map(d->iommu, _dfn(move_at), _mfn(move_to), move_count, 3, &moved)
                     : iommu_unmap(d->iommu, _dfn(move_at), move_count, &moved);

    torn += rc != 0;
}

/* So many frames from `at` on become those from `to` on; 0: none. */
static void watch_move(uint64_t at, uint64_t to, uint64_t count)
{
    const uint64_t dfn[PLACES] = { BASE, at - 1, at, at + count - 1, at + count };

    move_at = at;
    move_to = to;
    move_count = count;
    for (unsigned int i = 0; i < PLACES; i++) {
        struct place *p = &places[i];

        p->dfn = dfn[i];
        p->was = p->becomes = mfn_x(fake_vtd_dma(pci_source(device), _dfn(dfn[i]), false));
        if (dfn[i] - at < count) {
            p->becomes = to ? to + dfn[i] - at : ~0UL;
        }
    }
    fake_watch_stores(make_move, look_at_places);
    iommu_flush(d->iommu, &moved);
    for (unsigned int i = 0; i < PLACES; i++) {
        assert_true(reaches(device, places[i].dfn, false, places[i].becomes));
    }
}

static struct iommu_pair had, gets;

static void look_at_entry(void)
{
    struct iommu_pair e = fake_vtd_context(pci_source(device));

    looks++;
    torn += (e.lo != had.lo || e.hi != had.hi) && (e.lo != gets.lo || e.hi != gets.hi);
}

static struct domain *taker;

static void change_owner(void)
{
    torn += iommu_device_give(iommu_device_find(device), taker) != 0;
}

static void watch_owner(struct domain *to)
{
    had = fake_vtd_context(pci_source(device));
    gets = vtd_context_entry(vtd_of(iommu_units[0]), to->iommu, false);
    taker = to;
    iommu_devices_lock();
    fake_watch_stores(change_owner, look_at_entry);
    iommu_devices_unlock();
}

static void entries_change_in_one_step(void **state)
{
    /* A GiB's edge, and the frame before which that makes a mapping of a GiB possible. */
    const uint64_t edge = BASE + 0x200, from = BAR - 0x200, far = BAR + 0x80000;

    for (unsigned int coherent = 0; coherent < 2; coherent++) {
        struct fake_vtd_options o = usual;
        struct iommu_flush flush = IOMMU_FLUSH_INIT;

        o.coherent = coherent;
        begin_with(&o);
        give(device, hardware_domain);
        looks = torn = 0;
        watch_owner(d);
        assert_int_equal(iommu_map(d->iommu, _dfn(BASE), _mfn(from), 0x40a00, 3, &flush), 0);
        iommu_flush(d->iommu, &flush);
        assert_true(reaches(device, edge + 0x301, false, BAR + 0x301));
        watch_move(edge + 0x301, 0, 1);
        watch_move(edge + 0x301, BAR + 0x301, 1);
        watch_move(edge + 0x12345, far, 0x400);
        watch_move(edge + 0x12345, BAR + 0x12345, 0x400);
        watch_move(edge, BAR, 0x200);
        watch_move(edge + 0x200, far, 0x200);
        watch_owner(hardware_domain);
        assert_true(looks > 1000);
        assert_int_equal(torn, 0);
        finish();
    }
}

static void what_cannot_be_is_refused(void **state)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    struct iommu_context *ctx;

    begin_with(&usual);
    ctx = d->iommu;
    assert_int_equal(iommu_map(ctx, _dfn(1UL << 27), _mfn(0), 1, 3, &flush), -EINVAL);
    assert_int_equal(iommu_map(ctx, _dfn((1UL << 27) - 1), _mfn(0), 2, 3, &flush), -EINVAL);
    assert_int_equal(iommu_map(ctx, _dfn(~0UL), _mfn(0), 2, 3, &flush), -EINVAL);
    assert_int_equal(iommu_map(ctx, _dfn(0), _mfn(0), 0, 3, &flush), -EINVAL);
    assert_int_equal(iommu_map(ctx, _dfn(0), _mfn(0), 1, 0, &flush), -EINVAL);
    assert_int_equal(iommu_unmap(ctx, _dfn(1UL << 27), 1, &flush), -EINVAL);
    assert_int_equal(flush.what, 0);
    finish();
}

/* All memory is taken but for a few frames. */
static struct page_info *taken[FAKE_FRAMES];
static unsigned int nr_taken;

static void leave_frames(unsigned int left)
{
    for (nr_taken = 0; (taken[nr_taken] = alloc_domheap_page(NULL, MEMF_no_scrub)); nr_taken++) {
    }
    while (left--) {
        free_domheap_page(taken[--nr_taken]);
    }
}

static void give_back(void)
{
    while (nr_taken) {
        free_domheap_page(taken[--nr_taken]);
    }
}

static void without_memory_a_map_leaves_nothing(void **state)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    unsigned int perms;

    begin_with(&usual);
    for (unsigned int left = 0; left < 4; left++) {
        const uint64_t at = 0x40001 + left * 0x40000UL;

        leave_frames(left);
        /* Three tables of the last level, and one above. */
        assert_int_equal(iommu_map(d->iommu, _dfn(at), _mfn(2), 1025, 3, &flush), -ENOMEM);
        for (unsigned int i = 0; i < 1025; i++) {
            (void)iommu_lookup(d->iommu, _dfn(at + i), &perms);
            assert_int_equal(perms, 0);
        }
        give_back();
        iommu_flush(d->iommu, &flush);
    }
    /* A large mapping that cannot be divided goes as a whole. */
    assert_int_equal(iommu_map(d->iommu, _dfn(0x200), _mfn(0x200), 512, 3, &flush), 0);
    leave_frames(0);
    assert_int_equal(iommu_unmap(d->iommu, _dfn(0x201), 1, &flush), -ENOMEM);
    (void)iommu_lookup(d->iommu, _dfn(0x202), &perms);
    assert_int_equal(perms, 0);
    give_back();
    iommu_flush(d->iommu, &flush);
    finish();
}

static struct page_info *page_of(struct domain *owner)
{
    struct page_info *pg = alloc_domheap_page(owner, 0);

    assert_non_null(pg);
    return pg;
}

static void granted_frames_are_counted(void **state)
{
    struct iommu_flush flush = IOMMU_FLUSH_INIT;
    struct page_info *pg, *own;
    uint64_t f;

    begin_with(&usual);
    hardware_domain->max_pages = 8;
    give(device, d);
    pg = page_of(hardware_domain);
    own = page_of(d);
    f = mfn_x(page_to_mfn(pg));
    assert_int_equal(iommu_grant_get(d, _mfn(f), false), 0);
    assert_true(reaches(device, f, false, f));
    assert_true(reaches(device, f, true, ~0UL));
    assert_int_equal(iommu_grant_get(d, _mfn(f), true), 0);
    assert_int_equal(iommu_grant_get(d, _mfn(f), true), 0);
    assert_true(reaches(device, f, true, f));
    iommu_grant_put(d, _mfn(f), true, &flush);
    iommu_domain_flush(d, &flush);
    assert_true(reaches(device, f, true, f));
    iommu_grant_put(d, _mfn(f), true, &flush);
    iommu_domain_flush(d, &flush);
    assert_true(reaches(device, f, true, ~0UL));
    assert_true(reaches(device, f, false, f));
    iommu_grant_put(d, _mfn(f), false, &flush);
    iommu_domain_flush(d, &flush);
    assert_true(reaches(device, f, false, ~0UL));

    /* A grant on its own frame neither adds nor takes what the frame's type gives. */
    f = mfn_x(page_to_mfn(own));
    assert_int_equal(iommu_page_writable(d, _mfn(f)), 0);
    assert_int_equal(iommu_grant_get(d, _mfn(f), false), 0);
    iommu_grant_put(d, _mfn(f), false, &flush);
    iommu_domain_flush(d, &flush);
    assert_true(reaches(device, f, true, f));
    /* Its owner gives it up: nobody reaches it any more. */
    put_page_alloc_ref(own);
    assert_true(reaches(device, f, false, ~0UL));
    put_page_alloc_ref(pg);
    finish();
}

static void devices_change_hands(void **state)
{
    begin_with(&usual);
    assert_true(reaches(device, 5, false, ~0UL));
    assert_int_equal(iommu_device_add(device, device), 0);
    assert_int_equal(iommu_device_add(device, device), 0);
    assert_int_equal(hardware_domain->iommu->attached[0], 1);
    assert_int_equal(iommu_page_writable(hardware_domain, _mfn(5)), 0);
    assert_int_equal(iommu_page_writable(d, _mfn(6)), 0);
    assert_true(reaches(device, 5, true, 5));
    give(device, d);
    assert_int_equal(hardware_domain->iommu->attached[0], 0);
    assert_true(reaches(device, 5, true, ~0UL));
    assert_true(reaches(device, 6, true, 6));
    /* What changes while it is away is seen when it comes back. */
    give(device, NULL);
    assert_int_equal(iommu_page_gone(d, _mfn(6), 1), 0);
    give(device, d);
    assert_true(reaches(device, 6, true, ~0UL));
    assert_int_equal(iommu_page_writable(d, _mfn(6)), 0);
    assert_true(reaches(device, 6, true, 6));
    /* Its domain dies: it reaches nothing, also while the rest is still to be given back. */
    give(other, d);
    fake_set_current(hardware_domain->vcpu[0]);
    assert_int_equal(iommu_devices_release(d), 0);
    assert_int_equal(d->iommu->attached[0], 0);
    assert_true(reaches(device, 6, false, ~0UL));
    assert_true(reaches(other, 6, false, ~0UL));
    finish();
}

static void pass_through_and_quarantine(void **state)
{
    begin_with(&usual);
    hardware_domain->iommu->identity = true;
    give(device, hardware_domain);
    assert_true(reaches(device, 0x1234567, true, 0x1234567));
    give(device, NULL);
    assert_true(reaches(device, 0x1234567, true, ~0UL));
    hardware_domain->iommu->identity = false;
    finish();
}

static void faults_are_told_and_floods_quieted(void **state)
{
    begin_with(&usual);
    give(device, d);
    fake_console_clear();
    assert_true(reaches(device, 0xabc, true, ~0UL));
    assert_int_equal(fake_vtd_interrupt(), 1);
    assert_non_null(strstr(fake_console(), "0000:00:1e.0 write to 0xabc000 refused: not mapped"));
    for (unsigned int i = 0; i < 600; i++) {
        (void)reaches(device, i, false, 0);
        (void)fake_vtd_interrupt();
    }
    assert_non_null(strstr(fake_console(), "0x6000 refused"));
    assert_null(strstr(fake_console(), "0x7000 refused"));
    fake_settle();
    assert_non_null(strstr(fake_console(), "0000:00:1e.0 floods"));
    /* From now on its unit records nothing; with a new owner it does again. */
    (void)reaches(device, 1, false, 0);
    assert_int_equal(fake_vtd_interrupt(), 0);
    give(device, hardware_domain);
    (void)reaches(device, 1, false, 0);
    assert_int_equal(fake_vtd_interrupt(), 1);
    finish();
}

/* More faults at once than there are records: all that is there is taken, in any order. */
/* What a guest's device can send is said when the guest gets it; or it does not get it. */
static void interrupts_that_are_not_remapped(void **state)
{
    static struct xen_domctl op;

    begin_with(&usual);
    assert_int_equal(iommu_device_add(device, device), 0);
    op.u.assign_device.dev = XEN_DOMCTL_DEV_PCI;
    op.u.assign_device.u.pci.machine_sbdf = pci_source(device);
    cmdline_parse("iommu=intremap-required");
    fake_console_clear();
    assert_int_equal(domctl_assign_device(d, &op), -EPERM);
    assert_non_null(strstr(fake_console(), "0000:00:1e.0 are not remapped"));
    assert_ptr_equal(iommu_device_owner(device), hardware_domain);
    cmdline_parse("iommu=no-intremap-required");
    fake_console_clear();
    assert_int_equal(domctl_assign_device(d, &op), 0);
    assert_non_null(strstr(fake_console(), "NMI, SMI and INIT"));
    assert_ptr_equal(iommu_device_owner(device), d);
    finish();
}

static void full_fault_log(void **state)
{
    begin_with(&usual);
    for (unsigned int round = 0; round < 5; round++) {
        for (unsigned int i = 0; i < 1 + round * 2; i++) {
            (void)reaches(device, i, false, 0);
        }
        assert_int_equal(fake_vtd_interrupt(), min(1 + round * 2, 4U));
        assert_int_equal(fake_vtd_interrupt(), 0);
    }
    finish();
}

/* Faults that come while the log is read raise no interrupt: none is lost, and the CPU is not held.
 */
static void a_fault_log_that_fills_while_it_is_read(void **state)
{
    begin_with(&usual);
    for (unsigned int storm = 1; storm < 100; storm *= 3) {
        (void)reaches(device, 1, false, 0);
        fake_vtd_storm(storm);
        (void)fake_vtd_interrupt();
        fake_run_until(NOW() + MILLISECS(50));
        assert_int_equal(fake_vtd_faults() & 3, 0);
        /* Deaf to none that comes later. */
        (void)reaches(device, 1, false, 0);
        assert_int_equal(fake_vtd_interrupt(), 1);
        assert_int_equal(fake_vtd_faults() & 3, 0);
    }
    (void)reaches(device, 1, false, 0);
    fake_vtd_storm(1000000);
    (void)fake_vtd_interrupt(); /* comes to an end */
    fake_vtd_storm(0);
    finish();
}

static void passing_through_by_five_levels(void **state)
{
    struct fake_vtd_options o = usual;

    o.levels = 4;
    o.five_levels = true;
    iommu_options.hwdom_passthrough = true;
    begin_with(&o);
    give(device, hardware_domain);
    assert_true(reaches(device, 5, true, 5));
    iommu_options.hwdom_passthrough = false;
    finish();
}

static void a_unit_that_does_not_answer_ends_the_machine(void **state)
{
    begin_with(&usual);
    fake_vtd_break(true, false);
    expect_assert_failure(vtd_flush_all(vtd_of(iommu_units[0])));
    fake_vtd_break(false, true);
    expect_assert_failure(vtd_flush_all(vtd_of(iommu_units[0])));
    fake_vtd_break(false, false);
    finish();
}

/* Many commands, each seen done: the ring goes round, however slow the unit is. */
static void the_queue_goes_round(void **state)
{
    unsigned long before;

    begin_with(&usual);
    before = fake_vtd_commands;
    vtd_of(iommu_units[0])->queue.sequence = ~0U - 500; /* and so do the numbers of commands */
    for (unsigned int i = 0; i < 1000; i++) {
        vtd_flush_domain(vtd_of(iommu_units[0]), (uint16_t)(i % 200));
    }
    assert_int_equal(fake_vtd_commands, before + 2000);
    finish();
}

static void ids_are_not_given_twice(void **state)
{
    struct iommu_context *ctx[256];
    unsigned int nr = 0;

    begin_with(&usual);
    while (nr < 256 && (ctx[nr] = iommu_context_new(NULL))) {
        for (unsigned int i = 0; i < nr; i++) {
            assert_int_not_equal(ctx[i]->id, ctx[nr]->id);
        }
        assert_true(ctx[nr]->id > 0 && ctx[nr]->id < 256);
        nr++;
    }
    /* 256 ids, less nobody's, the domain's and the hardware domain's. */
    assert_int_equal(nr, 253);
    while (nr) {
        while (!iommu_context_free_some(ctx[nr - 1])) {
        }
        nr--;
    }
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_follow_the_list),
        cmocka_unit_test(tables_without_large_pages_and_four_levels),
        cmocka_unit_test(caching_mode_needs_flushes_after_map),
        cmocka_unit_test(tables_are_written_back_for_a_unit_that_does_not_snoop),
        cmocka_unit_test(entries_change_in_one_step),
        cmocka_unit_test(large_pages_take_the_place_of_tables),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(without_memory_a_map_leaves_nothing),
        cmocka_unit_test(granted_frames_are_counted),
        cmocka_unit_test(devices_change_hands),
        cmocka_unit_test(pass_through_and_quarantine),
        cmocka_unit_test(faults_are_told_and_floods_quieted),
        cmocka_unit_test(full_fault_log),
        cmocka_unit_test(interrupts_that_are_not_remapped),
        cmocka_unit_test(a_fault_log_that_fills_while_it_is_read),
        cmocka_unit_test(passing_through_by_five_levels),
        cmocka_unit_test(a_unit_that_does_not_answer_ends_the_machine),
        cmocka_unit_test(the_queue_goes_round),
        cmocka_unit_test(ids_are_not_given_twice),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
