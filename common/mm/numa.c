/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory nodes from ACPI's tables. Firmware numbers proximity domains as it likes; they become
 * nodes 0, 1, … in the order in which SRAT names memory in them. A domain that has CPUs only, or
 * that comes after the last node there is room for, counts as node 0.
 *
 * Frames are looked up in pieces of equal size, the smallest that lets the table reach all memory:
 * where a boundary lies inside a piece, the piece is its first frame's.
 */
#include <hv/acpi.h>
#include <hv/arch/host.h>
#include <hv/init.h>
#include <hv/numa.h>
#include <hv/param.h>

_Static_assert(MAX_NUMNODES <= 64, "a set of nodes fits into a word");

unsigned int nr_nodes __ro_after_init = 1;
unsigned int numa_shift __ro_after_init;
uint8_t numa_node_of_piece[NUMA_PIECES] __ro_after_init;

static uint32_t proximity[MAX_NUMNODES] __ro_after_init;
static uint8_t cpu_node[NR_CPUS] __ro_after_init;

static bool opt_numa __initdata = true;
bool_param("numa", opt_numa);

unsigned int numa_node_of_proximity(uint32_t domain, unsigned int none)
{
    for (unsigned int n = 0; n < nr_nodes; n++) {
        if (proximity[n] == domain) {
            return n;
        }
    }
    return none;
}

static bool usable(const struct acpi_memory *m)
{
    return !m->hotplug && m->start < max_page << PAGE_SHIFT;
}

static void __init number_nodes(void)
{
    unsigned int nr = 0;

    for (unsigned int i = 0; i < acpi_info.nr_memory; i++) {
        const struct acpi_memory *m = &acpi_info.memory[i];

        if (!usable(m)) {
            continue;
        }
        if (nr == 0) {
            proximity[nr++] = m->domain;
        } else if (numa_node_of_proximity(m->domain, MAX_NUMNODES) == MAX_NUMNODES) {
            if (nr == MAX_NUMNODES) {
                printk(XENLOG_WARNING "NUMA: proximity domain %u counts as node 0\n", m->domain);
                continue;
            }
            proximity[nr++] = m->domain;
        }
        nr_nodes = nr;
    }
}

static void __init fill_pieces(void)
{
    while (max_page > (unsigned long)NUMA_PIECES << numa_shift) {
        numa_shift++;
    }
    for (unsigned int i = 0; i < acpi_info.nr_memory; i++) {
        const struct acpi_memory *m = &acpi_info.memory[i];
        uint64_t unit = PAGE_SIZE << numa_shift;
        uint64_t first = (m->start + unit - 1) / unit, end = (m->end + unit - 1) / unit;

        if (!usable(m)) {
            continue;
        }
        for (uint64_t piece = first; piece < min_t(uint64_t, end, NUMA_PIECES); piece++) {
            numa_node_of_piece[piece] = (uint8_t)numa_node_of_proximity(m->domain, 0);
        }
    }
}

void __init numa_init(void)
{
    if (!opt_numa) {
        return;
    }
    number_nodes();
    if (nr_nodes == 1) {
        return;
    }
    fill_pieces();
    for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
        cpu_node[cpu] = (uint8_t)numa_node_of_proximity(arch_cpu_proximity(cpu), 0);
    }
    printk(XENLOG_INFO "NUMA: %u nodes\n", nr_nodes);
}

uint64_t numa_node_span(unsigned int node)
{
    uint64_t top = (uint64_t)max_page << PAGE_SHIFT, start = top, end = 0;

    if (nr_nodes == 1) {
        return top;
    }
    for (unsigned int i = 0; i < acpi_info.nr_memory; i++) {
        const struct acpi_memory *m = &acpi_info.memory[i];

        if (usable(m) && numa_node_of_proximity(m->domain, 0) == node) {
            start = min(start, m->start);
            end = max(end, min(m->end, top));
        }
    }
    return end > start ? end - start : 0;
}

unsigned int numa_node_of_cpu(unsigned int cpu)
{
    return cpu_node[cpu];
}

unsigned int numa_distance(unsigned int from, unsigned int to)
{
    if (proximity[from] < acpi_info.nr_slit && proximity[to] < acpi_info.nr_slit) {
        return acpi_info.slit[proximity[from]][proximity[to]];
    }
    return from == to ? NUMA_LOCAL_DISTANCE : NUMA_NO_DISTANCE;
}
