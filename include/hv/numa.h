/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory nodes: which memory and which CPUs are near each other, as ACPI's SRAT and SLIT tell it.
 * Where they are absent, do not cover the machine, or are not wanted (numa=off), all is node 0.
 * Constant once numa_init has run, so no locks.
 */
#ifndef HV_NUMA_H
#define HV_NUMA_H

#include <hv/cpumask.h>
#include <hv/mm.h>

/* Distances: SLIT's unit, a tenth of that from a node to itself. */
#define NUMA_LOCAL_DISTANCE  10
#define NUMA_REMOTE_DISTANCE 20
#define NUMA_NO_DISTANCE     0xff

/* Nodes are numbered without holes. */
extern unsigned int nr_nodes;

/* The node of a piece of 1 << numa_shift frames. */
#define NUMA_PIECES 4096
extern unsigned int numa_shift;
extern uint8_t numa_node_of_piece[NUMA_PIECES];

static inline unsigned int numa_node_of(mfn_t mfn)
{
    return nr_nodes == 1 ? 0 : numa_node_of_piece[(mfn_x(mfn) >> numa_shift) % NUMA_PIECES];
}

static inline uint64_t numa_all_nodes(void)
{
    return ~0ULL >> (64 - nr_nodes);
}

/* max_page and CPUs' numbers are known, firmware's tables have been read; the heap is not there
 * yet. */
void numa_init(void);
unsigned int numa_node_of_cpu(unsigned int cpu);
/* The node of one of firmware's proximity domains; `none` if it has none. */
unsigned int numa_node_of_proximity(uint32_t domain, unsigned int none);
/* From a node's first byte to its last one, with what lies between and is not RAM. */
uint64_t numa_node_span(unsigned int node);
/* NUMA_NO_DISTANCE when firmware does not say and the nodes are not the same. */
unsigned int numa_distance(unsigned int from, unsigned int to);

#endif
