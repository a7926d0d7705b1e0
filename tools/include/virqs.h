/* SPDX-License-Identifier: GPL-2.0-only */
/* The global virtual interrupts by name, for tools that show them and hand them over. */
#ifndef TOOLS_VIRQS_H
#define TOOLS_VIRQS_H

#include <strings.h>
#include <xenctrl.h>

static const struct {
    const char *name;
    unsigned int number;
} virqs[] = {
    { "CONSOLE", VIRQ_CONSOLE },     { "DOM_EXC", VIRQ_DOM_EXC },
    { "TBUF", VIRQ_TBUF },           { "DEBUGGER", VIRQ_DEBUGGER },
    { "CON_RING", VIRQ_CON_RING },   { "PCPU_STATE", VIRQ_PCPU_STATE },
    { "MEM_EVENT", VIRQ_MEM_EVENT }, { "ARGO", VIRQ_ARGO },
    { "ENOMEM", VIRQ_ENOMEM },
};

#define NR_VIRQ_NAMES (sizeof(virqs) / sizeof(virqs[0]))

/* The number of a name, in either case, with or without VIRQ_ before it; -1: there is none. */
static inline int virq_by_name(const char *name)
{
    if (!strncasecmp(name, "VIRQ_", 5)) {
        name += 5;
    }
    for (unsigned int i = 0; i < NR_VIRQ_NAMES; i++) {
        if (!strcasecmp(name, virqs[i].name)) {
            return (int)virqs[i].number;
        }
    }
    return -1;
}

#endif
