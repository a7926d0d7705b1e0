/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A block ring between two domains, in the published format: requests of several segments, written
 * by mapping and read by copying, data checked; and either end killed at each step, after which the
 * other one works with a new partner.
 */
#define SUITE "split_blk"
#include <stddef.h>
#include "split.h"

#include <public/io/blkif.h>

#define SECTOR    512u
#define DISK      64u /* pages */
#define SEGMENTS  3u
#define REQUESTS  16u
#define PER_FRAME (PAGE_SIZE / SECTOR)

/* The child's: the end that it plays. */
static struct {
    struct blkif_front_ring ring;
    grant_ref_t ring_ref, refs[REQUESTS * SEGMENTS];
    evtchn_port_t port;
    unsigned char *pages; /* side by side for us, not in the machine */
    long leaked;          /* bytes of responses that say nothing, and are not 0 */
    bool up;
} front;

static struct {
    struct blkif_back_ring ring;
    struct gnttab_map_grant_ref map, held;
    unsigned long va, window;
    evtchn_port_t port;
    unsigned char *disk;
    domid_t other;
} back;

/* Pages in an order in which no two neighbours are neighbours in the machine. */
static unsigned char *scattered_pages(unsigned int nr)
{
    unsigned long va = pt_vmap_reserve(nr);
    char *pages = page_alloc(nr);

    for (unsigned int i = 0; i < nr; i++) {
        unsigned long mfn = virt_to_mfn(pages + i * 5 % nr * PAGE_SIZE);

        if (pt_map(va + i * PAGE_SIZE, pte_make(mfn, PTE_KERN))) {
            return NULL;
        }
    }
    return (unsigned char *)va;
}

static unsigned long frame_of(const void *page)
{
    return pte_mfn(*pt_walk((unsigned long)page, 1));
}

/* Neighbours of ours that are neighbours in the machine, too. */
static long front_adjacent(const unsigned long *arg)
{
    long nr = 0;

    (void)arg;
    for (unsigned int i = 1; i < REQUESTS * SEGMENTS; i++) {
        nr += frame_of(front.pages + i * PAGE_SIZE) ==
              frame_of(front.pages + (i - 1) * PAGE_SIZE) + 1;
    }
    return nr;
}

/* back end's domain: the ring's reference. */
static long front_begin(const unsigned long *arg)
{
    struct blkif_sring *shared = page_alloc(1);
    domid_t other = (domid_t)arg[0];

    front.pages = front.pages ? front.pages : scattered_pages(REQUESTS * SEGMENTS);
    if (!shared || !front.pages || event_alloc_unbound(DOMID_SELF, other, &front.port)) {
        return -ENOMEM;
    }
    XEN_FRONT_RING_INIT(&front.ring, shared, PAGE_SIZE);
    front.ring_ref = gnttab_grant(other, virt_to_mfn(shared), 0);
    for (unsigned int i = 0; i < REQUESTS * SEGMENTS; i++) {
        front.refs[i] = gnttab_grant(other, frame_of(front.pages + i * PAGE_SIZE), 0);
    }
    front.up = true;
    return (long)front.ring_ref;
}

static long front_port(const unsigned long *arg)
{
    (void)arg;
    return (long)front.port;
}

/* Everything comes back, once the other end is gone or has let go: how much did not. */
static long front_end(const unsigned long *arg)
{
    long stuck = 0;

    (void)arg;
    stuck += !gnttab_end(front.ring_ref);
    for (unsigned int i = 0; i < REQUESTS * SEGMENTS; i++) {
        stuck += !gnttab_end(front.refs[i]);
    }
    page_free(front.ring.sring, 1);
    stuck += event_close(front.port) != 0;
    front.up = false;
    return stuck;
}

static unsigned char pattern(unsigned long sector, unsigned int at, unsigned long seed)
{
    return (unsigned char)(sector * 31 + at * 7 + seed);
}

static void fill_or_check(unsigned long first, unsigned long seed, bool check, long *bad)
{
    for (unsigned int i = 0; i < REQUESTS * SEGMENTS * PER_FRAME; i++) {
        unsigned char *sector = front.pages + i * SECTOR;

        for (unsigned int at = 0; at < SECTOR; at += 61) {
            if (!check) {
                sector[at] = pattern(first + i, at, seed);
            } else {
                *bad += sector[at] != pattern(first + i, at, seed);
            }
        }
    }
}

static void post(unsigned int i, unsigned int operation, unsigned long sector)
{
    struct blkif_request *req = RING_GET_REQUEST(&front.ring, front.ring.req_prod_pvt++);

    memset(req, 0, sizeof(*req));
    req->operation = (uint8_t)operation;
    req->nr_segments = SEGMENTS;
    req->id = 0x1000 + i;
    req->sector_number = sector + i * SEGMENTS * PER_FRAME;
    for (unsigned int s = 0; s < SEGMENTS; s++) {
        req->seg[s].gref = front.refs[i * SEGMENTS + s];
        req->seg[s].last_sect = PER_FRAME - 1;
    }
}

static void show_requests(void)
{
    bool notify;

    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front.ring, notify);
    if (notify) {
        event_send(front.port);
    }
}

static long front_leaked(const unsigned long *arg)
{
    (void)arg;
    return front.leaked;
}

/* Bytes of a response in the ring that belong to no member, and are not 0. */
static long stray_bytes(const struct blkif_response *rsp)
{
    const volatile unsigned char *bytes = (const volatile unsigned char *)rsp;
    long nr = 0;

    for (unsigned int i = 0; i < sizeof(*rsp); i++) {
        bool member = i <= offsetof(struct blkif_response, operation) ||
                      (i >= offsetof(struct blkif_response, status) &&
                       i < offsetof(struct blkif_response, status) + sizeof(rsp->status));

        nr += !member && bytes[i];
    }
    return nr;
}

/* Collects responses: how many were not as they should be, or -ETIME. */
static long collect(unsigned int operation)
{
    uint64_t limit = time_now() + SPLIT_PATIENT;
    long bad = 0;

    for (unsigned int got = 0; got < REQUESTS;) {
        int more;

        while (RING_HAS_UNCONSUMED_RESPONSES(&front.ring)) {
            struct blkif_response rsp;

            xen_rmb();
            front.leaked += stray_bytes(RING_GET_RESPONSE(&front.ring, front.ring.rsp_cons));
            RING_COPY_RESPONSE(&front.ring, front.ring.rsp_cons++, &rsp);
            bad += rsp.status != BLKIF_RSP_OKAY || rsp.operation != operation ||
                   rsp.id - 0x1000 >= REQUESTS;
            got++;
        }
        RING_FINAL_CHECK_FOR_RESPONSES(&front.ring, more);
        if (!more && got < REQUESTS && !split_wait(front.port, limit)) {
            return -ETIME;
        }
    }
    return bad;
}

/* seed: writes a third of the disk, reads it back; bytes and responses that were wrong. */
static long front_io(const unsigned long *arg)
{
    unsigned long first = arg[0] % 2 * PER_FRAME;
    long bad = 0, rc;

    fill_or_check(first, arg[0], false, NULL);
    for (unsigned int i = 0; i < REQUESTS; i++) {
        post(i, BLKIF_OP_WRITE, first);
    }
    show_requests();
    rc = collect(BLKIF_OP_WRITE);
    memset(front.pages, 0, REQUESTS * SEGMENTS * PAGE_SIZE);
    for (unsigned int i = 0; !rc && i < REQUESTS; i++) {
        post(i, BLKIF_OP_READ, first);
    }
    if (!rc) {
        show_requests();
        rc = collect(BLKIF_OP_READ);
    }
    fill_or_check(first, arg[0], true, &bad);
    return rc ? rc : bad;
}

/* Requests that nobody will see answered. */
static long front_post(const unsigned long *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < REQUESTS; i++) {
        post(i, BLKIF_OP_WRITE, 0);
    }
    show_requests();
    return 0;
}

/* front end's domain, ring's reference, port: 0 or -EIO. */
static long back_begin(const unsigned long *arg)
{
    back.disk = back.disk ? back.disk : page_alloc(DISK);
    back.va = back.va ? back.va : gt_window(1 + SEGMENTS);
    back.window = back.va + PAGE_SIZE;
    back.other = (domid_t)arg[0];
    if (!back.disk || !back.va ||
        !split_map(&back.map, back.other, (grant_ref_t)arg[1], back.va, 0)) {
        return -EIO;
    }
    if (event_bind_interdomain(back.other, (evtchn_port_t)arg[2], &back.port)) {
        gt_unmap(back.map.handle, back.va, 0);
        return -EIO;
    }
    BACK_RING_INIT(&back.ring, (struct blkif_sring *)back.va, PAGE_SIZE);
    return 0;
}

static long back_end(const unsigned long *arg)
{
    long stuck = gt_unmap(back.map.handle, back.va, 0) != GNTST_okay;

    (void)arg;
    return stuck + (event_close(back.port) != 0);
}

/* Written sectors come by mapping, read ones go by copying. */
static bool move_segment(const struct blkif_request_segment *seg, unsigned long sector, bool write)
{
    unsigned int bytes = (seg->last_sect - seg->first_sect + 1u) * SECTOR;
    unsigned int there = seg->first_sect * SECTOR;
    unsigned char *at = back.disk + sector * SECTOR;
    struct gnttab_map_grant_ref op;

    if (!write) {
        return split_copy(back.other, seg->gref, there, (void *)((unsigned long)at & PAGE_MASK),
                          (unsigned long)at & ~PAGE_MASK, bytes, true) == GNTST_okay;
    }
    if (!split_map(&op, back.other, seg->gref, back.window, GNTMAP_readonly)) {
        return false;
    }
    memcpy(at, (const char *)back.window + there, bytes);
    return gt_unmap(op.handle, back.window, 0) == GNTST_okay;
}

static int16_t serve(const struct blkif_request *req)
{
    unsigned long sector = req->sector_number;

    if (req->operation != BLKIF_OP_READ && req->operation != BLKIF_OP_WRITE) {
        return BLKIF_RSP_EOPNOTSUPP;
    }
    if (req->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST) {
        return BLKIF_RSP_ERROR;
    }
    for (unsigned int i = 0; i < req->nr_segments; i++) {
        const struct blkif_request_segment *seg = &req->seg[i];

        if (seg->first_sect > seg->last_sect || seg->last_sect >= PER_FRAME ||
            sector >= DISK * PER_FRAME || sector % PER_FRAME + seg->last_sect >= PER_FRAME ||
            !move_segment(seg, sector, req->operation == BLKIF_OP_WRITE)) {
            return BLKIF_RSP_ERROR;
        }
        sector += seg->last_sect - seg->first_sect + 1u;
    }
    return BLKIF_RSP_OKAY;
}

/* What a back end's stack is full of when it makes its response. */
static __attribute__((noinline)) void dirty_stack(void)
{
    unsigned char secrets[512];

    memset(secrets, 0x5e, sizeof(secrets));
    __asm__ volatile("" : : "r"(secrets) : "memory");
}

static void answer(const struct blkif_request *req, int16_t status)
{
    struct blkif_response rsp;

    memset(&rsp, 0, sizeof(rsp)); /* no byte of ours but what is said */
    rsp.id = req->id;
    rsp.operation = req->operation;
    rsp.status = status;
    memcpy(RING_GET_RESPONSE(&back.ring, back.ring.rsp_prod_pvt), &rsp, sizeof(rsp));
    back.ring.rsp_prod_pvt++;
}

/* How many requests to serve, at most: how many there were. */
static long back_serve(const unsigned long *arg)
{
    uint64_t limit = time_now() + SPLIT_PATIENT;
    unsigned long done = 0;

    while (done < arg[0]) {
        bool notify;
        int more;

        while (done < arg[0] && RING_HAS_UNCONSUMED_REQUESTS(&back.ring)) {
            struct blkif_request req;
            int16_t status;

            xen_rmb();
            RING_COPY_REQUEST(&back.ring, back.ring.req_cons, &req);
            back.ring.req_cons++;
            status = serve(&req);
            dirty_stack();
            answer(&req, status);
            done++;
            RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&back.ring, notify);
            if (notify) {
                event_send(back.port); /* to nobody, perhaps */
            }
        }
        RING_FINAL_CHECK_FOR_REQUESTS(&back.ring, more);
        if (!more && done < arg[0] && !split_wait(back.port, limit)) {
            return -ETIME;
        }
    }
    return (long)done;
}

/* Maps what the next request names, and has it; then gives it back. */
static long back_hold(const unsigned long *arg)
{
    struct blkif_request req;

    (void)arg;
    if (!RING_HAS_UNCONSUMED_REQUESTS(&back.ring)) {
        return -ENOENT;
    }
    RING_COPY_REQUEST(&back.ring, back.ring.req_cons, &req);
    return split_map(&back.held, back.other, req.seg[0].gref, back.window, GNTMAP_readonly) ? 0
                                                                                            : -EIO;
}

static long back_drop(const unsigned long *arg)
{
    (void)arg;
    return gt_unmap(back.held.handle, back.window, 0);
}

static struct peer f, b;

static bool connect(void)
{
    long ref = peer_call(&f, front_begin, b.c.id);
    long port = peer_call(&f, front_port, 0);

    return EXPECT(ref >= 0) &&
           EXPECT_EQ(peer_call(&b, back_begin, f.c.id, (unsigned long)ref, (unsigned long)port), 0);
}

/* Everything moved, twice; then both ends let go. */
static void full_use(void)
{
    for (unsigned long seed = 2; seed < 4; seed++) {
        peer_post(&b, back_serve, 2 * REQUESTS);
        EXPECT_EQ(peer_call(&f, front_io, seed), 0);
        EXPECT_EQ(peer_answer(&b), 2 * REQUESTS);
    }
    EXPECT_EQ(peer_call(&b, back_end, 0), 0);
    EXPECT_EQ(peer_call(&f, front_end, 0), 0);
}

static void data_both_ways(unsigned int version)
{
    REQUIRE_EQ(pg_start(&f, version, NULL), 0);
    REQUIRE_EQ(pg_start(&b, version, NULL), 0);
    if (connect()) {
        full_use();
    }
    EXPECT_EQ(peer_stop(&f), 0);
    EXPECT_EQ(peer_stop(&b), 0);
}

TEST(data_v1)
{
    data_both_ways(1);
}

TEST(data_v2)
{
    GT_NEEDS_VERSION_2();
    data_both_ways(2);
}

/* A back end's response has no bytes of the back end's. */
TEST(xsa_216_response_says_no_more)
{
    REQUIRE_EQ(pg_start(&f, 1, NULL), 0);
    REQUIRE_EQ(pg_start(&b, 1, NULL), 0);
    if (connect()) {
        peer_post(&b, back_serve, 2 * REQUESTS);
        EXPECT_EQ(peer_call(&f, front_io, 5), 0);
        EXPECT_EQ(peer_answer(&b), 2 * REQUESTS);
        EXPECT_EQ(peer_call(&f, front_leaked, 0), 0);
    }
    EXPECT_EQ(peer_stop(&b), 0);
    EXPECT_EQ(peer_stop(&f), 0);
}

/* What is adjacent to a front end need not be in the machine: each page is a segment of its own. */
TEST(xsa_229_scattered_pages)
{
    REQUIRE_EQ(pg_start(&f, 1, NULL), 0);
    REQUIRE_EQ(pg_start(&b, 1, NULL), 0);
    if (connect()) {
        EXPECT_EQ(peer_call(&f, front_adjacent, 0), 0);
        full_use();
    }
    EXPECT_EQ(peer_stop(&b), 0);
    EXPECT_EQ(peer_stop(&f), 0);
}

/* Steps at which one of them goes: before the two are connected; connected; with requests posted;
 * while the back end has a segment mapped; half of them answered; all, and none collected. */
enum step { BEFORE_CONNECT, CONNECTED, POSTED, MAPPED, HALF_SERVED, SERVED, STEPS };

static unsigned long served_at(enum step step)
{
    return step == SERVED ? REQUESTS : step == HALF_SERVED ? REQUESTS / 2 : 0;
}

static bool go_to(enum step step)
{
    unsigned long served = served_at(step);

    if (step == BEFORE_CONNECT) {
        return EXPECT(peer_call(&f, front_begin, b.c.id) >= 0);
    }
    if (!connect()) {
        return false;
    }
    if (step >= POSTED) {
        EXPECT_EQ(peer_call(&f, front_post, 0), 0);
    }
    if (step == MAPPED) {
        EXPECT_EQ(peer_call(&b, back_hold, 0), 0);
    }
    if (served) {
        EXPECT_EQ(peer_call(&b, back_serve, served), (long)served);
    }
    return true;
}

/* What the living end had of the dead one goes, and it works on with a new partner. */
static void front_end_dies_at(enum step step, unsigned int round)
{
    unsigned int version = split_version(step + round);
    struct peer dead;

    REQUIRE_EQ(pg_start(&f, version, NULL), 0);
    REQUIRE_EQ(pg_start(&b, split_version(step + round + 1), NULL), 0);
    REQUIRE(go_to(step));
    pt_unmap(f.c.console_va);
    f.c.console = NULL;
    EXPECT_EQ(peer_kill(&f), 0);
    dead = f;
    if (step == MAPPED) {
        EXPECT_EQ(peer_call(&b, back_drop, 0), GNTST_okay);
    }
    if (step >= POSTED) {
        /* Its frames are still mapped, its requests fail or not, but all are answered. */
        unsigned long left = REQUESTS - served_at(step);

        EXPECT_EQ(peer_call(&b, back_serve, left), (long)left);
    }
    if (step >= CONNECTED) {
        EXPECT_EQ(peer_call(&b, back_end, 0), 0);
    } else {
        EXPECT_EQ(peer_call(&b, back_begin, dead.c.id, 8, 1), -EIO);
    }
    free(f.c.p2m);
    f = (struct peer){ .box_va = dead.box_va };
    REQUIRE_EQ(pg_start(&f, version, NULL), 0);
    if (connect()) {
        full_use();
    }
    EXPECT_EQ(peer_stop(&f), 0);
    EXPECT_EQ(peer_stop(&b), 0);
}

static void back_end_dies_at(enum step step, unsigned int round)
{
    unsigned int version = split_version(step + round);

    REQUIRE_EQ(pg_start(&f, version, NULL), 0);
    REQUIRE_EQ(pg_start(&b, split_version(step + round + 1), NULL), 0);
    REQUIRE(go_to(step));
    EXPECT_EQ(peer_stop(&b), 0);
    EXPECT_EQ(peer_call(&f, front_end, 0), 0);
    REQUIRE_EQ(pg_start(&b, version, NULL), 0);
    if (connect()) {
        full_use();
    }
    EXPECT_EQ(peer_stop(&f), 0);
    EXPECT_EQ(peer_stop(&b), 0);
}

TEST(front_end_dies)
{
    for (unsigned int round = 0; round < split_rounds(); round++) {
        for (enum step step = BEFORE_CONNECT; step < STEPS; step++) {
            front_end_dies_at(step, round);
        }
    }
}

TEST(back_end_dies)
{
    for (unsigned int round = 0; round < split_rounds(); round++) {
        for (enum step step = BEFORE_CONNECT; step < STEPS; step++) {
            back_end_dies_at(step, round);
        }
    }
}
