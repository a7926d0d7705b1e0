/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shell: one row a command, one function a row.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo.h"
#include "domains.h"
#include "host.h"
#include "line.h"
#include "shell.h"

#define WORDS_MAX 6

struct words {
    unsigned int count;
    char *word[WORDS_MAX];
};

struct command {
    const char *name, *arguments, *help;
    unsigned int least, most;
    void (*run)(const struct words *w);
};

static bool leaving;

static void command_help(const struct words *w);

static bool number(const char *text, unsigned int *value)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (!*text || *end || n > 0xffffffffUL) {
        printf("%s is no number\n", text);
        return false;
    }
    *value = (unsigned int)n;
    return true;
}

static void command_info(const struct words *w)
{
    (void)w;
    host_show();
}

static void command_list(const struct words *w)
{
    (void)w;
    domains_show();
}

static void command_create(const struct words *w)
{
    unsigned int megabytes = 4, vcpus = 1;
    struct guest_domain *d;

    if ((w->count > 2 && !number(w->word[2], &megabytes)) ||
        (w->count > 3 && !number(w->word[3], &vcpus))) {
        return;
    }
    d = domain_new(w->word[1], megabytes, vcpus);
    if (d) {
        printf("domain %u\n", d->id);
    }
}

/* An operation on a domain, by the id that was typed. */
static void on_domain(const struct words *w, int (*operation)(xc_interface *xch, uint32_t domid))
{
    unsigned int id;

    if (number(w->word[1], &id) && operation(xch, id)) {
        printf("%s: %s\n", w->word[0], xc_get_last_error_message(xch));
    }
}

static void command_pause(const struct words *w)
{
    on_domain(w, xc_domain_pause);
}

static void command_unpause(const struct words *w)
{
    on_domain(w, xc_domain_unpause);
}

static int destroy(xc_interface *handle, uint32_t domid)
{
    struct guest_domain *d = domain_find(domid);

    return d ? domain_end(d) : xc_domain_destroy(handle, domid);
}

static void command_destroy(const struct words *w)
{
    on_domain(w, destroy);
}

static void command_console(const struct words *w)
{
    struct guest_domain *d;
    unsigned int id;
    int c;

    if (!number(w->word[1], &id)) {
        return;
    }
    d = domain_find(id);
    if (!d || !d->console) {
        printf("console: domain %u has none here\n", id);
        return;
    }
    printf("--- console of domain %u; Ctrl-] leaves it\n%s", id, d->log);
    d->log_shown = d->log_len;
    while (d->used && (c = line_poll()) != 0x1d) {
        char byte = (char)c;

        if (c >= 0) {
            console_send(d, &byte, 1);
        }
        consoles_pump(true);
        domains_reap();
    }
    printf("--- left\n");
}

static void command_virq(const struct words *w)
{
    unsigned int domid;
    int virq;

    if (w->count == 1) {
        virqs_show();
        return;
    }
    virq = virq_number(w->word[1]);
    if (virq < 0 || w->count != 3) {
        printf("virq: %s\n", virq < 0 ? "no such virtual interrupt" : "which domain?");
        return;
    }
    if (number(w->word[2], &domid) && !virq_set((unsigned int)virq, domid)) {
        virqs_show();
    }
}

static void command_dmesg(const struct words *w)
{
    (void)w;
    dmesg_show();
}

static void command_keys(const struct words *w)
{
    if (xc_send_debug_keys(xch, w->word[1])) {
        printf("keys: %s\n", xc_get_last_error_message(xch));
    }
}

static void command_demo(const struct words *w)
{
    (void)w;
    demo_run();
}

static void command_poweroff(const struct words *w)
{
    (void)w;
    leaving = true;
}

static const struct command commands[] = {
    { "help", "", "this list", 1, 1, command_help },
    { "info", "", "version, CPUs and memory of the host", 1, 1, command_info },
    { "list", "", "all domains", 1, 1, command_list },
    { "create", "handler|victim [MiB] [vcpus]", "a new domain", 2, 4, command_create },
    { "pause", "ID", "stop a domain for a while; nests", 2, 2, command_pause },
    { "unpause", "ID", "undo one pause", 2, 2, command_unpause },
    { "destroy", "ID", "end a domain", 2, 2, command_destroy },
    { "console", "ID", "what a domain says, and typing to it", 2, 2, command_console },
    { "virq", "[NAME ID]", "who receives which virtual interrupt; hand one over", 1, 3,
      command_virq },
    { "dmesg", "", "the hypervisor's messages", 1, 1, command_dmesg },
    { "keys", "KEYS", "the hypervisor's debug keys; h lists them", 2, 2, command_keys },
    { "demo", "", "the demonstration", 1, 1, command_demo },
    { "poweroff", "", "end everything", 1, 1, command_poweroff },
};

static void command_help(const struct words *w)
{
    (void)w;
    for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        printf("  %-9s %-29s %s\n", commands[i].name, commands[i].arguments, commands[i].help);
    }
}

static void split(char *text, struct words *w)
{
    char *rest = NULL;

    w->count = 0;
    for (char *word = strtok_r(text, " ", &rest); word && w->count < WORDS_MAX;
         word = strtok_r(NULL, " ", &rest)) {
        w->word[w->count++] = word;
    }
}

static void execute(const struct words *w)
{
    for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *c = &commands[i];

        if (strcmp(c->name, w->word[0])) {
            continue;
        }
        if (w->count < c->least || w->count > c->most) {
            printf("usage: %s %s\n", c->name, c->arguments);
        } else {
            c->run(w);
        }
        return;
    }
    printf("%s: no such command; help lists them\n", w->word[0]);
}

/* While nothing is typed: what domains say is shown above the line. */
static bool show_consoles(void)
{
    consoles_pump(false);
    domains_reap();
    if (!consoles_unshown()) {
        return false;
    }
    printf("\r\033[K");
    consoles_pump(true);
    return true;
}

void shell_run(void)
{
    static char copy[128];
    struct words w;

    printf("help lists the commands.\n");
    while (!leaving) {
        strncpy(copy, line_read("corbel> ", show_consoles), sizeof(copy) - 1);
        split(copy, &w);
        if (w.count) {
            execute(&w);
        }
        domains_reap();
        consoles_pump(true);
    }
}
