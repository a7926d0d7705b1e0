/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of common/domain/ share. */
#ifndef DOMAIN_PRIVATE_H
#define DOMAIN_PRIVATE_H

#include <hv/domain.h>
#include <hv/lib.h>

#define SHUTDOWN_CODE_INVALID ~0U

/* Under RCU, or by who knows that it stays. */
struct domain *domain_by_id(domid_t id);
/* 0, -ENOMEM or -EEXIST. Afterwards everybody finds d. */
int domain_table_add(struct domain *d) __must_check;
void domain_table_remove(struct domain *d);

/* The last reference is gone: d is freed after a grace period. */
void domain_destroy(struct domain *d);

/* vCPUs: see vcpu.c. */
void vcpu_destroy(struct vcpu *v);

/* The machine follows its hardware domain. */
void hwdom_shutdown(uint32_t reason);
/* It ended without asking for it: told, and the machine stands still, so that it can be read. */
void hwdom_died(const char *how) __noreturn;

/* Has v a vcpu_info of its own: in shared_info, or where its domain said? */
bool vcpu_has_info(const struct vcpu *v);

#endif
