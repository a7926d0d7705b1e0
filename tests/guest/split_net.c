/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two rings of a network device between two domains, in the published format. The back end
 * sends each packet back: what came from the transmit ring by copying goes to the frames that the
 * receive ring offers. Packets of one and of several slots, data checked; either end killed with
 * packets under way.
 */
#define SUITE "split_net"
#include <stddef.h>
#include "split.h"

#include <public/io/netif.h>

#define PACKETS 24u
#define SLOTS   32u
#define PART    1500u /* bytes of a packet in one slot */

/* The child's: the end that it plays. */
static struct {
    struct netif_tx_front_ring tx;
    struct netif_rx_front_ring rx;
    grant_ref_t tx_ring, rx_ring, tx_refs[SLOTS], rx_refs[SLOTS];
    evtchn_port_t port;
    unsigned char *out, *in;
} front;

static struct {
    struct netif_tx_back_ring tx;
    struct netif_rx_back_ring rx;
    struct gnttab_map_grant_ref map[2];
    unsigned long va;
    evtchn_port_t port;
    unsigned char *buffer; /* one packet's slots */
    domid_t other;
} back;

static void offer(unsigned int i)
{
    struct netif_rx_request *req = RING_GET_REQUEST(&front.rx, front.rx.req_prod_pvt++);

    req->id = (uint16_t)i;
    req->pad = 0;
    req->gref = front.rx_refs[i];
}

/* back end's domain. */
static long front_begin(const unsigned long *arg)
{
    domid_t other = (domid_t)arg[0];
    struct netif_tx_sring *tx = page_alloc(1);
    struct netif_rx_sring *rx = page_alloc(1);

    front.out = front.out ? front.out : page_alloc(SLOTS);
    front.in = front.in ? front.in : page_alloc(SLOTS);
    if (!tx || !rx || !front.in || event_alloc_unbound(DOMID_SELF, other, &front.port)) {
        return -ENOMEM;
    }
    XEN_FRONT_RING_INIT(&front.tx, tx, PAGE_SIZE);
    XEN_FRONT_RING_INIT(&front.rx, rx, PAGE_SIZE);
    front.tx_ring = gnttab_grant(other, virt_to_mfn(tx), 0);
    front.rx_ring = gnttab_grant(other, virt_to_mfn(rx), 0);
    for (unsigned int i = 0; i < SLOTS; i++) {
        front.tx_refs[i] = gnttab_grant(other, virt_to_mfn(front.out + i * PAGE_SIZE),
                                        GTF_readonly);
        front.rx_refs[i] = gnttab_grant(other, virt_to_mfn(front.in + i * PAGE_SIZE), 0);
        offer(i);
    }
    RING_PUSH_REQUESTS(&front.rx);
    return 0;
}

static long front_name(const unsigned long *arg)
{
    return arg[0] == 0 ? front.tx_ring : arg[0] == 1 ? front.rx_ring : front.port;
}

static long front_end(const unsigned long *arg)
{
    long stuck = !gnttab_end(front.tx_ring) + !gnttab_end(front.rx_ring);

    (void)arg;
    for (unsigned int i = 0; i < SLOTS; i++) {
        stuck += !gnttab_end(front.tx_refs[i]) + !gnttab_end(front.rx_refs[i]);
    }
    page_free(front.tx.sring, 1);
    page_free(front.rx.sring, 1);
    return stuck + (event_close(front.port) != 0);
}

static unsigned int size_of(unsigned int slot)
{
    return slot % 5 == 4 ? 60 : PART - slot;
}

static unsigned char byte_of(unsigned int slot, unsigned int at)
{
    return (unsigned char)(slot * 13 + at * 3 + 1);
}

/* Slots 0, 1 | 2 | 3 | 4, 5 | ...: every fourth has a second part. */
static bool has_more(unsigned int slot)
{
    return slot % 4 == 0;
}

static void send_all(void)
{
    bool notify;

    for (unsigned int i = 0; i < PACKETS; i++) {
        struct netif_tx_request *req = RING_GET_REQUEST(&front.tx, front.tx.req_prod_pvt++);

        for (unsigned int at = 0; at < size_of(i); at++) {
            front.out[i * PAGE_SIZE + 100 + at] = byte_of(i, at);
        }
        req->gref = front.tx_refs[i];
        req->offset = 100;
        req->flags = has_more(i) ? NETTXF_more_data : 0;
        req->id = (uint16_t)i;
        req->size = (uint16_t)(size_of(i) + (has_more(i) ? size_of(i + 1) : 0));
    }
    RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&front.tx, notify);
    if (notify) {
        event_send(front.port);
    }
}

static long front_send(const unsigned long *arg)
{
    (void)arg;
    send_all();
    return 0;
}

/* One received slot: is it the next one, as it was sent? */
static bool as_sent(const struct netif_rx_response *rsp, unsigned int slot)
{
    const unsigned char *data = front.in + rsp->id * PAGE_SIZE + rsp->offset;
    bool more = rsp->flags & NETRXF_more_data;

    if (rsp->id >= SLOTS || rsp->status != (int)size_of(slot) || more != has_more(slot)) {
        return false;
    }
    for (unsigned int at = 0; at < size_of(slot); at++) {
        if (data[at] != byte_of(slot, at)) {
            return false;
        }
    }
    return true;
}

/* Sends, and gets it all back: what was wrong, or -ETIME. */
static long front_echo(const unsigned long *arg)
{
    uint64_t limit = time_now() + SPLIT_PATIENT;
    unsigned int sent = 0, got = 0;
    long bad = 0;

    (void)arg;
    send_all();
    while (sent < PACKETS || got < PACKETS) {
        int more_tx, more_rx;

        while (RING_HAS_UNCONSUMED_RESPONSES(&front.tx)) {
            struct netif_tx_response rsp;

            xen_rmb();
            RING_COPY_RESPONSE(&front.tx, front.tx.rsp_cons++, &rsp);
            bad += rsp.status != NETIF_RSP_OKAY || rsp.id != sent++;
        }
        while (RING_HAS_UNCONSUMED_RESPONSES(&front.rx)) {
            struct netif_rx_response rsp;

            xen_rmb();
            RING_COPY_RESPONSE(&front.rx, front.rx.rsp_cons++, &rsp);
            bad += !as_sent(&rsp, got++);
            offer(rsp.id % SLOTS);
            RING_PUSH_REQUESTS(&front.rx);
        }
        RING_FINAL_CHECK_FOR_RESPONSES(&front.tx, more_tx);
        RING_FINAL_CHECK_FOR_RESPONSES(&front.rx, more_rx);
        if (!more_tx && !more_rx && (sent < PACKETS || got < PACKETS) &&
            !split_wait(front.port, limit)) {
            return -ETIME;
        }
    }
    return bad;
}

/* front end's domain, both rings' references, port. */
static long back_begin(const unsigned long *arg)
{
    back.other = (domid_t)arg[0];
    back.va = back.va ? back.va : gt_window(2);
    back.buffer = back.buffer ? back.buffer : page_alloc(1);
    for (unsigned int i = 0; i < 2; i++) {
        if (!split_map(&back.map[i], back.other, (grant_ref_t)arg[1 + i], back.va + i * PAGE_SIZE,
                       0)) {
            return -EIO;
        }
    }
    BACK_RING_INIT(&back.tx, (struct netif_tx_sring *)back.va, PAGE_SIZE);
    BACK_RING_INIT(&back.rx, (struct netif_rx_sring *)(back.va + PAGE_SIZE), PAGE_SIZE);
    return event_bind_interdomain(back.other, (evtchn_port_t)arg[3], &back.port);
}

static long back_end(const unsigned long *arg)
{
    long stuck = event_close(back.port) != 0;

    (void)arg;
    for (unsigned int i = 0; i < 2; i++) {
        stuck += gt_unmap(back.map[i].handle, back.va + i * PAGE_SIZE, 0) != GNTST_okay;
    }
    return stuck;
}

/* One slot of a packet to the next frame that was offered. */
static bool send_back(const struct netif_tx_request *req, unsigned int bytes)
{
    struct netif_rx_response rsp;
    struct netif_rx_request into;

    if (!RING_HAS_UNCONSUMED_REQUESTS(&back.rx) || req->offset + bytes > PAGE_SIZE) {
        return false;
    }
    xen_rmb();
    RING_COPY_REQUEST(&back.rx, back.rx.req_cons, &into);
    back.rx.req_cons++;
    rsp = (struct netif_rx_response){ .id = into.id, .offset = 2 };
    rsp.flags = req->flags & NETTXF_more_data ? NETRXF_more_data : 0;
    rsp.status = NETIF_RSP_ERROR;
    if (split_copy(back.other, req->gref, req->offset, back.buffer, 0, bytes, false) ==
            GNTST_okay &&
        split_copy(back.other, into.gref, 2, back.buffer, 0, bytes, true) == GNTST_okay) {
        rsp.status = (int16_t)bytes;
    }
    memcpy(RING_GET_RESPONSE(&back.rx, back.rx.rsp_prod_pvt), &rsp, sizeof(rsp));
    back.rx.rsp_prod_pvt++;
    return rsp.status > 0;
}

/* A first slot's size is the packet's; the second slot's is its own, which is taken off. */
static unsigned int bytes_here(const struct netif_tx_request *req, RING_IDX next)
{
    struct netif_tx_request second;

    if (!(req->flags & NETTXF_more_data)) {
        return req->size;
    }
    RING_COPY_REQUEST(&back.tx, next, &second);
    return req->size - second.size;
}

/* How many slots to serve, at most: how many there were. */
static long back_serve(const unsigned long *arg)
{
    uint64_t limit = time_now() + SPLIT_PATIENT;
    unsigned long done = 0;

    while (done < arg[0]) {
        bool notify_tx, notify_rx;
        int more;

        while (done < arg[0] && RING_HAS_UNCONSUMED_REQUESTS(&back.tx)) {
            struct netif_tx_response rsp = { 0 };
            struct netif_tx_request req;

            xen_rmb();
            RING_COPY_REQUEST(&back.tx, back.tx.req_cons, &req);
            back.tx.req_cons++;
            rsp.id = req.id;
            rsp.status = send_back(&req, bytes_here(&req, back.tx.req_cons)) ? NETIF_RSP_OKAY
                                                                             : NETIF_RSP_ERROR;
            memcpy(RING_GET_RESPONSE(&back.tx, back.tx.rsp_prod_pvt), &rsp, sizeof(rsp));
            back.tx.rsp_prod_pvt++;
            done++;
        }
        RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&back.rx, notify_rx);
        RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&back.tx, notify_tx);
        if (notify_tx || notify_rx) {
            event_send(back.port);
        }
        RING_FINAL_CHECK_FOR_REQUESTS(&back.tx, more);
        if (!more && done < arg[0] && !split_wait(back.port, limit)) {
            return -ETIME;
        }
    }
    return (long)done;
}

static struct peer f, b;

static bool connect(void)
{
    return EXPECT_EQ(peer_call(&f, front_begin, b.c.id), 0) &&
           EXPECT_EQ(peer_call(&b, back_begin, f.c.id, (unsigned long)peer_call(&f, front_name, 0),
                               (unsigned long)peer_call(&f, front_name, 1),
                               (unsigned long)peer_call(&f, front_name, 2)),
                     0);
}

static void full_use(void)
{
    for (unsigned int i = 0; i < 3; i++) {
        peer_post(&b, back_serve, PACKETS);
        EXPECT_EQ(peer_call(&f, front_echo, 0), 0);
        EXPECT_EQ(peer_answer(&b), PACKETS);
    }
    EXPECT_EQ(peer_call(&b, back_end, 0), 0);
    EXPECT_EQ(peer_call(&f, front_end, 0), 0);
}

static void echo(unsigned int version)
{
    REQUIRE_EQ(pg_start(&f, version, NULL), 0);
    REQUIRE_EQ(pg_start(&b, version, NULL), 0);
    if (connect()) {
        full_use();
    }
    EXPECT_EQ(peer_stop(&f), 0);
    EXPECT_EQ(peer_stop(&b), 0);
}

TEST(echo_v1)
{
    echo(1);
}

TEST(echo_v2)
{
    GT_NEEDS_VERSION_2();
    echo(2);
}

/* Steps at which one of them goes: before the two are connected; connected; with packets sent; half
 * of them sent back; all, and none collected. */
enum step { BEFORE_CONNECT, CONNECTED, SENT, HALF_SERVED, SERVED, STEPS };

static unsigned long served_at(enum step step)
{
    return step == SERVED ? PACKETS : step == HALF_SERVED ? PACKETS / 2 : 0;
}

static bool go_to(enum step step)
{
    unsigned long served = served_at(step);

    if (step == BEFORE_CONNECT) {
        return EXPECT_EQ(peer_call(&f, front_begin, b.c.id), 0);
    }
    if (!connect()) {
        return false;
    }
    if (step >= SENT) {
        EXPECT_EQ(peer_call(&f, front_send, 0), 0);
    }
    if (served) {
        EXPECT_EQ(peer_call(&b, back_serve, served), (long)served);
    }
    return true;
}

/* The back end has packets of a front end that is gone: each is answered, none sent back. */
static void front_end_dies_at(enum step step, unsigned int round)
{
    REQUIRE_EQ(pg_start(&f, split_version(step + round + 1), NULL), 0);
    REQUIRE_EQ(pg_start(&b, split_version(step + round), NULL), 0);
    REQUIRE(go_to(step));
    pt_unmap(f.c.console_va);
    f.c.console = NULL;
    EXPECT_EQ(peer_kill(&f), 0);
    free(f.c.p2m);
    if (step >= SENT) {
        unsigned long left = PACKETS - served_at(step);

        EXPECT_EQ(peer_call(&b, back_serve, left), (long)left);
    }
    if (step >= CONNECTED) {
        EXPECT_EQ(peer_call(&b, back_end, 0), 0);
    }
    f = (struct peer){ .box_va = f.box_va };
    REQUIRE_EQ(pg_start(&f, split_version(step + round), NULL), 0);
    if (connect()) {
        full_use();
    }
    EXPECT_EQ(peer_stop(&f), 0);
    EXPECT_EQ(peer_stop(&b), 0);
}

static void back_end_dies_at(enum step step, unsigned int round)
{
    REQUIRE_EQ(pg_start(&f, split_version(step + round + 1), NULL), 0);
    REQUIRE_EQ(pg_start(&b, split_version(step + round), NULL), 0);
    REQUIRE(go_to(step));
    EXPECT_EQ(peer_stop(&b), 0);
    EXPECT_EQ(peer_call(&f, front_end, 0), 0);
    REQUIRE_EQ(pg_start(&b, 1, NULL), 0);
    if (connect()) {
        full_use();
    }
    EXPECT_EQ(peer_stop(&f), 0);
    EXPECT_EQ(peer_stop(&b), 0);
}

TEST(front_end_dies)
{
    for (unsigned int round = 0; round < split_rounds(); round++) {
        for (enum step step = split_first_step(); step < STEPS; step += split_stride()) {
            front_end_dies_at(step, round);
        }
    }
}

TEST(back_end_dies)
{
    for (unsigned int round = 0; round < split_rounds(); round++) {
        for (enum step step = split_first_step(); step < STEPS; step += split_stride()) {
            back_end_dies_at(step, round);
        }
    }
}
