/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the shared core and the two drivers know of each other. A driver finds its units in ACPI's
 * tables and puts them on the core's list; the core asks it for three things: to bring a unit up,
 * to point a requester at a context, and to drop what units have cached.
 */
#ifndef PASSTHROUGH_PRIVATE_H
#define PASSTHROUGH_PRIVATE_H

#include <hv/acpi.h>
#include <hv/iommu.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/time.h>

#include "pin.h"
#include "table.h"

#define IOMMU_MAX_UNITS 64

struct iommu_context {
    spinlock_t lock; /* tables and pins */
    struct domain *domain;
    struct iommu_table table;
    struct iommu_pins pins;
    uint16_t id;   /* by which units tag what they cache; 1 and up */
    bool identity; /* passes through untranslated: no tables */
    uint32_t
        attached[IOMMU_MAX_UNITS]; /* requesters at each unit; changed under the devices' lock */
};

struct iommu_unit {
    unsigned int index;
    uint16_t segment;
    maddr_t registers;
    unsigned long register_frames;
    char *regs; /* the first of them, mapped */
    const struct iommu_driver *driver;
    struct iommu_faults *faults;
    void *own; /* the driver's */
    bool on;
};

struct iommu_driver {
    const char *name;
    const struct table_format *format;
    /* Translation on, and off (without locks, the machine may be dying). */
    void (*enable)(struct iommu_unit *u);
    void (*disable)(struct iommu_unit *u);
    /*
     * A requester's accesses go by ctx from now on, or nowhere (NULL); `quiet` ones are not told of
     * when refused. What it used before is out of all caches on return. 0, or -ENOMEM: as it was.
     */
    int (*attach)(struct iommu_unit *u, uint16_t source, const struct iommu_context *ctx,
                  bool quiet);
    /* What *flush says, of ctx at u. */
    void (*flush)(struct iommu_unit *u, const struct iommu_context *ctx,
                  const struct iommu_flush *flush);
    /* The unit that a function's requests go through, NULL: none. */
    struct iommu_unit *(*find)(struct pci_address a);
};

extern struct iommu_unit *iommu_units[IOMMU_MAX_UNITS];
extern unsigned int iommu_nr_units;

/* What all units can do: found out before the first context is made. */
extern struct iommu_limits {
    unsigned int levels;  /* of all tables */
    unsigned int largest; /* level of the largest mapping */
    bool coherent;        /* all look into caches */
    uint32_t domain_ids;  /* the least number */
    bool passthrough;     /* all can leave a requester untranslated */
} iommu_limits;

/* Options (options.c). */
enum quarantine { QUARANTINE_OFF, QUARANTINE_BASIC, QUARANTINE_SCRATCH };
extern struct iommu_options {
    bool enable, required, verbose, superpages, qinval, snoop;
    enum quarantine quarantine;
    bool hwdom_passthrough, hwdom_strict;
    bool remap_required;                 /* no device for guests whose messages are not remapped */
    int hwdom_inclusive, hwdom_reserved; /* -1: not said */
} iommu_options;

/* Contexts (context.c). */
struct iommu_context *iommu_context_new(struct domain *d) __must_check;
/* Gives some of it back: true when it is gone. Nothing is attached to it. */
bool iommu_context_free_some(struct iommu_context *ctx);

/* Ids (domid.c). */
int iommu_id_alloc(struct iommu_context *ctx) __must_check;
void iommu_id_free(uint16_t id);

/* Devices (device.c). */
void iommu_devices_init(void) __init;
/* Every device of d's becomes nobody's: -ERESTART when preempted. */
int iommu_devices_release(struct domain *d) __must_check;
/* Start-up: devices that firmware has work for, before the hardware domain finds them. */
void iommu_device_early(struct pci_address a, struct domain *hwdom) __init;
/* Refused accesses of this one are no longer told. Process context. */
void iommu_device_quiet(struct iommu_unit *u, uint16_t source);

/* Regions that firmware keeps reaching (reserved.c): each device's own. */
int iommu_reserved_add(struct pci_address a, mfn_t first, mfn_t last, unsigned int perms)
    __init __must_check;
bool iommu_reserved_has(struct pci_address a);
/* One that cannot be mapped is told, and left out. */
void iommu_reserved_map(struct iommu_context *ctx) __init;
void iommu_reserved_attach(struct domain *hwdom) __init;

/* Faults (fault.c). */
struct iommu_fault {
    uint16_t source;
    bool write;
    uint64_t address;
    unsigned int reason;
    const char *what; /* the reason in words */
};
int iommu_faults_init(struct iommu_unit *u) __init __must_check;
/* In interrupt context: told, or counted. */
void iommu_fault_report(struct iommu_unit *u, const struct iommu_fault *f);

/* The drivers' start: 0 with units on the list, -ENODEV there are none, another error: told. */
#ifdef CONFIG_INTEL_IOMMU
int vtd_probe(void) __init __must_check;
#else
static inline int vtd_probe(void)
{
    return -ENODEV;
}
#endif

/* A unit for the list, or NULL. */
struct iommu_unit *iommu_unit_new(const struct iommu_driver *driver, uint16_t segment,
                                  maddr_t registers, size_t bytes) __init __must_check;

/* Waits until the condition holds, at most about a second; whether it does. */
#define IOMMU_TIMEOUT SECONDS(1)
#define iommu_wait_for(condition)                                                                  \
    ({                                                                                             \
        s_time_t end_ = NOW() + IOMMU_TIMEOUT;                                                     \
        bool holds_;                                                                               \
                                                                                                   \
        for (unsigned int spins_ = 0; !(holds_ = (condition)); spins_++) {                         \
            if (spins_ > 1000 && NOW() > end_) {                                                   \
                holds_ = (condition);                                                              \
                break;                                                                             \
            }                                                                                      \
            arch_relax();                                                                          \
        }                                                                                          \
        holds_;                                                                                    \
    })

#endif
