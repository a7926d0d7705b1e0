/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xc: what its files share. A command answers the program's exit status: 0, 1 after xc_say_failed()
 * or xc_say(), 2 for a wrong use of the command line.
 */
#ifndef XC_XC_H
#define XC_XC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenctrl.h>

extern xc_interface *xch;
extern bool json; /* --json: answers are JSON on stdout */

enum { XC_OK = 0, XC_FAILED = 1, XC_USAGE = 2 };

struct command {
    const char *name, *arguments, *help;
    const char *details; /* more lines for `xc NAME --help`, or NULL */
    int (*run)(int argc, char **argv);
};

/* One line on stderr, after the command's name. Both answer XC_FAILED. */
int xc_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* libxc's last failure, with what to do about it where that is known. */
int xc_say_failed(void);
/* Wrong arguments: what is wrong, and how the command is used. Answers XC_USAGE. */
int xc_misused(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A whole number from first to last. False when the text is something else. */
bool parse_number(const char *text, unsigned long first, unsigned long last, unsigned long *value);

/* The domain that a name or number means; says so and answers false when there is none. */
bool find_domain(const char *text, xc_dominfo_t *info);

int cmd_info(int argc, char **argv);
int cmd_dmesg(int argc, char **argv);
int cmd_debug_keys(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_domid(int argc, char **argv);
int cmd_vcpu_list(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_virq_handler(int argc, char **argv);
int cmd_virq_list(int argc, char **argv);

#endif
