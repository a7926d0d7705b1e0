/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocols of grant tables on the host: what the shared words say while an entry is used, all
 * or nothing, changes of version, and threads: an adversary that flips an entry's words, a granter
 * that ends access, changes of version, each against copies. The program is also built under
 * ThreadSanitizer, where every word that two CPUs touch must be touched as such.
 */
#include <pthread.h>

#include "gnttab_room.h"

/* Random maps and unmaps: the bits say at each moment what a count of them says. */
static void bits_follow_the_model(void **state)
{
    enum { MOST = 40 };
    struct {
        uint32_t handle, flags;
        uint64_t bus;
    } held[MOST];
    unsigned int nr = 0, writers = 0;

    for (uint32_t version = 1; version <= 2; version++) {
        assert_int_equal(set_version(g, version), 0);
        grant(REF, pages[0], GTF_permit_access);
        srand(version);
        for (unsigned int round = 0; round < 3000; round++) {
            static const uint32_t kinds[] = { GNTMAP_host_map, GNTMAP_device_map,
                                              GNTMAP_host_map | GNTMAP_device_map };
            struct gnttab_map_grant_ref op;

            if (nr < MOST && rand() % 2) {
                uint32_t flags = kinds[rand() % 3] | (rand() % 2 ? GNTMAP_readonly : 0);

                assert_int_equal(map(&op, REF, flags, 0x10000 + (uint64_t)round * PAGE_SIZE), 0);
                held[nr].handle = op.handle;
                held[nr].flags = flags;
                held[nr++].bus = op.dev_bus_addr;
                writers += !(flags & GNTMAP_readonly);
                /* The address is part of the mapping: kept in the unused half of flags. */
                held[nr - 1].flags |= round << 16;
            } else if (nr) {
                unsigned int i = (unsigned int)rand() % nr;
                uint64_t at = 0x10000 + (uint64_t)(held[i].flags >> 16) * PAGE_SIZE;

                assert_int_equal(unmap(held[i].handle, at, held[i].bus), 0);
                writers -= !(held[i].flags & GNTMAP_readonly);
                held[i] = held[--nr];
            }
            assert_int_equal(bits_of(REF), (nr ? GTF_reading : 0) | (writers ? GTF_writing : 0));
        }
        while (nr) {
            uint64_t at = 0x10000 + (uint64_t)(held[--nr].flags >> 16) * PAGE_SIZE;

            assert_int_equal(unmap(held[nr].handle, at, held[nr].bus), 0);
        }
        writers = 0;
        assert_int_equal(bits_of(REF), 0);
    }
}

/* A map that fails late leaves no pin, no reference and no handle. */
static void map_is_all_or_nothing(void **state)
{
    struct gnttab_map_grant_ref op;

    grant(REF, pages[0], GTF_permit_access);
    assert_int_equal(map(&op, REF, GNTMAP_host_map, 0x5000), GNTST_okay);
    for (unsigned int i = 0; i < 2000; i++) { /* more than there are handles: taken address */
        struct gnttab_map_grant_ref again;

        assert_int_equal(map(&again, REF, GNTMAP_host_map | GNTMAP_device_map, 0x5000),
                         GNTST_general_error);
    }
    assert_int_equal(maptrack_in_use(m), 1);
    assert_int_equal(pages[0]->count_info & PGC_count_mask, 2);
    assert_int_equal(unmap(op.handle, 0x5000, 0), GNTST_okay);
}

/* Status frames: there from the first version 2 on, the same ones, clear after each change. */
/* A look at the peak that met a vCPU taking a record leaves `least` too high: no peak comes of it.
 */
static void a_late_look_makes_no_peak(void **state)
{
    struct gnttab_usage u;
    uint32_t handle, before;

    assert_non_null(maptrack_alloc(m->vcpu[0], &handle));
    maptrack_free(m->vcpu[0], maptrack_record(m->gnttab, handle), handle);
    gnttab_get_usage(m, &u);
    before = u.peak_maptrack;
    assert_int_equal(before, 1);
    m->vcpu[0]->gnttab.least = m->vcpu[0]->gnttab.count + 1;
    gnttab_get_usage(m, &u);
    assert_int_equal(u.peak_maptrack, before);
}

static void status_frames_live_on(void **state)
{
    struct grant_table *t = g->gnttab;
    grant_status_t *first;

    assert_int_equal(t->nr_status, 0);
    assert_int_equal(set_version(g, 2), 0);
    first = t->status[0];
    for (unsigned int i = 0; i < 10; i++) {
        struct gnttab_map_grant_ref op;

        grant(REF, pages[0], GTF_permit_access);
        assert_int_equal(map(&op, REF, GNTMAP_host_map, 0x5000), GNTST_okay);
        assert_int_equal(set_version(g, 1), -EBUSY);
        assert_int_equal(unmap(op.handle, 0x5000, 0), GNTST_okay);
        first[100] = 0xffff;
        assert_int_equal(set_version(g, 1), 0);
        assert_int_equal(v1_of(REF)->flags, 0);
        assert_int_equal(set_version(g, 2), 0);
        assert_ptr_equal(t->status[0], first);
        assert_int_equal(first[100], 0);
    }
}

/* A reserved entry in use goes over with its users, who give it back by the new version. */
static void reserved_entries_are_carried(void **state)
{
    struct gnttab_map_grant_ref op;

    grant(3, pages[1], GTF_permit_access);
    assert_int_equal(map(&op, 3, GNTMAP_host_map, 0x5000), GNTST_okay);
    assert_int_equal(set_version(g, 2), 0);
    assert_int_equal(bits_of(3), GTF_reading | GTF_writing);
    assert_int_equal(v2_of(3)->full_page.frame, mfn_x(page_to_mfn(pages[1])));
    assert_int_equal(set_version(g, 1), 0);
    assert_int_equal(bits_of(3), GTF_reading | GTF_writing);
    assert_int_equal(unmap(op.handle, 0x5000, 0), GNTST_okay);
    assert_int_equal(v1_of(3)->flags, GTF_permit_access);
}

static unsigned int stop;
static unsigned long adversary_turns, adversary_wrong;

static bool stopped(void)
{
    return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

/* Runs fn on a CPU of its own while `body` runs here. */
static void against(void *(*fn)(void *), void (*body)(void))
{
    pthread_t other;

    stop = 0;
    adversary_turns = adversary_wrong = 0;
    assert_int_equal(pthread_create(&other, NULL, fn, NULL), 0);
    while (!__atomic_load_n(&adversary_turns, __ATOMIC_ACQUIRE)) {
    }
    body();
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_int_equal(adversary_wrong, 0);
}

static void *flip_words(void *arg)
{
    static const uint16_t flags[] = { 1, 0, 5, 2, 1 | GTF_sub_page, 3 };

    for (unsigned int i = 0; !stopped(); i++) {
        grant(REF, pages[i % 2], flags[i % ARRAY_SIZE(flags)]);
        grant(REF, pages[i / 2 % 2], GTF_permit_access);
        for (volatile unsigned int pause = i % 64 * 16; pause; pause--) {
        }
        __atomic_store_n(&adversary_turns, i + 1UL, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* What is copied is all of one page or of the other, never of one that was not granted. */
static void copy_while_flipped(void)
{
    const unsigned char *to = page_to_virt(own[0]);
    unsigned int good = 0;

    for (unsigned int i = 0; i < 5000 || (!good && i < 5000000); i++) {
        int16_t st = copy_from(REF, own[0], 64);

        assert_in_range(-st, 0, -GNTST_no_space);
        if (st == GNTST_okay) {
            good++;
            assert_true(to[0] == 1 || to[0] == 2);
            assert_int_equal(to[63], to[0]);
        }
    }
    assert_true(good > 0);
}

static void an_adversary_flips_words(void **state)
{
    for (uint32_t version = 1; version <= 2; version++) {
        assert_int_equal(set_version(g, version), 0);
        memset(page_to_virt(pages[0]), 1, PAGE_SIZE);
        memset(page_to_virt(pages[1]), 2, PAGE_SIZE);
        grant(REF, pages[0], GTF_permit_access);
        against(flip_words, copy_while_flipped);
        assert_int_equal(bits_of(REF), 0);
    }
}

static void *copy_on(void *arg)
{
    fake_run_on(1);
    fake_set_current(m->vcpu[1]);
    while (!stopped()) {
        const unsigned char *to = page_to_virt(own[1]);

        if (copy_from(REF, own[1], 64) == GNTST_okay) {
            adversary_wrong += to[0] != 0x0a || to[63] != 0x0a;
        }
        (void)__atomic_add_fetch(&adversary_turns, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* The page is written only while nobody may read it: what a data race would show, TSan sees. */
static void end_and_grant_again(void)
{
    for (unsigned int i = 0; i < 3000; i++) {
        while (!end_access(REF)) {
        }
        memset(page_to_virt(pages[0]), 0x5e, 64);
        memset(page_to_virt(pages[0]), 0x0a, 64);
        grant(REF, pages[0], GTF_permit_access);
    }
}

static void end_of_access_is_an_end(void **state)
{
    for (uint32_t version = 1; version <= 2; version++) {
        assert_int_equal(set_version(g, version), 0);
        memset(page_to_virt(pages[0]), 0x0a, PAGE_SIZE);
        grant(REF, pages[0], GTF_permit_access);
        against(copy_on, end_and_grant_again);
        assert_int_equal(bits_of(REF), 0);
    }
}

static void *change_versions(void *arg)
{
    fake_run_on(1);
    for (unsigned int i = 0; !stopped(); i++) {
        long rc = set_version(g, 1 + i % 2);

        adversary_wrong += rc != 0 && rc != -EBUSY;
        (void)__atomic_add_fetch(&adversary_turns, 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* Entries vanish with each change; nobody works by a version that is gone. */
static void copy_while_changed(void)
{
    for (unsigned int i = 0; i < 5000; i++) {
        int16_t st = copy_from(i % 2 ? REF : 3, own[0], 64);

        assert_true(st == GNTST_okay || st == GNTST_general_error);
    }
}

static void versions_change_under_copies(void **state)
{
    grant(3, pages[2], GTF_permit_access);
    against(change_versions, copy_while_changed);
    assert_int_equal(set_version(g, 2), 0);
    assert_int_equal(set_version(g, 1), 0);
}

/* Within one page: what arrives is what was there before, wherever the two ends lie. */
static void a_page_is_copied_onto_itself(void **state)
{
    static const uint16_t from[] = { 0, 21, 0, 8, 100 }, to[] = { 21, 0, 8, 0, 100 };
    unsigned char before[PAGE_SIZE], *page = page_to_virt(own[0]);
    const uint16_t len = 1045;

    for (unsigned int i = 0; i < ARRAY_SIZE(from); i++) {
        struct gnttab_copy op = { .len = len };

        for (unsigned int b = 0; b < PAGE_SIZE; b++) {
            before[b] = page[b] = (unsigned char)(b * 7 + b / 256);
        }
        op.source.domid = op.dest.domid = DOMID_SELF;
        op.source.u.gmfn = op.dest.u.gmfn = mfn_x(page_to_mfn(own[0]));
        op.source.offset = from[i];
        op.dest.offset = to[i];
        assert_int_equal(grant_table_op_copy(1, fake_guest(&op)), 0);
        assert_int_equal(op.status, GNTST_okay);
        assert_memory_equal(page + to[i], before + from[i], len);
    }
}

/* Somebody waits for the CPU all the time: so many frames a call, and the call is made again. */
static void growth_is_preempted(void **state)
{
    struct xen_domctl_createdomain config = { .max_vcpus = 1,
                                              .max_grant_frames = 40,
                                              .grant_opts = XEN_DOMCTL_GRANT_version(2) };
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 33 };
    struct domain *d = domain_create(7, &config, 0);
    xen_pfn_t list[40] = { 0 };
    unsigned int calls = 1;
    mfn_t mfn;

    assert_false(IS_ERR(d));
    assert_non_null(vcpu_create(d, 0));
    fake_set_current(d->vcpu[0]);
    set_xen_guest_handle(op.frame_list, list);
    *this_softirq_word() = 1;
    for (uint32_t had = 1; grant_table_op_setup_table(1, fake_guest(&op)) == -ERESTART; calls++) {
        assert_true(d->gnttab->nr_frames > had);
        assert_int_equal(list[0], 0);
        had = d->gnttab->nr_frames;
    }
    assert_int_equal(calls, 4);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(d->gnttab->nr_frames, 33);
    for (unsigned int i = 0; i < 33; i++) {
        assert_int_equal(list[i], mfn_x(virt_to_mfn(d->gnttab->shared[i])));
    }
    op.nr_frames = 1;
    assert_int_equal(gnttab_acquire_frame(d, XENMEM_resource_grant_table_id_shared, 39, &mfn), 0);
    assert_int_equal(d->gnttab->nr_frames, 40);
    *this_softirq_word() = 0;
    fake_set_current(m->vcpu[0]);
    fake_domain_end(d);
}

/* How often a dying domain's release is called, until there is nothing left. */
static unsigned int release_calls(struct domain *d)
{
    unsigned int calls = 1;

    *this_softirq_word() = 1;
    for (uint32_t at = 0; gnttab_release_mappings(d) == -ERESTART; calls++) {
        assert_true(d->gnttab->release_next > at);
        at = d->gnttab->release_next;
    }
    *this_softirq_word() = 0;
    return calls;
}

/* Mappings of the dead end some at a time, and records that are free are passed in larger steps. */
static void teardown_is_preempted(void **state)
{
    enum { NR = 700 };

    grant(REF, pages[0], GTF_permit_access);
    for (unsigned int i = 0; i < NR; i++) {
        struct gnttab_map_grant_ref op;

        assert_int_equal(map(&op, REF, GNTMAP_device_map, 0), GNTST_okay);
    }
    assert_true(release_calls(m) >= NR / 20);
    assert_int_equal(gnttab_leaks(m), 0);
    assert_int_equal(bits_of(REF), 0);
    m->gnttab->release_next = 0;
    assert_true(release_calls(m) >= m->gnttab->nr_maptrack * MAPTRACK_PER_PAGE / 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bits_follow_the_model, begin, end),
        cmocka_unit_test_setup_teardown(map_is_all_or_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_page_is_copied_onto_itself, begin, end),
        cmocka_unit_test_setup_teardown(a_late_look_makes_no_peak, begin, end),
        cmocka_unit_test_setup_teardown(status_frames_live_on, begin, end),
        cmocka_unit_test_setup_teardown(reserved_entries_are_carried, begin, end),
        cmocka_unit_test_setup_teardown(growth_is_preempted, begin, end),
        cmocka_unit_test_setup_teardown(teardown_is_preempted, begin, end),
        cmocka_unit_test_setup_teardown(an_adversary_flips_words, begin, end),
        cmocka_unit_test_setup_teardown(end_of_access_is_an_end, begin, end),
        cmocka_unit_test_setup_teardown(versions_change_under_copies, begin, end),
    };

    return cmocka_run_group_tests(tests, machine, NULL);
}
