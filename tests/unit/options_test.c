/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every option of the image against values that it refuses: no byte of the hypervisor's data may
 * have changed (I30). This is the image's own code, linked into a process (options.lds) without its
 * start: functions that are not called may miss what they need. printk() is ours, and tells what
 * was refused.
 */
#include <hv/lib.h>
#include <hv/param.h>

extern const struct param __params_start[], __params_end[];
extern char options_data_start[], options_data_end[];

#define DATA_MAX (16UL << 20)

static char before[DATA_MAX];
static size_t data_size;
static bool refused;
static char line[1024];
static unsigned int failures;

static long system_call(long nr, long a, long b, long c)
{
    long rc;

    __asm__ volatile("syscall"
                     : "=a"(rc)
                     : "a"(nr), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return rc;
}

static void say(const char *s)
{
    (void)system_call(1, 1, (long)s, (long)strlen(s));
}

void printk(const char *fmt, ...)
{
    refused |= strstr(fmt, "malformed option") != NULL;
}

static void fail(const char *why, const char *name)
{
    if (failures++ < 20) {
        say("# ");
        say(name);
        say(": ");
        say(why);
        say(": ");
        say(line);
        say("\n");
    }
}

static bool unchanged(void)
{
    const uint64_t *a = (const void *)before, *b = (const void *)options_data_start;

    for (size_t i = 0; i < data_size / sizeof(*a); i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

/* Sets the option, and all back to what it was. True: it was refused. */
static bool try_value(const struct param *p, const char *a, const char *b, const char *c)
{
    refused = false;
    snprintf(line, sizeof(line), "%s=%s%s%s", p->name, a, b, c);
    cmdline_parse(line);
    if (refused && !unchanged()) {
        fail("was refused and has changed something", p->name);
    }
    if (!refused || failures) {
        memcpy(options_data_start, before, data_size);
    }
    return refused;
}

/* What one option or another takes. */
static const char *const good[] = {
    "1",
    "0",
    "7",
    "0x10",
    "4096",
    "2M",
    "1G",
    "-1G",
    "50%",
    "1G+25%",
    "min:1G",
    "max:2G",
    "1-2",
    "-3",
    "115200",
    "115200,8n1",
    "115200,8n1,0x3f8,4",
    "115200,8n1,pci,0,1:2.3",
    "dom0",
    "ignore",
    "dom0=yes",
    "domu=no",
    "no",
    "yes",
    "off",
    "max-ver:1",
    "transitive",
    "no-transfer",
    "acpi",
    "kbd",
    "hpet",
    "pit",
    "unstable",
    "bug",
    "bug@0",
    "info",
    "error/all",
    "boot",
    "ibpb",
    "md-clear=no",
    "ibrs",
    "verbose",
    "strict",
    "no-superpages",
    "quarantine=scratch-page",
    "map-reserved",
    "b",
    "`",
    "bx",
    "keep",
    "9,9",
    ",,7",
    "a.b.c:5",
    "a.b.c:5@1",
    "dummy",
    "com2",
};

/* What spoils it. */
static const char *const spoiled[] = {
    "x",
    "%",
    ",",
    ",x",
    "-",
    "+",
    ":",
    "/",
    "@",
    "@9999",
    ".",
    "=",
    ",-",
    "%%",
    ",50%x",
    "K%",
    ",nonsense",
    "99999999999999999999",
    ",99999999999999999999",
    ",min:",
    ",max:x",
    "/nonsense",
};

/* A number with something behind it, or that is none. */
static const char *const no_numbers[] = {
    "", "x", "12x", "50%", "-1", "+1", "1.5", "0x", "1,2", "99999999999999999999999", "1GG",
};

static void drive(const struct param *p)
{
    bool any = p->kind == PARAM_STRING;

    for (unsigned int i = 0; i < ARRAY_SIZE(good); i++) {
        for (unsigned int k = 0; k < ARRAY_SIZE(spoiled); k++) {
            any |= try_value(p, good[i], spoiled[k], "");
            any |= try_value(p, good[i], ",", spoiled[k]);
        }
        (void)try_value(p, good[i], "", "");
    }
    for (unsigned int i = 0; i < 600; i++) {
        const char *a = good[i * 31 % ARRAY_SIZE(good)], *b = good[i * 17 % ARRAY_SIZE(good)];

        any |= try_value(p, a, i & 1 ? "," : "", i & 2 ? b : spoiled[i % ARRAY_SIZE(spoiled)]);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(no_numbers); i++) {
        if (!try_value(p, no_numbers[i], "", "") &&
            (p->kind == PARAM_UINT || p->kind == PARAM_SIZE)) {
            fail("was taken for a number", p->name);
        }
    }
    if (!any) {
        fail("takes everything", p->name);
    }
}

/* Spellings that must be taken, and that must not. */
static const struct {
    const char *name, *value;
    bool taken;
} spellings[] = {
    { "dom0_mem", "1G", true },
    { "dom0_mem", "50%", true },
    { "dom0_mem", "1G+25%", true },
    { "dom0_mem", "min:10%,max:1G+50%,-1G", true },
    { "dom0_mem", "max:2G", true },
    { "dom0_mem", "512", true },
    { "dom0_mem", "100%", false },
    { "dom0_mem", "25%+1G", false },
    { "dom0_mem", "1G+", false },
    { "dom0_mem", "1G,", false },
    { "dom0_mem", "0", false },
    { "dom0_mem", "", false },
    { "dom0_max_vcpus", "2x", false },
    { "dom0_max_vcpus", "2", true },
    { "dom0_max_vcpus", "2-4", true },
    { "dom0_max_vcpus", "2-", true },
    { "dom0_max_vcpus", "-4", true },
    { "dom0_max_vcpus", "4-2", false },
    { "dom0_max_vcpus", "-", false },
    { "dom0_max_vcpus", "2-4x", false },
    { "spec-ctrl", "no,nonsense", false },
    { "iommu", "no,nonsense", false },
    { "clocksource", "sundial", false },
    { "watchdog_timeout", "0", false },
    { "com1", "115200,8n1,-1", false },
    { "vga", "keep", true },
    { "vga", "current", true },
    { "vga", "ask,keep", true },
    { "vga", "text-80x25", true },
    { "vga", "text-80x50,keep", true },
    { "vga", "gfx-1024x768x32", true },
    { "vga", "gfx-1920x1080x24,keep", true },
    { "vga", "mode-0x118", true },
    { "vga", "mode-f00,keep", true },
    { "vga", "", false },
    { "vga", "keep,keep", false },
    { "vga", "text-80", false },
    { "vga", "text-80x", false },
    { "vga", "text-80x25x16", false },
    { "vga", "gfx-1024x768", false },
    { "vga", "gfx-1024x768x", false },
    { "vga", "gfx-0x768x32", false },
    { "vga", "gfx-99999x768x32", false },
    { "vga", "mode-", false },
    { "vga", "mode-1ffff", false },
    { "vga", "text-80x25,stay", false },
    { "vga", "current,", false },
    { "vga", "text-80x25aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

static void spell(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(spellings); i++) {
        for (const struct param *p = __params_start; p < __params_end; p++) {
            if (!strcmp(p->name, spellings[i].name) &&
                try_value(p, spellings[i].value, "", "") == spellings[i].taken) {
                fail(spellings[i].taken ? "was refused" : "was taken", p->name);
            }
        }
    }
}

static void result(unsigned int nr, const char *name)
{
    static unsigned int so_far;

    say(failures == so_far ? "ok " : "not ok ");
    say(nr == 1 ? "1 - " : "2 - ");
    say(name);
    say("\n");
    so_far = failures;
}

void options_start(void);

/* No C library: the stack is the process's, aligned as at any call. */
__attribute__((force_align_arg_pointer)) void options_start(void)
{
    data_size = (size_t)(options_data_end - options_data_start);
    if (data_size > DATA_MAX) {
        say("Bail out! DATA_MAX\n");
        system_call(60, 1, 0, 0);
    }
    memcpy(before, options_data_start, data_size);
    say("1..2\n");
    for (const struct param *p = __params_start; p < __params_end; p++) {
        drive(p);
    }
    result(1, "refused_values_change_nothing");
    spell();
    result(2, "spellings");
    system_call(60, failures != 0, 0, 0);
}
