/* SPDX-License-Identifier: MIT */
/*
 * Rings of requests and responses that a front end and a back end share in one or more pages.
 *
 * Each slot holds a request, and later its response. Indices run freely and are masked when a slot
 * is used. The front end owns req_prod and the back end rsp_prod; each also publishes, in the
 * other's
 * *_event, from which index on it wants to be notified. The user provides xen_mb(), xen_rmb() and
 * xen_wmb(), memset(), offsetof() and the integer types.
 */
#ifndef __XEN_PUBLIC_IO_RING_H__
#define __XEN_PUBLIC_IO_RING_H__

#include "../xen-compat.h"

typedef unsigned int RING_IDX;

/* The highest power of two that is not above x, for 1 to 32 bits, by halves. */
#define __RD2(_x)  (((_x)&0x2) ? 0x2 : ((_x)&0x1))
#define __RD4(_x)  (((_x)&0xc) ? __RD2((_x) >> 2) << 2 : __RD2(_x))
#define __RD8(_x)  (((_x)&0xf0) ? __RD4((_x) >> 4) << 4 : __RD4(_x))
#define __RD16(_x) (((_x)&0xff00) ? __RD8((_x) >> 8) << 8 : __RD8(_x))
#define __RD32(_x) (((_x)&0xffff0000) ? __RD16((_x) >> 16) << 16 : __RD16(_x))

/* How many slots fit into _sz bytes: by the ring's name, and by a shared ring. */
#define __CONST_RING_SIZE(_s, _sz)                                                                 \
    (__RD32(((_sz)-offsetof(struct _s##_sring, ring)) / sizeof(((struct _s##_sring *)0)->ring[0])))
#define __RING_SIZE(_s, _sz)                                                                       \
    (__RD32(((_sz) - (long)(_s)->ring + (long)(_s)) / sizeof((_s)->ring[0])))

/*
 * The types of a ring: <name>_sring is shared, <name>_front_ring and <name>_back_ring are each
 * end's own. pvt and the padding bring the slots to byte 64.
 */
#define DEFINE_RING_TYPES(__name, __req_t, __rsp_t)                                                \
    union __name##_sring_entry {                                                                   \
        __req_t req;                                                                               \
        __rsp_t rsp;                                                                               \
    };                                                                                             \
    struct __name##_sring {                                                                        \
        RING_IDX req_prod, req_event;                                                              \
        RING_IDX rsp_prod, rsp_event;                                                              \
        union {                                                                                    \
            struct {                                                                               \
                uint8_t smartpoll_active;                                                          \
            } netif;                                                                               \
            struct {                                                                               \
                uint8_t msg;                                                                       \
            } tapif_user;                                                                          \
            uint8_t pvt_pad[4];                                                                    \
        } pvt;                                                                                     \
        uint8_t __pad[44];                                                                         \
        union __name##_sring_entry ring[1];                                                        \
    };                                                                                             \
    struct __name##_front_ring {                                                                   \
        RING_IDX req_prod_pvt;                                                                     \
        RING_IDX rsp_cons;                                                                         \
        unsigned int nr_ents;                                                                      \
        struct __name##_sring *sring;                                                              \
    };                                                                                             \
    struct __name##_back_ring {                                                                    \
        RING_IDX rsp_prod_pvt;                                                                     \
        RING_IDX req_cons;                                                                         \
        unsigned int nr_ents;                                                                      \
        struct __name##_sring *sring;                                                              \
    };                                                                                             \
    typedef struct __name##_sring __name##_sring_t;                                                \
    typedef struct __name##_front_ring __name##_front_ring_t;                                      \
    typedef struct __name##_back_ring __name##_back_ring_t

/* The shared part, by the front end before the back end sees it. */
#define SHARED_RING_INIT(_s)                                                                       \
    do {                                                                                           \
        (_s)->req_prod = (_s)->rsp_prod = 0;                                                       \
        (_s)->req_event = (_s)->rsp_event = 1;                                                     \
        (void)memset((_s)->pvt.pvt_pad, 0, sizeof((_s)->pvt.pvt_pad));                             \
        (void)memset((_s)->__pad, 0, sizeof((_s)->__pad));                                         \
    } while (0)

/* Each end's own part, at index _i of a ring that may already be in use. */
#define FRONT_RING_ATTACH(_r, _s, _i, __size)                                                      \
    do {                                                                                           \
        (_r)->sring = (_s);                                                                        \
        (_r)->nr_ents = __RING_SIZE(_s, __size);                                                   \
        (_r)->req_prod_pvt = (_r)->rsp_cons = (_i);                                                \
    } while (0)
#define BACK_RING_ATTACH(_r, _s, _i, __size)                                                       \
    do {                                                                                           \
        (_r)->sring = (_s);                                                                        \
        (_r)->nr_ents = __RING_SIZE(_s, __size);                                                   \
        (_r)->rsp_prod_pvt = (_r)->req_cons = (_i);                                                \
    } while (0)
#define FRONT_RING_INIT(_r, _s, __size) FRONT_RING_ATTACH(_r, _s, 0, __size)
#define BACK_RING_INIT(_r, _s, __size)  BACK_RING_ATTACH(_r, _s, 0, __size)
#define XEN_FRONT_RING_INIT(r, s, size)                                                            \
    do {                                                                                           \
        SHARED_RING_INIT(s);                                                                       \
        FRONT_RING_INIT(r, s, size);                                                               \
    } while (0)

#define RING_SIZE(_r) ((_r)->nr_ents)

/* Of the front end: slots that are free. */
#define RING_FREE_REQUESTS(_r) (RING_SIZE(_r) - ((_r)->req_prod_pvt - (_r)->rsp_cons))
#define RING_FULL(_r)          (RING_FREE_REQUESTS(_r) == 0)

#define XEN_RING_NR_UNCONSUMED_RESPONSES(_r) ((_r)->sring->rsp_prod - (_r)->rsp_cons)

/* Never more than there are slots without a response, whatever the front end claims. */
#ifdef __GNUC__
#define XEN_RING_NR_UNCONSUMED_REQUESTS(_r)                                                        \
    ({                                                                                             \
        unsigned int __req = (_r)->sring->req_prod - (_r)->req_cons;                               \
        unsigned int __rsp = RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt);                \
        __req < __rsp ? __req : __rsp;                                                             \
    })
#else
#define XEN_RING_NR_UNCONSUMED_REQUESTS(_r)                                                        \
    ((((_r)->sring->req_prod - (_r)->req_cons) <                                                   \
      (RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt)))                                     \
         ? ((_r)->sring->req_prod - (_r)->req_cons)                                                \
         : (RING_SIZE(_r) - ((_r)->req_cons - (_r)->rsp_prod_pvt)))
#endif

/* How many there are, or whether there are any. */
#ifdef XEN_RING_HAS_UNCONSUMED_IS_BOOL
#define RING_HAS_UNCONSUMED_RESPONSES(_r) (!!XEN_RING_NR_UNCONSUMED_RESPONSES(_r))
#define RING_HAS_UNCONSUMED_REQUESTS(_r)  (!!XEN_RING_NR_UNCONSUMED_REQUESTS(_r))
#else
#define RING_HAS_UNCONSUMED_RESPONSES(_r) XEN_RING_NR_UNCONSUMED_RESPONSES(_r)
#define RING_HAS_UNCONSUMED_REQUESTS(_r)  XEN_RING_NR_UNCONSUMED_REQUESTS(_r)
#endif

/* A slot in the shared ring: the other end may change it at any time. */
#define RING_GET_REQUEST(_r, _idx)  (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].req))
#define RING_GET_RESPONSE(_r, _idx) (&((_r)->sring->ring[((_idx) & (RING_SIZE(_r) - 1))].rsp))

/* A private copy, read once. */
#define RING_COPY_(type, r, idx, dest)                                                             \
    do {                                                                                           \
        *(dest) = *(volatile __typeof__(dest))RING_GET_##type(r, idx);                             \
    } while (0)
#define RING_COPY_REQUEST(r, idx, req)  RING_COPY_(REQUEST, r, idx, req)
#define RING_COPY_RESPONSE(r, idx, rsp) RING_COPY_(RESPONSE, r, idx, rsp)

/* Has the other end broken the protocol? */
#define RING_REQUEST_CONS_OVERFLOW(_r, _cons)  (((_cons) - (_r)->rsp_prod_pvt) >= RING_SIZE(_r))
#define RING_REQUEST_PROD_OVERFLOW(_r, _prod)  (((_prod) - (_r)->rsp_prod_pvt) > RING_SIZE(_r))
#define RING_RESPONSE_PROD_OVERFLOW(_r, _prod) (((_prod) - (_r)->rsp_cons) > RING_SIZE(_r))

/* Shows the other end what was written, contents before index. */
#define RING_PUSH_REQUESTS(_r)                                                                     \
    do {                                                                                           \
        xen_wmb();                                                                                 \
        (_r)->sring->req_prod = (_r)->req_prod_pvt;                                                \
    } while (0)
#define RING_PUSH_RESPONSES(_r)                                                                    \
    do {                                                                                           \
        xen_wmb();                                                                                 \
        (_r)->sring->rsp_prod = (_r)->rsp_prod_pvt;                                                \
    } while (0)

/* The same, and says whether the other end asked to be notified of one of the new slots. */
#define RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(_r, _notify)                                           \
    do {                                                                                           \
        RING_IDX __old = (_r)->sring->req_prod;                                                    \
        RING_IDX __new = (_r)->req_prod_pvt;                                                       \
                                                                                                   \
        RING_PUSH_REQUESTS(_r);                                                                    \
        xen_mb();                                                                                  \
        (_notify) = ((RING_IDX)(__new - (_r)->sring->req_event) < (RING_IDX)(__new - __old));      \
    } while (0)
#define RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(_r, _notify)                                          \
    do {                                                                                           \
        RING_IDX __old = (_r)->sring->rsp_prod;                                                    \
        RING_IDX __new = (_r)->rsp_prod_pvt;                                                       \
                                                                                                   \
        RING_PUSH_RESPONSES(_r);                                                                   \
        xen_mb();                                                                                  \
        (_notify) = ((RING_IDX)(__new - (_r)->sring->rsp_event) < (RING_IDX)(__new - __old));      \
    } while (0)

/* Before sleeping: asks to be notified of the next slot, and looks again. */
#define RING_FINAL_CHECK_FOR_REQUESTS(_r, _work_to_do)                                             \
    do {                                                                                           \
        (_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r);                                          \
        if (!(_work_to_do)) {                                                                      \
            (_r)->sring->req_event = (_r)->req_cons + 1;                                           \
            xen_mb();                                                                              \
            (_work_to_do) = RING_HAS_UNCONSUMED_REQUESTS(_r);                                      \
        }                                                                                          \
    } while (0)
#define RING_FINAL_CHECK_FOR_RESPONSES(_r, _work_to_do)                                            \
    do {                                                                                           \
        (_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r);                                         \
        if (!(_work_to_do)) {                                                                      \
            (_r)->sring->rsp_event = (_r)->rsp_cons + 1;                                           \
            xen_mb();                                                                              \
            (_work_to_do) = RING_HAS_UNCONSUMED_RESPONSES(_r);                                     \
        }                                                                                          \
    } while (0)

#endif /* __XEN_PUBLIC_IO_RING_H__ */
