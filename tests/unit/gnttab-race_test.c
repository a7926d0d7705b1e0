/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Races on grant tables, each made at its interleaving point: what another vCPU does there, the
 * test does as that vCPU.
 */
#include "gnttab_room.h"

#define AT 0x100000UL

/* The other vCPU's part, done once at the point that the test names. */
static const char *where;
static void (*other)(void);

static void at_point(const char *point)
{
    void (*fn)(void) = other;
    struct vcpu *self = current;

    if (!fn || strcmp(point, where)) {
        return;
    }
    other = NULL;
    fake_run_on(1);
    fake_set_current(m->vcpu[1]);
    fn();
    fake_run_on(0);
    fake_set_current(self);
}

static void at(const char *point, void (*fn)(void))
{
    where = point;
    other = fn;
    fake_interleave(at_point);
}

/* The mapping that two vCPUs unmap, and others of the same entry. */
static struct gnttab_map_grant_ref contested, others[200];

static void unmap_contested(void)
{
    assert_int_equal(unmap(contested.handle, AT, 0), GNTST_okay);
}

/*
 * The other vCPU frees the record, and with it so many that its list's first batch, with this
 * record in front, becomes the domain's.
 */
static void handle_is_freed_while_it_is_unmapped(void **state)
{
    unsigned int nr = 0;

    grant(REF, pages[0], GTF_permit_access);
    for (; nr < ARRAY_SIZE(others); nr++) {
        assert_int_equal(map(&others[nr], REF, GNTMAP_device_map, 0), GNTST_okay);
    }
    assert_int_equal(map(&contested, REF, GNTMAP_host_map, AT), GNTST_okay);
    fake_set_current(m->vcpu[1]);
    while (m->vcpu[1]->gnttab.count < 2 * MAPTRACK_BATCH - 1) {
        nr--;
        assert_int_equal(unmap(others[nr].handle, 0, others[nr].dev_bus_addr), GNTST_okay);
    }
    fake_set_current(m->vcpu[0]);
    at("gnttab.unmap.mapped", unmap_contested);
    assert_int_equal(unmap(contested.handle, AT, 0), GNTST_bad_handle);
    assert_null(other);
    assert_int_equal(m->vcpu[1]->gnttab.count, MAPTRACK_BATCH);
    while (nr--) {
        assert_int_equal(unmap(others[nr].handle, 0, others[nr].dev_bus_addr), GNTST_okay);
    }
}

/* Before the record is read, the other vCPU frees it; its place in the free list says nothing. */
static void free_records_name_no_domain(void **state)
{
    uint64_t name;

    grant(REF, pages[0], GTF_permit_access);
    for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
        assert_int_equal(map(&others[i], REF, GNTMAP_device_map, 0), GNTST_okay);
    }
    name = maptrack_read_name(maptrack_record(m->gnttab, others[0].handle));
    for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
        assert_int_equal(unmap(others[i].handle, 0, others[i].dev_bus_addr), GNTST_okay);
    }
    for (uint32_t h = 0; h < m->gnttab->nr_maptrack * MAPTRACK_PER_PAGE; h++) {
        uint64_t now = maptrack_read_name(maptrack_lookup(m->gnttab, h));

        assert_true(now == name || !now);
    }
}

static void map_by_another_entry(void)
{
    uint32_t handle = contested.handle;

    assert_int_equal(map(&contested, REF + 1, GNTMAP_host_map, AT), GNTST_okay);
    assert_int_equal(contested.handle, handle);
}

static void unmap_then_wait_for_the_check(void)
{
    unmap_contested();
    at("gnttab.unmap.checked", map_by_another_entry);
}

/* The record becomes another entry's, whose lock is not the one that is held. */
static void handle_changes_its_entry_while_it_is_checked(void **state)
{
    grant(REF, pages[0], GTF_permit_access);
    grant(REF + 1, pages[0], GTF_permit_access);
    assert_int_equal(map(&contested, REF, GNTMAP_host_map, AT), GNTST_okay);
    at("gnttab.unmap.mapped", unmap_then_wait_for_the_check);
    assert_int_equal(unmap(contested.handle, AT, 0), GNTST_bad_handle);
    assert_null(other);
    assert_int_equal(bits_of(REF), 0);
    assert_int_equal(bits_of(REF + 1), GTF_reading | GTF_writing);
    assert_int_equal(unmap(contested.handle, AT, 0), GNTST_okay);
    assert_int_equal(bits_of(REF + 1), 0);
}

/*
 * Between the look at the version and the record's lock the granter goes over to version 2, where
 * half the reference says what looks like a grant of the other page by version 1.
 */
static void version_becomes_two(void)
{
    assert_int_equal(set_version(g, 2), 0);
    v2_of(REF / 2)->full_page.frame = 0;
    v2_of(REF / 2)->full_page.pad0 = (uint32_t)mfn_x(page_to_mfn(pages[1]));
    v2_of(REF / 2)->hdr.domid = 2;
    v2_of(REF / 2)->hdr.flags = GTF_permit_access;
}

static void version_changes_before_the_entry_is_locked(void **state)
{
    struct gnttab_map_grant_ref op;

    grant(REF, pages[0], GTF_permit_access);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_okay); /* there is a record now */
    assert_int_equal(unmap(op.handle, AT, 0), GNTST_okay);
    at("gnttab.entry.found", version_becomes_two);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_general_error);
    assert_null(other);
    assert_int_equal(g->gnttab->version, 2);
    assert_int_equal(v2_of(REF / 2)->hdr.flags, GTF_permit_access);
}

static struct domain *mortal;

static void kill_it(void)
{
    int rc;

    do {
        rc = domain_kill(mortal);
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
}

/* A table that grows while its domain dies: what comes too late to be taken back is not shared. */
static void table_grows_while_its_domain_dies(void **state)
{
    mfn_t mfn;

    mortal = fake_domain(3, 1, ~0U);
    at("gnttab.grow.alive", kill_it);
    rcu_read_lock();
    assert_int_not_equal(
        gnttab_acquire_frame(mortal, XENMEM_resource_grant_table_id_shared, 2, &mfn), 0);
    rcu_read_unlock();
    assert_null(other);
    fake_settle();
    fake_domain_gone(3);
}

static unsigned int changes;

static void change_version_again(void)
{
    assert_int_equal(set_version(g, 1 + changes % 2), 0);
    if (++changes < 1000) {
        at("gnttab.entry.found", change_version_again);
    }
}

/* However often the granter changes its version, a mapper waits for it once. */
static void mapper_waits_for_one_change(void **state)
{
    struct gnttab_map_grant_ref op;

    changes = 1;
    grant(REF, pages[0], GTF_permit_access);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_okay);
    assert_int_equal(unmap(op.handle, AT, 0), GNTST_okay);
    at("gnttab.entry.found", change_version_again);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_general_error);
    assert_int_equal(changes, 2);
}

/* One change has ended and the next begun, as often as the lock is free. */
static void change_goes_on(void)
{
    if (++changes < 1000) {
        at("gnttab.unpin.changing", change_goes_on);
    }
}

static void unmapper_waits_for_one_change(void **state)
{
    struct gnttab_map_grant_ref op;

    changes = 0;
    grant(3, pages[0], GTF_permit_access);
    assert_int_equal(map(&op, 3, GNTMAP_host_map, AT), GNTST_okay);
    g->gnttab->version |= GT_CHANGING;
    at("gnttab.unpin.changing", change_goes_on);
    assert_int_equal(unmap(op.handle, AT, 0), GNTST_okay);
    assert_int_equal(changes, 1);
    g->gnttab->version &= ~GT_CHANGING;
    assert_int_equal(bits_of(3), 0);
}

/* Every record is handed out once, whichever way lists went between vCPUs and the domain. */
static void handles_are_given_once(void **state)
{
    enum { ROUNDS = 20000 };
    static uint32_t held[1000];
    static bool taken[4096];
    unsigned int nr = 0;

    srand(1);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        struct vcpu *v = m->vcpu[rand() % 2];
        /* Long stretches of either, so that batches move. */
        bool take = (i / 700) % 2 ? rand() % 3 == 0 : rand() % 3 != 0;

        if (take && nr < ARRAY_SIZE(held)) {
            assert_non_null(maptrack_alloc(v, &held[nr]));
            assert_true(held[nr] < ARRAY_SIZE(taken));
            assert_false(taken[held[nr]]);
            taken[held[nr++]] = true;
        } else if (nr) {
            unsigned int at = (unsigned int)rand() % nr;

            taken[held[at]] = false;
            maptrack_free(v, maptrack_record(m->gnttab, held[at]), held[at]);
            held[at] = held[--nr];
        }
        assert_int_equal(maptrack_in_use(m), nr);
    }
    while (nr--) {
        maptrack_free(m->vcpu[0], maptrack_record(m->gnttab, held[nr]), held[nr]);
    }
    assert_int_equal(maptrack_in_use(m), 0);
}

/* Once the granter finds its entry unused, nothing is left of the mapping. */
static void expect_page_free(void)
{
    assert_true(end_access(REF));
    assert_int_equal(pages[0]->count_info & PGC_count_mask, 1);
    assert_int_equal(pages[0]->inuse.type_info, 0);
}

static void pin_is_the_last_to_go(void **state)
{
    struct gnttab_map_grant_ref op;

    grant(REF, pages[0], GTF_permit_access);
    assert_int_equal(map(&op, REF, GNTMAP_host_map | GNTMAP_device_map, AT), GNTST_okay);
    at("gnttab.unmap.unpinned", expect_page_free);
    assert_int_equal(unmap(op.handle, AT, op.dev_bus_addr), GNTST_okay);
    assert_null(other);
}

/* The granter finds the entry unused and takes its page back, just before the entry is claimed. */
static void end_access_now(void)
{
    assert_true(end_access(REF));
}

static void access_ends_before_it_is_claimed(void **state)
{
    struct gnttab_map_grant_ref op;

    for (uint32_t version = 1; version <= 2; version++) {
        assert_int_equal(set_version(g, version), 0);
        grant(REF, pages[0], GTF_permit_access);
        at("gnttab.claim.read", end_access_now);
        assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_general_error);
        assert_null(other);
        assert_int_equal(bits_of(REF), 0);
        grant(REF, pages[0], GTF_permit_access);
        at("gnttab.claim.read", end_access_now);
        assert_int_equal(copy_from(REF, own[0], 64), GNTST_general_error);
        assert_null(other);
        assert_int_equal(bits_of(REF), 0);
    }
}

/* Of a version 1 entry that changes meanwhile, flags and frame that belong together are used. */
static void offer_the_other_page(void)
{
    grant(REF, pages[1], GTF_permit_access);
}

static void frame_changes_before_it_is_claimed(void **state)
{
    struct gnttab_map_grant_ref op;

    grant(REF, pages[0], GTF_permit_access);
    at("gnttab.claim.read", offer_the_other_page);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_okay);
    assert_int_equal(op.dev_bus_addr, maddr_x(mfn_to_maddr(page_to_mfn(pages[1]))));
    assert_int_equal(unmap(op.handle, AT, 0), GNTST_okay);
}

/* One that never holds still is refused after some tries. */
static void offer_other_pages(void)
{
    grant(REF, pages[++changes % 2], GTF_permit_access);
    if (changes < 1000) {
        at("gnttab.claim.read", offer_other_pages);
    }
}

static void entry_that_never_holds_still(void **state)
{
    struct gnttab_map_grant_ref op;

    changes = 0;
    grant(REF, pages[0], GTF_permit_access);
    at("gnttab.claim.read", offer_other_pages);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, AT), GNTST_general_error);
    assert_true(changes < 100);
    assert_int_equal(bits_of(REF), 0);
}

static int16_t transfer(struct page_info *pg, domid_t to, grant_ref_t ref)
{
    struct gnttab_transfer op = { .mfn = mfn_x(page_to_mfn(pg)), .domid = to, .ref = ref };

    assert_int_equal(grant_table_op_transfer(1, fake_guest(&op)), 0);
    return op.status;
}

/* m's vCPU gives a page of m's own to g, whose entry wants it at frame number 0x123. */
static struct page_info *offered;

static void accept_page(void)
{
    offered = page_of(m);
    v1_of(REF)->frame = 0x123;
    v1_of(REF)->domid = 2;
    v1_of(REF)->flags = GTF_accept_transfer;
}

static void expect_transferred(void)
{
    assert_int_equal(v1_of(REF)->flags,
                     GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed);
    assert_int_equal(v1_of(REF)->frame, mfn_x(page_to_mfn(offered)));
}

/* All CPUs forget the page, wherever it was mapped, before it has its new owner. */
static unsigned int flushes;

static void expect_flushed(void)
{
    assert_ptr_equal(page_get_owner(offered), g);
    assert_int_equal(fake_tlb_flushes, flushes + 1);
}

static void given_page_is_flushed_everywhere(void **state)
{
    accept_page();
    flushes = fake_tlb_flushes;
    at("gnttab.transfer.assigned", expect_flushed);
    assert_int_equal(transfer(offered, 1, REF), GNTST_okay);
    assert_null(other);
    expect_transferred();
    assert_int_equal(get_gpfn_from_mfn(page_to_mfn(offered)), 0x123);
    assert_int_equal(offered->count_info & PGC_count_mask, 1);
    put_page_alloc_ref(offered);
}

/* The receiver frees the page as soon as it can, and a third domain gets it. */
static struct domain *third;

static void page_goes_on(void)
{
    put_page_alloc_ref(offered);
    assert_ptr_equal(page_of(third), offered);
    set_gpfn_from_mfn(page_to_mfn(offered), 0x456);
}

static void given_page_goes_on_at_once(void **state)
{
    third = fake_domain(3, 1, ~0U);
    third->max_pages = 16;
    accept_page();
    at("gnttab.transfer.assigned", page_goes_on);
    assert_int_equal(transfer(offered, 1, REF), GNTST_okay);
    assert_null(other);
    expect_transferred();
    assert_int_equal(get_gpfn_from_mfn(page_to_mfn(offered)), 0x456);
    put_page_alloc_ref(offered);
    fake_domain_end(third);
}

static int end_race(void **state)
{
    fake_interleave(NULL);
    return end(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(handle_is_freed_while_it_is_unmapped, begin, end_race),
        cmocka_unit_test_setup_teardown(free_records_name_no_domain, begin, end_race),
        cmocka_unit_test_setup_teardown(handle_changes_its_entry_while_it_is_checked, begin,
                                        end_race),
        cmocka_unit_test_setup_teardown(version_changes_before_the_entry_is_locked, begin,
                                        end_race),
        cmocka_unit_test_setup_teardown(mapper_waits_for_one_change, begin, end_race),
        cmocka_unit_test_setup_teardown(unmapper_waits_for_one_change, begin, end_race),
        cmocka_unit_test_setup_teardown(table_grows_while_its_domain_dies, begin, end_race),
        cmocka_unit_test_setup_teardown(pin_is_the_last_to_go, begin, end_race),
        cmocka_unit_test_setup_teardown(access_ends_before_it_is_claimed, begin, end_race),
        cmocka_unit_test_setup_teardown(frame_changes_before_it_is_claimed, begin, end_race),
        cmocka_unit_test_setup_teardown(entry_that_never_holds_still, begin, end_race),
        cmocka_unit_test_setup_teardown(given_page_is_flushed_everywhere, begin, end_race),
        cmocka_unit_test_setup_teardown(given_page_goes_on_at_once, begin, end_race),
        cmocka_unit_test_setup_teardown(handles_are_given_once, begin, end_race),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
