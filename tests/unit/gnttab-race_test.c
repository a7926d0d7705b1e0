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
        cmocka_unit_test_setup_teardown(handles_are_given_once, begin, end_race),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
