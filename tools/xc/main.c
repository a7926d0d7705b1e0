/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xc: a command line on libxc, for a Linux dom0. This file has the table of commands, the help that
 * comes from it, and what failures say.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xc.h"

xc_interface *xch;
bool json;

static const struct command *current;

static const struct command commands[] = {
    { "info", "", "the hypervisor and the machine", NULL, cmd_info },
    { "list", "[DOMAIN]", "domains: id, name, state, vCPUs, memory, CPU time",
      "State is one of r (runs) b (waits) p (paused) s (shut down) c (crashed) d (dying).\n",
      cmd_list },
    { "domid", "NAME", "the id of a domain", NULL, cmd_domid },
    { "vcpu-list", "[DOMAIN]", "vCPUs: where they run, and where they may", NULL, cmd_vcpu_list },
    { "create", "[OPTIONS] KERNEL", "makes a PV domain from an ELF kernel and starts it",
      "  --name NAME      what other commands may call it\n"
      "  --memory MIB     its memory (4)\n"
      "  --vcpus N        its vCPUs (1)\n"
      "  --cmdline TEXT   the kernel's command line\n"
      "  --initrd FILE    a module for the kernel\n"
      "  --xs-domain      it may ask about all domains, as the domain of a xenstore may\n"
      "  --paused         it does not run until `xc unpause`\n"
      "Prints the id.\n",
      cmd_create },
    { "console", "[OPTIONS] DOMAIN", "shows and feeds the console of a domain that xc made",
      "  --until TEXT     ends well with the line that holds TEXT\n"
      "  --timeout S      ends badly after so many seconds\n"
      "Ctrl-] leaves it. What has been shown is not shown again.\n",
      cmd_console },
    { "pause", "DOMAIN", "keeps a domain from running; counted, each wants its unpause", NULL,
      cmd_pause },
    { "unpause", "DOMAIN", "undoes one pause", NULL, cmd_unpause },
    { "destroy", "DOMAIN...", "ends domains at once, without asking them", NULL, cmd_destroy },
    { "virq-handler", "VIRQ DOMAIN", "hands a global virtual interrupt to a domain",
      "VIRQ is a name such as DOM_EXC, or a number; `xc virq-list` has them.\n", cmd_virq_handler },
    { "virq-list", "", "global virtual interrupts, and who was given them by xc", NULL,
      cmd_virq_list },
    { "dmesg", "[--clear]", "the hypervisor's messages", NULL, cmd_dmesg },
    { "debug-keys", "KEYS", "as if typed at the hypervisor's console; h shows what there is", NULL,
      cmd_debug_keys },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void show_help(FILE *to)
{
    fprintf(to, "usage: xc [--json] COMMAND [ARGUMENTS]\n\n");
    for (size_t i = 0; i < NR_COMMANDS; i++) {
        fprintf(to, "  %-13s %-18s %s\n", commands[i].name, commands[i].arguments,
                commands[i].help);
    }
    fprintf(to, "\n`xc COMMAND --help` says more. DOMAIN is an id or a name. With --json, info and "
                "the lists print JSON.\nThe status is 0 for success, 1 for failure, 2 for a wrong "
                "command line.\n");
}

static void show_usage(FILE *to, const struct command *c)
{
    fprintf(to, "usage: xc %s%s%s\n", c->name, *c->arguments ? " " : "", c->arguments);
}

int xc_say(const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fprintf(stderr, "xc%s%s: ", current ? " " : "", current ? current->name : "");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return XC_FAILED;
}

int xc_misused(const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "xc %s: ", current->name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    show_usage(stderr, current);
    return XC_USAGE;
}

static const char *advice(int err)
{
    switch (err) {
    case EPERM:
        return "this domain may not do that: run it in dom0";
    case EACCES:
        return "the hypervisor speaks another version of the interface";
    case ENOSYS:
    case EOPNOTSUPP:
        return "this hypervisor does not have the operation";
    case ESRCH:
        return "`xc list` shows the domains that there are";
    default:
        return NULL;
    }
}

int xc_say_failed(void)
{
    const char *hint = advice(xc_get_last_errno(xch));

    return xc_say("%s%s%s", xc_get_last_error_message(xch), hint ? "\n    " : "", hint ? hint : "");
}

bool parse_number(const char *text, unsigned long first, unsigned long last, unsigned long *value)
{
    char *end;

    errno = 0;
    *value = strtoul(text, &end, 0);
    return *text >= '0' && *text <= '9' && !*end && !errno && *value >= first && *value <= last;
}

static int open_failed(void)
{
    int err = errno;

    if (err == ENOENT) {
        return xc_say("no /dev/xen/privcmd: load the module xen-privcmd; only a dom0 has it");
    }
    if (err == EACCES || err == EPERM) {
        return xc_say("/dev/xen/privcmd: %s: run it as root", strerror(err));
    }
    return xc_say("/dev/xen/privcmd: %s", strerror(err));
}

/* Takes --json and --help out of the arguments, wherever they are before a "--". */
static bool take_common(int *argc, char **argv)
{
    bool help = false, more = true;
    int kept = 0;

    for (int i = 0; i < *argc; i++) {
        more = more && strcmp(argv[i], "--");
        if (more && !strcmp(argv[i], "--json")) {
            json = true;
        } else if (more && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
            help = true;
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    *argc = kept;
    return help;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < NR_COMMANDS; i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    bool help = take_common(&argc, argv);
    int status;

    if (argc < 2 || !strcmp(argv[1], "help")) {
        show_help(help || argc > 1 ? stdout : stderr);
        return help || argc > 1 ? XC_OK : XC_USAGE;
    }
    current = find_command(argv[1]);
    if (!current) {
        xc_say("no command %s: `xc --help` shows what there is", argv[1]);
        return XC_USAGE;
    }
    if (help) {
        show_usage(stdout, current);
        printf("%s\n%s", current->help, current->details ? current->details : "");
        return XC_OK;
    }
    xch = xc_interface_open(NULL, NULL, 0);
    if (!xch) {
        return open_failed();
    }
    status = current->run(argc - 1, argv + 1);
    xc_interface_close(xch);
    if (fflush(stdout)) {
        return xc_say("standard output: %s", strerror(errno));
    }
    return status;
}
