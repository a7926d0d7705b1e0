/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * libxc on the fake back end: arguments and answers of thin functions, errors, images that are
 * refused, the layout's arithmetic, and a whole domain built and then read back through its own
 * page tables.
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>
#include <public/elfnote.h>

#include "../dom.h"
#include "fake.h"

#define VIRT_BASE 0xffffffff80000000UL

static xc_interface *xch;

static int set_up(void **state)
{
    (void)state;
    fake_reset();
    xch = xc_interface_open(NULL, NULL, 0);
    return xch ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(fake.buffers, 0);
    assert_int_equal(fake.mappings, 0);
    return xc_interface_close(xch);
}

/*
 * A kernel of one page of text at 1 MiB, two pages of bss behind it, and Xen notes.
 */
struct image {
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr[2];
    struct note {
        Elf64_Nhdr head;
        char name[4];
        uint64_t value;
    } __attribute__((packed)) notes[3];
    uint8_t text[XC_PAGE_SIZE];
};

static struct image make_image(void)
{
    struct image i;
    static const uint32_t types[3] = { XEN_ELFNOTE_VIRT_BASE, XEN_ELFNOTE_ENTRY,
                                       XEN_ELFNOTE_HYPERCALL_PAGE };
    static const uint64_t values[3] = { VIRT_BASE, VIRT_BASE + 0x100010, VIRT_BASE + 0x101000 };

    memset(&i, 0, sizeof(i));
    memcpy(i.ehdr.e_ident, ELFMAG, SELFMAG);
    i.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
    i.ehdr.e_machine = EM_X86_64;
    i.ehdr.e_phoff = offsetof(struct image, phdr);
    i.ehdr.e_phentsize = sizeof(Elf64_Phdr);
    i.ehdr.e_phnum = 2;
    i.phdr[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
                              .p_offset = offsetof(struct image, text),
                              .p_vaddr = VIRT_BASE + 0x100000,
                              .p_paddr = 0x100000,
                              .p_filesz = XC_PAGE_SIZE,
                              .p_memsz = 3 * XC_PAGE_SIZE };
    i.phdr[1] = (Elf64_Phdr){ .p_type = PT_NOTE,
                              .p_offset = offsetof(struct image, notes),
                              .p_filesz = sizeof(i.notes) };
    for (unsigned int n = 0; n < 3; n++) {
        i.notes[n] = (struct note){ .head = { 4, 8, types[n] }, .name = "Xen", .value = values[n] };
    }
    memset(i.text, 0xcc, sizeof(i.text));
    return i;
}

static void test_arguments(void **state)
{
    uint32_t domid = 0;
    struct xen_domctl_createdomain config = { .max_vcpus = 2, .flags = XEN_DOMCTL_CDF_xs_domain };

    (void)state;
    assert_int_equal(xc_domain_create(xch, &domid, &config), 0);
    assert_int_equal(domid, 7);
    assert_int_equal(fake.last_domctl.interface_version, XEN_DOMCTL_INTERFACE_VERSION);
    assert_int_equal(fake.last_domctl.u.createdomain.flags, XEN_DOMCTL_CDF_xs_domain);
    assert_int_equal(xc_domain_set_virq_handler(xch, 7, VIRQ_DOM_EXC), -1);
    assert_int_equal(fake.last_domctl.cmd, XEN_DOMCTL_set_virq_handler);
    assert_int_equal(fake.last_domctl.domain, 7);
    assert_int_equal(fake.last_domctl.u.set_virq_handler.virq, VIRQ_DOM_EXC);
}

/* 4.20's domctl has a member more before vmtrace_size; what is behind it goes up, and comes back.
 */
static void test_arguments_of_4_20(void **state)
{
    uint32_t domid = 0;
    struct xen_domctl_createdomain config = { .max_vcpus = 2, .vmtrace_size = 5, .cpupool_id = 9 };
    size_t at = offsetof(struct xen_domctl_createdomain, vmtrace_size);
    uint32_t sent[3];

    (void)state;
    assert_int_equal(xc_interface_close(xch), 0);
    fake.xen_version = 4 << 16 | 20;
    xch = xc_interface_open(NULL, NULL, 0);
    assert_non_null(xch);
    assert_int_equal(xc_domain_create(xch, &domid, &config), 0);
    assert_int_equal(fake.last_domctl.interface_version, 0x17);
    assert_int_equal(fake.last_domctl.u.createdomain.max_vcpus, 2);
    memcpy(sent, fake.last_domctl.u.pad + at, sizeof(sent));
    assert_int_equal(sent[0], 0);
    assert_int_equal(sent[1], 5);
    assert_int_equal(sent[2], 9);
    assert_int_equal(config.vmtrace_size, 5);
    assert_int_equal(config.cpupool_id, 9);
    assert_int_equal(xc_domain_pause(xch, 7), -1);
    assert_int_equal(fake.last_domctl.interface_version, 0x17);
}

static void test_stable_version(void **state)
{
    struct xen_domctl_get_domain_state result;
    uint32_t domid = DOMID_INVALID;

    (void)state;
    assert_int_equal(xc_get_domain_state(xch, &domid, &result), -1);
    assert_int_equal(errno, ENOSYS);
    assert_int_equal(fake.last_domctl.cmd, 90);
    assert_int_equal(fake.last_domctl.interface_version, 0);
    assert_int_equal(fake.last_domctl.domain, DOMID_INVALID);
}

static void test_getinfo(void **state)
{
    xc_dominfo_t info[3];

    (void)state;
    assert_int_equal(xc_domain_getinfo(xch, 0, 3, info), 1);
    assert_int_equal(info[0].domid, 7);
    assert_true(info[0].paused && info[0].shutdown && info[0].crashed && !info[0].dying);
    assert_int_equal(info[0].shutdown_reason, SHUTDOWN_crash);
    assert_int_equal(info[0].max_memkb, 1024);
    assert_int_equal(xc_domain_getinfo(xch, 8, 1, info), 0);
}

static void test_affinity(void **state)
{
    uint8_t hard[2] = { 0xff, 0x01 };

    (void)state;
    assert_int_equal(xc_get_cpumap_size(xch), 2);
    assert_int_equal(xc_vcpu_setaffinity(xch, 7, 1, hard, NULL, XEN_VCPUAFFINITY_HARD), 0);
    assert_int_equal(fake.last_domctl.u.vcpuaffinity.cpumap_hard.nr_bits, 16);
    assert_int_equal(fake.last_domctl.u.vcpuaffinity.cpumap_soft.nr_bits, 0);
    assert_int_equal(hard[0], 0x0f);
    assert_int_equal(hard[1], 0x01);
}

static void test_console_ring(void **state)
{
    char text[8] = "";
    unsigned int count = sizeof(text);
    uint32_t index = 36;

    (void)state;
    assert_int_equal(xc_readconsolering(xch, text, &count, 0, 1, &index), 0);
    assert_int_equal(fake.last_sysctl.u.readconsole.index, 36);
    assert_int_equal(count, 4);
    assert_int_equal(index, 40);
    assert_memory_equal(text, "ring", 4);
}

static void test_errors(void **state)
{
    int nr;

    (void)state;
    fake.fail_at = 1;
    fake.fail_with = EACCES;
    errno = 0;
    assert_int_equal(xc_domain_pause(xch, 3), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(xc_get_last_errno(xch), EACCES);
    assert_non_null(strstr(xc_get_last_error_message(xch), "pausedomain of domain 3"));
    assert_int_equal(xc_sched_id(xch, &nr), -1);
    assert_int_equal(errno, EPERM);
    assert_null(xc_interface_open(NULL, NULL, 1U << 30));
    assert_int_equal(errno, EINVAL);
}

static void test_dummy_handle(void **state)
{
    xc_interface *dummy = xc_interface_open(NULL, NULL, XC_OPENFLAG_DUMMY);

    (void)state;
    assert_int_equal(xc_domain_pause(dummy, 1), -1);
    assert_int_equal(errno, ENOSYS);
    assert_int_equal(fake.calls, 0);
    xc_interface_close(dummy);
}

static void test_populate_exact(void **state)
{
    xen_pfn_t extents[4] = { 0, 1, 2, 3 };

    (void)state;
    fake.populate_limit = 3;
    assert_int_equal(xc_domain_populate_physmap_exact(xch, 7, 4, 0, 0, extents), -1);
    assert_int_equal(errno, EBUSY);
    assert_non_null(strstr(xc_get_last_error_message(xch), "3 of 4"));
}

static void refused(struct image *image, size_t size, const char *expected)
{
    struct xc_kernel kernel;
    const char *why = "";

    assert_int_equal(xc_kernel_parse(&kernel, image, size, &why), -ENOEXEC);
    assert_non_null(strstr(why, expected));
}

static void test_image(void **state)
{
    struct image i = make_image();
    struct xc_kernel kernel;
    const char *why = "";

    (void)state;
    assert_int_equal(xc_kernel_parse(&kernel, &i, sizeof(i), &why), 0);
    assert_int_equal(kernel.start, VIRT_BASE + 0x100000);
    assert_int_equal(kernel.end, VIRT_BASE + 0x103000);
    assert_int_equal(kernel.entry, VIRT_BASE + 0x100010);
    assert_int_equal(kernel.hypercall_page, VIRT_BASE + 0x101000);
}

static void test_broken_images(void **state)
{
    struct image i = make_image();

    (void)state;
    refused(&i, 10, "too short");
    i.ehdr.e_ident[0] = 0;
    refused(&i, sizeof(i), "not an ELF");
    i = make_image();
    i.ehdr.e_machine = EM_386;
    refused(&i, sizeof(i), "64-bit");
    i = make_image();
    i.ehdr.e_phoff = ~0UL - 8;
    refused(&i, sizeof(i), "program headers");
    i = make_image();
    i.ehdr.e_phnum = 0xffff;
    refused(&i, sizeof(i), "program headers");
    i = make_image();
    i.phdr[1].p_filesz = ~0UL;
    refused(&i, sizeof(i), "note segment");
    i = make_image();
    i.notes[0].head.n_descsz = 0xfffffff0;
    refused(&i, sizeof(i), "no Xen notes");
    i = make_image();
    i.phdr[0].p_offset = sizeof(i) - 1;
    refused(&i, sizeof(i), "a segment is not inside");
    i = make_image();
    i.phdr[0].p_filesz = i.phdr[0].p_memsz + 1;
    refused(&i, sizeof(i), "a segment is not inside");
    i = make_image();
    i.phdr[0].p_paddr = ~0UL - 100;
    refused(&i, sizeof(i), "out of range");
    i = make_image();
    i.phdr[0].p_memsz = 0;
    refused(&i, sizeof(i), "nothing to load");
    i = make_image();
    i.notes[1].value = VIRT_BASE;
    refused(&i, sizeof(i), "entry point");
    i = make_image();
    i.notes[2].value = VIRT_BASE + 0x101008;
    refused(&i, sizeof(i), "hypercall page");
}

/* Every byte of a valid image, replaced: parsing never reads outside (the sanitizers watch). */
static void test_image_bytes(void **state)
{
    struct image good = make_image();

    (void)state;
    for (size_t at = 0; at < offsetof(struct image, text); at++) {
        for (unsigned int v = 0; v < 256; v += 51) {
            struct image *bad = malloc(sizeof(*bad));
            struct xc_kernel kernel;
            const char *why;

            *bad = good;
            ((uint8_t *)bad)[at] = (uint8_t)v;
            (void)!xc_kernel_parse(&kernel, bad, sizeof(*bad), &why);
            free(bad);
        }
    }
}

static struct xc_kernel sample_kernel(unsigned long bytes)
{
    return (struct xc_kernel){ .virt_base = VIRT_BASE,
                               .start = VIRT_BASE,
                               .end = VIRT_BASE + bytes,
                               .hypercall_page = XC_NO_ADDRESS };
}

static void test_layout(void **state)
{
    static const unsigned long sizes[] = { 1,           4096,
                                           4UL << 20,   (4UL << 20) - 4096 * 140,
                                           300UL << 20, (1UL << 30) + 1 };

    (void)state;
    for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct xc_kernel kernel = sample_kernel(sizes[i]);
        struct xc_layout l;

        assert_int_equal(xc_layout_make(&l, &kernel, 5000, 1UL << 20), 0);
        assert_int_equal(l.initrd_pages, 2);
        assert_int_equal(l.p2m_pages, 2048);
        assert_int_equal(l.pt_pages, l.pt_level[0] + l.pt_level[1] + l.pt_level[2] + l.pt_level[3]);
        assert_int_equal(l.pt_level[3], 1);
        assert_true(l.stack_pfn == l.pt_pfn + l.pt_pages);
        assert_true(l.mapped_pages % 1024 == 0);
        assert_true(l.mapped_pages >= l.stack_pfn + 1 + 128);
        assert_true(l.pt_level[0] == l.mapped_pages / 512);
    }
}

static void test_layout_too_small(void **state)
{
    struct xc_kernel kernel = sample_kernel(4UL << 20);
    struct xc_layout l;

    (void)state;
    assert_int_equal(xc_layout_make(&l, &kernel, 0, 1024), -ENOMEM);
}

/* The frame and flags that a virtual address maps to, through the domain's own tables. */
static uint64_t walk(unsigned long va)
{
    unsigned long mfn = fake.context.ctrlreg[3] >> 12;
    uint64_t entry = 0;

    for (unsigned int level = 4; level; level--) {
        uint64_t *table = fake_frame(mfn);

        assert_non_null(table);
        entry = table[(va >> (12 + 9 * (level - 1))) & 511];
        if (!(entry & 1)) {
            return 0;
        }
        mfn = (entry & 0xffffffffff000UL) >> 12;
    }
    return entry;
}

static void *at(unsigned long va)
{
    return (uint8_t *)fake_frame((walk(va) & 0xffffffffff000UL) >> 12) + (va & 4095);
}

static struct xc_pv_image sample_domain(const struct image *i, const char *initrd)
{
    return (struct xc_pv_image){ .kernel = i,
                                 .kernel_size = sizeof(*i),
                                 .initrd = initrd,
                                 .initrd_size = strlen(initrd),
                                 .cmdline = "a=b",
                                 .memory_kb = 8192,
                                 .vcpus = 2,
                                 .console_evtchn = 3,
                                 .store_evtchn = 4 };
}

static void test_build(void **state)
{
    static const char initrd[] = "the initial ramdisk";
    struct image i = make_image();
    struct xc_pv_image domain = sample_domain(&i, initrd);
    struct start_info *si;
    unsigned long mapped = 0;

    (void)state;
    assert_int_equal(xc_dom_build_pv(xch, 7, &domain), 0);
    assert_int_equal(fake.max_vcpus, 2);
    assert_int_equal(fake.max_memkb, 8192);
    assert_int_equal(fake.address_size, 64);
    assert_int_equal(fake.pinned_mfn, fake.context.ctrlreg[3] >> 12);
    assert_int_equal(fake.context.user_regs.rip, VIRT_BASE + 0x100010);
    assert_int_equal(fake.hypercall_mfn, (walk(VIRT_BASE + 0x101000) & 0xffffffffff000UL) >> 12);
    si = at(fake.context.user_regs.rsi);
    assert_string_equal(si->magic, "xen-3.0-x86_64");
    assert_int_equal(si->nr_pages, 2048);
    assert_int_equal(si->shared_info, FAKE_SHARED << 12);
    assert_string_equal((char *)si->cmd_line, "a=b");
    assert_int_equal(si->console.domU.evtchn, 3);
    assert_int_equal(si->store_evtchn, 4);
    assert_int_equal(si->console.domU.mfn, domain.console_mfn);
    assert_int_equal(si->store_mfn, domain.store_mfn);
    assert_memory_equal(at(si->mod_start), initrd, si->mod_len);
    assert_int_equal(*(uint8_t *)at(VIRT_BASE + 0x100000), 0xcc);
    assert_int_equal(*(uint8_t *)at(VIRT_BASE + 0x102fff), 0);
    for (unsigned long pfn = 0; pfn < si->nr_pages; pfn++) {
        uint64_t entry = walk(VIRT_BASE + (pfn << 12));
        unsigned long va = VIRT_BASE + (pfn << 12);
        bool is_table = va - si->pt_base < si->nr_pt_frames << 12;
        xen_pfn_t *p2m = at(si->mfn_list + pfn * sizeof(*p2m));

        if (!entry) {
            continue;
        }
        mapped++;
        assert_int_equal((entry & 0xffffffffff000UL) >> 12, *p2m);
        assert_int_equal(!!(entry & 2), !is_table);
    }
    assert_int_equal(VIRT_BASE + (mapped << 12), domain.virt_end);
    assert_int_equal(
        ((struct shared_info *)fake_frame(FAKE_SHARED))->vcpu_info[31].evtchn_upcall_mask, 1);
}

/* Each call in turn is refused: the builder says so, and holds nothing afterwards. */
static void test_build_refused(void **state)
{
    struct image i = make_image();
    unsigned long calls;
    struct xc_pv_image domain = sample_domain(&i, "initrd");

    (void)state;
    assert_int_equal(xc_dom_build_pv(xch, 7, &domain), 0);
    calls = fake.calls;
    for (unsigned long n = 1; n <= calls; n++) {
        fake_reset();
        fake.fail_at = n;
        fake.fail_with = ENOMEM;
        assert_int_equal(xc_dom_build_pv(xch, 7, &domain), -1);
        assert_int_equal(fake.buffers, 0);
        assert_int_equal(fake.mappings, 0);
        assert_true(xc_get_last_error_message(xch)[0]);
    }
}

static void test_build_without_memory(void **state)
{
    struct image i = make_image();
    struct xc_pv_image domain = sample_domain(&i, "initrd");

    (void)state;
    domain.memory_kb = 512;
    assert_int_equal(xc_dom_build_pv(xch, 7, &domain), -1);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(fake.calls, 0);
}

/* The image as gzip packs it; the caller frees it. */
static void *packed_image(const struct image *i, size_t *size)
{
    char in[] = "/tmp/libxc_test.XXXXXX", command[128];
    void *packed = calloc(1, sizeof(*i));
    int fd = mkstemp(in);
    FILE *pipe;

    assert_true(packed && fd >= 0);
    assert_int_equal(write(fd, i, sizeof(*i)), sizeof(*i));
    close(fd);
    snprintf(command, sizeof(command), "gzip -n <%s", in);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    *size = fread(packed, 1, sizeof(*i), pipe);
    assert_int_equal(pclose(pipe), 0);
    remove(in);
    return packed;
}

/* The hypervisor's decoders are the builder's, too. */
static void test_build_packed(void **state)
{
    struct image i = make_image();
    struct xc_pv_image domain = sample_domain(&i, "initrd");
    size_t size;
    uint8_t *packed = packed_image(&i, &size);

    (void)state;
    domain.kernel = packed;
    domain.kernel_size = size;
    assert_int_equal(xc_dom_build_pv(xch, 7, &domain), 0);
    assert_int_equal(domain.virt_base, VIRT_BASE);
    fake_reset();
    packed[size / 2] ^= 0x10;
    assert_int_equal(xc_dom_build_pv(xch, 7, &domain), -1);
    assert_int_equal(errno, ENOEXEC);
    assert_int_equal(fake.calls, 0);
    assert_true(xc_get_last_error_message(xch)[0]);
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_arguments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arguments_of_4_20, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stable_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_getinfo, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_affinity, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_console_ring, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dummy_handle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_populate_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_image, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_images, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_image_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_layout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_layout_too_small, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_build, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_build_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_build_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_build_packed, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
