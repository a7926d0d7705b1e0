/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What libxc's files share: the handle, the back end's contract, bounce buffers, and the generic
 * calls that generated stubs (gen/xc-ops.h) and hand-written functions end in.
 */
#ifndef XC_PRIVATE_H
#define XC_PRIVATE_H

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

#define XC_PAGE_SHIFT 12
#define XC_PAGE_SIZE  4096UL

#define XC_HIDDEN __attribute__((visibility("hidden")))

struct xc_interface {
    int fd; /* of the back end */
    bool dummy;
    uint32_t domctl_version; /* that the hypervisor speaks */
    int last_errno;
    char last_error[160];
};

/* The back end: one of backend-linux.c, backend-embedded.c, tests' fake. */
int xcb_open(xc_interface *xch) XC_HIDDEN;
void xcb_close(xc_interface *xch) XC_HIDDEN;
/* The hypervisor's answer, negative errors included. */
long xcb_hypercall(xc_interface *xch, unsigned int nr, const unsigned long args[5]) XC_HIDDEN;
void *xcb_buffer_alloc(xc_interface *xch, size_t size) XC_HIDDEN;
void xcb_buffer_free(xc_interface *xch, void *p, size_t size) XC_HIDDEN;
/* 0 or -errno. */
int xcb_map(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *mfns, unsigned int num,
            void **addr) XC_HIDDEN;
int xcb_unmap(xc_interface *xch, void *addr, unsigned int num) XC_HIDDEN;
/* Around what has its state in static memory: one thread of the program at a time. */
void xcb_lock(void) XC_HIDDEN;
void xcb_unlock(void) XC_HIDDEN;

/* Records the failure and answers -1. */
int xc_fail(xc_interface *xch, int err, const char *fmt, ...) XC_HIDDEN
    __attribute__((format(printf, 3, 4)));

/* A copy of the caller's memory that the hypervisor may be given. Null stays null. */
enum xc_direction { XC_IN = 1, XC_OUT = 2, XC_INOUT = 3 };
struct xc_bounce {
    void *user, *hv;
    size_t size;
    enum xc_direction direction;
};
int xc_bounce_open(xc_interface *xch, struct xc_bounce *b, const void *user, size_t size,
                   enum xc_direction direction) XC_HIDDEN;
/* Copies back what goes back, and gives the buffer away. Keeps errno. */
void xc_bounce_close(xc_interface *xch, struct xc_bounce *b) XC_HIDDEN;

/* A hypercall whose one argument structure is copied in and out; answers its result or -1. */
long xc_call_struct(xc_interface *xch, unsigned int nr, unsigned long cmd, void *arg, size_t size,
                    const char *what) XC_HIDDEN;

/* A member of `len` bytes that an argument has in another interface version: put there as 0, cut
 * out. */
void xc_member_put(void *arg, size_t size, size_t at, size_t len) XC_HIDDEN;
void xc_member_cut(void *arg, size_t size, size_t at, size_t len) XC_HIDDEN;

/* One control operation: arg is the union's member, copied in and out; in our interface version, or
 * in its own. */
int xc_domctl(xc_interface *xch, uint32_t cmd, uint32_t version, uint32_t *domid, void *arg,
              size_t size, const char *what) XC_HIDDEN;
int xc_sysctl(xc_interface *xch, uint32_t cmd, uint32_t version, void *arg, size_t size,
              const char *what) XC_HIDDEN;

#include <gen/xc-ops.h>

#endif
