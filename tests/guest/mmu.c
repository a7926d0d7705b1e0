/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmu_update and update_va_mapping: what may be written where, and what each refusal answers.
 */
#define SUITE "mmu"
#include "test.h"
#include "child.h"

static unsigned long scratch_va; /* an address with tables and no mapping */
static pte_t *scratch_entry;

/* Also forgets what the processor still knows of an earlier test's mapping there. */
static bool setup(void)
{
    struct mmuext_op forget = { .cmd = MMUEXT_INVLPG_LOCAL };

    if (!scratch_va) {
        scratch_va = pt_vmap_reserve(8);
        if (pt_map(scratch_va, 0)) {
            return false;
        }
        scratch_entry = pt_walk(scratch_va, 1);
    }
    forget.arg1.linear_addr = scratch_va;
    return hv_mmuext_op(&forget, 1, NULL, DOMID_SELF) == 0;
}

/* The processor and the hypervisor write to it behind the compiler's back. */
static pte_t entry_now(void)
{
    return *(volatile pte_t *)scratch_entry;
}

static long update(uint64_t ptr, uint64_t val, unsigned int fd)
{
    struct mmu_update req = { .ptr = ptr, .val = val };

    return hv_mmu_update(&req, 1, NULL, fd);
}

static long write_pte(pte_t val)
{
    return update(virt_to_maddr(scratch_entry), val, DOMID_SELF);
}

TEST(map_and_unmap)
{
    uint64_t *page = page_alloc(1);

    REQUIRE(setup() && page);
    page[0] = 0x1234;
    REQUIRE_EQ(write_pte(pte_make(virt_to_mfn(page), PTE_KERN)), 0);
    EXPECT_EQ(*(volatile uint64_t *)scratch_va, 0x1234);
    EXPECT_EQ(pte_mfn(entry_now()), virt_to_mfn(page));
    *(volatile uint64_t *)scratch_va = 0x4321;
    EXPECT_EQ(page[0], 0x4321);
    EXPECT_EQ(write_pte(0), 0);
    EXPECT_EQ(entry_now(), 0);
    page_free(page, 1);
}

TEST(flag_bits)
{
    void *page = page_alloc(1);
    static const struct {
        uint64_t flags;
        long want;
    } cases[] = {
        { PTE_P, 0 },
        { PTE_P | PTE_U, 0 },
        { PTE_P | PTE_W | PTE_U, 0 },
        { PTE_P | PTE_U | PTE_PWT, 0 },
        { PTE_P | PTE_U | PTE_PCD, 0 },
        { PTE_P | PTE_U | PTE_PWT | PTE_PCD, 0 },
        { PTE_P | PTE_U | PTE_PAT, 0 },
        { PTE_P | PTE_U | PTE_A | PTE_D, 0 },
        { PTE_P | PTE_U | PTE_G, 0 },
        { PTE_P | PTE_U | PTE_AVL0, 0 },
        { PTE_P | PTE_U | 0x400, 0 },
        { PTE_P | PTE_U | 0x800, 0 },
        { PTE_P | PTE_U | PTE_NX, 0 },
        { PTE_P | PTE_U | (1ul << 52), 0 },
        { PTE_P | PTE_U | (1ul << 62), 0 },
    };

    REQUIRE(setup() && page);
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        if (!EXPECT_EQ(write_pte(pte_make(virt_to_mfn(page), cases[i].flags)), cases[i].want)) {
            printf("#    flags %#lx\n", cases[i].flags);
        }
    }
    EXPECT_EQ(write_pte(0), 0);
    page_free(page, 1);
}

/* Guest entries always carry the user bit in the end: the kernel runs in ring 3. */
TEST(user_bit_is_forced)
{
    void *page = page_alloc(1);

    REQUIRE(setup() && page);
    REQUIRE_EQ(write_pte(pte_make(virt_to_mfn(page), PTE_P | PTE_W)), 0);
    EXPECT_EQ(entry_now() & PTE_U, PTE_U);
    EXPECT_EQ(write_pte(0), 0);
    page_free(page, 1);
}

TEST(bad_frames)
{
    static const unsigned long frames[] = { 0xffffffffful, 0xffffffff00ul };

    REQUIRE(setup());
    for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
        EXPECT_EQ(write_pte(pte_make(frames[i], PTE_KERN)), -EPERM);
    }
    EXPECT_EQ(entry_now(), 0);
    /* Not present: any contents are the guest's own business. */
    EXPECT_EQ(write_pte(0xdeadbeef000ul), 0);
    EXPECT_EQ(entry_now(), 0xdeadbeef000ul);
    EXPECT_EQ(write_pte(0), 0);
}

TEST(table_pages_stay_readonly)
{
    REQUIRE(setup());
    EXPECT_EQ(write_pte(pte_make(virt_to_mfn(pt_root), PTE_KERN)), -EBUSY);
    EXPECT_EQ(write_pte(pte_make(virt_to_mfn(scratch_entry), PTE_KERN)), -EBUSY);
    EXPECT_EQ(entry_now(), 0);
    EXPECT_EQ(write_pte(pte_make(virt_to_mfn(pt_root), PTE_RO)), 0);
    EXPECT_EQ(*(volatile pte_t *)scratch_va, pt_root[0]);
    EXPECT_EQ(write_pte(0), 0);
}

TEST(bad_target)
{
    void *page = page_alloc(1);

    REQUIRE(setup() && page);
    EXPECT_EQ(update(~7ul, 0, DOMID_SELF), -EINVAL);
    EXPECT_EQ(update(0xffffffffful << PAGE_SHIFT, 0, DOMID_SELF), -EINVAL);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry) + 4, 0, DOMID_SELF), -ENOSYS);
    /* An ordinary writable page is written as data. */
    EXPECT_EQ(update(virt_to_maddr(page) + 8, 0x5555, DOMID_SELF), 0);
    EXPECT_EQ(((uint64_t *)page)[1], 0x5555);
    page_free(page, 1);
}

TEST(commands)
{
    uint64_t *page = page_alloc(1);

    REQUIRE(setup() && page);
    REQUIRE_EQ(write_pte(pte_make(virt_to_mfn(page), PTE_P | PTE_W | PTE_U)), 0);
    *(volatile uint64_t *)scratch_va = 1;
    EXPECT_EQ(entry_now() & (PTE_A | PTE_D), PTE_A | PTE_D);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry) | MMU_PT_UPDATE_PRESERVE_AD,
                     pte_make(virt_to_mfn(page), PTE_P | PTE_U), DOMID_SELF),
              0);
    EXPECT_EQ(entry_now() & (PTE_A | PTE_D | PTE_W), PTE_A | PTE_D);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry) | MMU_PT_UPDATE_NO_TRANSLATE,
                     pte_make(virt_to_mfn(page), PTE_P | PTE_U), DOMID_SELF),
              0);
    EXPECT_EQ(entry_now() & (PTE_A | PTE_D), 0);
    EXPECT_EQ(write_pte(0), 0);
    page_free(page, 1);
}

TEST(machphys)
{
    void *page = page_alloc(1);
    unsigned long mfn = virt_to_mfn(page), pfn = virt_to_pfn(page);

    REQUIRE(page != NULL);
    EXPECT_EQ(machine_to_phys_mapping[mfn], pfn);
    EXPECT_EQ(update((mfn << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0x77, DOMID_SELF), 0);
    EXPECT_EQ(((volatile unsigned long *)machine_to_phys_mapping)[mfn], 0x77);
    EXPECT_EQ(update((mfn << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, pfn, DOMID_SELF), 0);
    EXPECT_EQ(((volatile unsigned long *)machine_to_phys_mapping)[mfn], pfn);
    EXPECT_EQ(update((0xffffffffful << PAGE_SHIFT) | MMU_MACHPHYS_UPDATE, 0, DOMID_SELF), -EINVAL);
    page_free(page, 1);
}

TEST(count_and_done)
{
    void *page = page_alloc(1);
    struct mmu_update req[4];
    unsigned int done = 99;

    REQUIRE(setup() && page);
    for (unsigned int i = 0; i < 4; i++) {
        req[i].ptr = virt_to_maddr(scratch_entry + i);
        req[i].val = pte_make(i == 2 ? 0xffffffffful : virt_to_mfn(page), PTE_KERN);
    }
    EXPECT_EQ(hv_mmu_update(req, 4, &done, DOMID_SELF), -EPERM);
    EXPECT_EQ(done, 2);
    EXPECT(scratch_entry[0] & PTE_P);
    EXPECT(scratch_entry[1] & PTE_P);
    EXPECT_EQ(scratch_entry[2] | scratch_entry[3], 0);
    done = 99;
    for (unsigned int i = 0; i < 4; i++) {
        req[i].val = 0;
    }
    EXPECT_EQ(hv_mmu_update(req, 4, &done, DOMID_SELF), 0);
    EXPECT_EQ(done, 4);
    done = 99;
    EXPECT_EQ(hv_mmu_update(req, 0, &done, DOMID_SELF), 0);
    EXPECT_EQ(done, 0);
    EXPECT_EQ(hv_mmu_update(BAD_POINTER, 1, &done, DOMID_SELF), -EFAULT);
    EXPECT_EQ(hv_mmu_update(req, 1, BAD_POINTER, DOMID_SELF), 0);
    page_free(page, 1);
}

TEST(foreign_domain_argument)
{
    REQUIRE(setup());
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, 0x7000), -ESRCH);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, DOMID_INVALID), -ESRCH);
    /* One's own number is not a foreign domain. */
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, 0), -ESRCH);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, DOMID_IO), 0);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, DOMID_XEN), 0);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, DOMID_IDLE), -ESRCH);
    /* The page tables' owner is in the high half, plus one. */
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, (1u << 16) | DOMID_SELF), 0);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), 0, (0x7001u << 16) | DOMID_SELF), -ESRCH);
}

/* Device memory is mapped as one's own or as DOMID_IO's; the hypervisor has none to give. */
TEST(device_frames_of_system_domains)
{
    const unsigned long window = 0xfeb00; /* of PCI devices, below the IO-APIC */

    REQUIRE(setup());
    for (unsigned int i = 0; i < 2; i++) {
        const uint64_t pte = pte_make(window, i ? PTE_KERN : PTE_RO);

        EXPECT_EQ(update(virt_to_maddr(scratch_entry), pte, DOMID_SELF), 0);
        EXPECT_EQ(update(virt_to_maddr(scratch_entry), pte, DOMID_IO), 0);
        EXPECT_EQ(write_pte(0), 0);
        EXPECT_EQ(update(virt_to_maddr(scratch_entry), pte, DOMID_XEN), -EPERM);
    }
    EXPECT_EQ(write_pte(0), 0);
}

/*
 * What firmware left below 1 MiB, RAM too, is dom0's to look through, as Linux does for an iBFT,
 * and to write.
 */
static void map_low_memory(unsigned int *writable)
{
    const unsigned long frames = 256;

    *writable = 0;
    REQUIRE(setup());
    for (unsigned long mfn = 0; mfn < frames; mfn++) {
        struct mmuext_op forget = { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = scratch_va };

        if (!EXPECT_EQ(write_pte(pte_make(mfn, PTE_RO)), 0)) {
            printf("#    frame %#lx\n", mfn);
            break;
        }
        EXPECT_EQ(hv_mmuext_op(&forget, 1, NULL, DOMID_SELF), 0);
        (void)*(volatile uint8_t *)scratch_va;
        EXPECT_EQ(write_pte(pte_make(mfn, PTE_KERN)), 0);
        *writable += !!(entry_now() & PTE_W);
    }
    EXPECT_EQ(write_pte(0), 0);
}

TEST(memory_below_1mib)
{
    unsigned int writable;

    map_low_memory(&writable);
    EXPECT(writable >= 255);
}

/* Writes are dropped, as those to device memory that is read-only are. */
TEST(page_that_starts_cpus)
{
    const unsigned long none = ~0ul;
    unsigned long found = none;
    volatile uint8_t *at;
    uint8_t before;

    REQUIRE(setup());
    for (unsigned long mfn = 1; mfn < 160 && found == none; mfn++) {
        EXPECT_EQ(write_pte(pte_make(mfn, PTE_KERN)), 0);
        found = entry_now() & PTE_W ? none : mfn;
    }
    REQUIRE(found != none);
    REQUIRE(setup());
    at = (volatile uint8_t *)scratch_va;
    before = *at;
    *at = (uint8_t)~before;
    EXPECT_EQ(*at, before);
    EXPECT_EQ(write_pte(0), 0);
}

TEST(many_entries)
{
    enum { MANY = 2000 };
    struct mmu_update *req = calloc(MANY, sizeof(*req));
    void *page = page_alloc(1);
    unsigned int done = 0;

    REQUIRE(setup() && req && page);
    for (unsigned int i = 0; i < MANY; i++) {
        req[i].ptr = virt_to_maddr(scratch_entry);
        req[i].val = i == MANY - 1 ? 0 : pte_make(virt_to_mfn(page), i & 1 ? PTE_KERN : PTE_RO);
    }
    EXPECT_EQ(hv_mmu_update(req, MANY, &done, DOMID_SELF), 0);
    EXPECT_EQ(done, MANY);
    EXPECT_EQ(entry_now(), 0);
    page_free(page, 1);
    free(req);
}

TEST(va_mapping_flags)
{
    void *page = page_alloc(1);
    unsigned long vcpus = 1;
    pte_t pte = pte_make(virt_to_mfn(page), PTE_KERN);
    const unsigned long flags[] = {
        UVMF_NONE,
        UVMF_TLB_FLUSH | UVMF_LOCAL,
        UVMF_TLB_FLUSH | UVMF_ALL,
        UVMF_INVLPG | UVMF_LOCAL,
        UVMF_INVLPG | UVMF_ALL,
        UVMF_TLB_FLUSH | (unsigned long)&vcpus,
        UVMF_INVLPG | (unsigned long)&vcpus,
    };

    REQUIRE(setup() && page);
    for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
        EXPECT_EQ(hv_update_va_mapping(scratch_va, pte, flags[i]), 0);
        EXPECT_EQ(*(volatile uint8_t *)scratch_va, 0);
        EXPECT_EQ(hv_update_va_mapping(scratch_va, 0, flags[i] | UVMF_INVLPG), 0);
    }
    EXPECT_EQ(hv_update_va_mapping(scratch_va, pte, UVMF_TLB_FLUSH | 0x600000000000ul), -EFAULT);
    EXPECT_EQ(hv_update_va_mapping(scratch_va, pte, UVMF_INVLPG | 0x600000000000ul), -EFAULT);
    EXPECT_EQ(hv_update_va_mapping(scratch_va, 0, UVMF_INVLPG), 0);
    page_free(page, 1);
}

TEST(va_mapping_errors)
{
    void *page = page_alloc(1);
    pte_t pte = pte_make(virt_to_mfn(page), PTE_KERN);

    REQUIRE(setup() && page);
    EXPECT_EQ(hv_update_va_mapping((unsigned long)BAD_POINTER, pte, 0), -EINVAL);
    EXPECT_EQ(hv_update_va_mapping((unsigned long)HV_POINTER, pte, 0), -EINVAL);
    EXPECT_EQ(hv_update_va_mapping(HYPERVISOR_VIRT_START, pte, 0), -EINVAL);
    EXPECT_EQ(hv_update_va_mapping(0x0000800000000000ul, pte, 0), -EINVAL);
    EXPECT_EQ(hv_update_va_mapping(scratch_va, pte_make(0xffffffffful, PTE_KERN), 0), -EPERM);
    EXPECT_EQ(hv_update_va_mapping_otherdomain(scratch_va, pte, 0, 0x7000), -ESRCH);
    EXPECT_EQ(hv_update_va_mapping_otherdomain(scratch_va, pte, 0, DOMID_SELF), 0);
    EXPECT_EQ(hv_update_va_mapping(scratch_va, 0, UVMF_INVLPG), 0);
    page_free(page, 1);
}

/* The frame of another domain needs that domain's name; its own name is not enough. */
TEST(foreign_frames)
{
    static struct child c;
    struct child_options o = { .cmdline = "role=hello", .paused = true };
    unsigned long mfn;

    REQUIRE(setup());
    REQUIRE_EQ(child_create(&c, &o), 0);
    mfn = c.p2m[c.nr_pages - 1];
    EXPECT_EQ(write_pte(pte_make(mfn, PTE_KERN)), -EBUSY);
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), pte_make(mfn, PTE_KERN), c.id), 0);
    *(volatile uint64_t *)scratch_va = 0xabc;
    EXPECT_EQ(*(volatile uint64_t *)scratch_va, 0xabc);
    EXPECT_EQ(write_pte(0), 0);
    EXPECT_EQ(hv_update_va_mapping_otherdomain(scratch_va, pte_make(mfn, PTE_KERN), 0, c.id), 0);
    EXPECT_EQ(hv_update_va_mapping(scratch_va, 0, UVMF_INVLPG), 0);
    /* Our own frame under its name. */
    EXPECT_EQ(update(virt_to_maddr(scratch_entry), pte_make(virt_to_mfn(&c), PTE_KERN), c.id),
              -EBUSY);
    EXPECT_EQ(child_destroy(&c), 0);
}

/* Upper levels: only tables of the right level, never of another's. */
TEST(upper_levels)
{
    pte_t *l1 = page_alloc(1), *l2_entry;
    unsigned long va = PT_VMAP_BASE + 0x10000000;

    REQUIRE(setup() && l1);
    l2_entry = pt_walk(va, 2);
    REQUIRE(l2_entry != NULL);
    REQUIRE_EQ(*l2_entry, 0);
    /* A writable page cannot be linked as a table. */
    EXPECT_EQ(pt_write_entry(l2_entry, pte_make(virt_to_mfn(l1), PTE_TABLE)), -EINVAL);
    REQUIRE_EQ(pt_set_readonly(l1), 0);
    EXPECT_EQ(pt_write_entry(l2_entry, pte_make(virt_to_mfn(l1), PTE_TABLE | PTE_PSE)), -EINVAL);
    EXPECT_EQ(pt_write_entry(l2_entry, pte_make(virt_to_mfn(l1), PTE_TABLE)), 0);
    /* Now it is a table: not writable, and not of another level. */
    EXPECT_EQ(pt_set_writable(l1), -EBUSY);
    EXPECT_EQ(pt_write_entry(pt_walk(va, 3) + 1, pte_make(virt_to_mfn(l1), PTE_TABLE)), -EINVAL);
    EXPECT_EQ(pt_write_entry(l2_entry, 0), 0);
    EXPECT_EQ(pt_set_writable(l1), 0);
    page_free(l1, 1);
}

/* Links a table that ought to be refused; whatever happened, it is an ordinary page afterwards. */
static void expect_refused(pte_t *l1, pte_t *l2_entry, long want)
{
    REQUIRE_EQ(pt_set_readonly(l1), 0);
    if (!EXPECT_EQ(pt_write_entry(l2_entry, pte_make(virt_to_mfn(l1), PTE_TABLE)), want)) {
        pt_write_entry(l2_entry, 0);
    }
    EXPECT_EQ(*l2_entry, 0);
    REQUIRE_EQ(pt_set_writable(l1), 0);
}

/* A table that holds a bad entry is refused as a whole. */
TEST(validation_undone)
{
    pte_t *l1 = page_alloc(1), *l2_entry;

    REQUIRE(setup() && l1);
    l2_entry = pt_walk(PT_VMAP_BASE + 0x10000000, 2);
    l1[0] = pte_make(virt_to_mfn(l1), PTE_RO);
    l1[300] = pte_make(virt_to_mfn(pt_root), PTE_KERN);
    expect_refused(l1, l2_entry, -EBUSY);
    l1[300] = pte_make(0xffffffffful, PTE_RO);
    expect_refused(l1, l2_entry, -EPERM);
    /* A writable mapping of itself is a conflict too. */
    l1[300] = pte_make(virt_to_mfn(l1), PTE_KERN);
    expect_refused(l1, l2_entry, -EBUSY);
    memset(l1, 0, PAGE_SIZE);
    page_free(l1, 1);
}

/* The hypervisor's slots of a root are not the guest's to write. */
TEST(reserved_root_slots)
{
    EXPECT_EQ(pt_write_entry(&pt_root[256], 0), -EINVAL);
    EXPECT_EQ(pt_write_entry(&pt_root[271], 0), -EINVAL);
    EXPECT_EQ(pt_write_entry(&pt_root[272], 0), 0);
}

/* Linear page tables: a root may refer to itself, read-only. */
TEST(linear_page_table)
{
    pte_t entry = pte_make(virt_to_mfn(pt_root), PTE_RO);

    EXPECT_EQ(pt_write_entry(&pt_root[300], entry | PTE_W), -EINVAL);
    EXPECT_EQ(pt_root[300], 0);
    EXPECT_EQ(pt_write_entry(&pt_root[300], entry), 0);
    EXPECT_EQ(pte_mfn(pt_root[300]), virt_to_mfn(pt_root));
    EXPECT_EQ(pt_write_entry(&pt_root[300], 0), 0);
}

/* An address of the slot, by the entries on the way from the root to the word. */
static unsigned long address(const unsigned int entry[4], unsigned int word)
{
    unsigned long va = 0xffff;

    for (unsigned int i = 0; i < 4; i++) {
        va = va << 9 | entry[i];
    }
    return va << PAGE_SHIFT | word * 8;
}

/* What the hypervisor reads there is a domain's number; each of the root's entries will do. */
static long ask(unsigned long va)
{
    return hv_memory_op(XENMEM_current_reservation, (void *)va);
}

#define LINEAR 303u
static const unsigned int first_page[4] = { LINEAR, LINEAR, LINEAR, LINEAR };

/*
 * The guest reads its tables through a linear entry; an argument there is no memory of its own to
 * the hypervisor, now or later, from the first byte to the last.
 */
TEST(linear_slot_as_argument)
{
    const unsigned int before[4] = { LINEAR - 1, 511, 511, 511 };
    unsigned long root = address(first_page, 0), end = address(before, 511);
    unsigned int own = (unsigned long)pt_root >> 39 & 511;
    pte_t entry = pte_make(virt_to_mfn(pt_root), PTE_RO), *l3 = page_alloc(1);
    domid_t self = DOMID_SELF;
    long reserved = hv_memory_op(XENMEM_current_reservation, &self);
    void *page = page_alloc(1);

    REQUIRE(l3 && page);
    /* The page before the slot, and something at the slot's begin. */
    REQUIRE_EQ(pt_map(end, pte_make(virt_to_mfn(page), PTE_KERN)), 0);
    REQUIRE_EQ(pt_map(0, pte_make(virt_to_mfn(page), PTE_RO)), 0);
    EXPECT_EQ(ask(end), reserved);
    EXPECT_EQ(ask(root), -EFAULT);
    REQUIRE_EQ(pt_write_entry(&pt_root[LINEAR], entry), 0);
    /* An isolated guest reads the CPU's own copy, whose linear entry names that copy. */
    EXPECT_EQ(*(volatile pte_t *)address(first_page, own), (long)pt_root[own]);
    EXPECT(*(volatile pte_t *)(end + 8) != 0);
    for (unsigned int word = 0; word < 512; word += 7) {
        EXPECT_EQ(ask(address(first_page, word)), -EFAULT);
    }
    EXPECT_EQ(ask(end), reserved);
    EXPECT_EQ(ask(end + 7), -EFAULT);
    EXPECT_EQ(hv_update_va_mapping(root, 0, 0), -EINVAL);
    /* What the processor knows of the entry may outlive it: as if it were there still. */
    REQUIRE_EQ(pt_write_entry(&pt_root[LINEAR], 0), 0);
    EXPECT_EQ(ask(root), -EFAULT);
    REQUIRE_EQ(pt_set_readonly(l3), 0);
    REQUIRE_EQ(pt_write_entry(&pt_root[LINEAR], pte_make(virt_to_mfn(l3), PTE_TABLE)), 0);
    EXPECT_EQ(ask(root), -EFAULT);
    EXPECT_EQ(pt_write_entry(&pt_root[LINEAR], 0), 0);
    EXPECT_EQ(pt_set_writable(l3), 0);
    EXPECT_EQ(pt_unmap(end), 0);
    EXPECT_EQ(pt_unmap(0), 0);
    page_free(l3, 1);
    page_free(page, 1);
}
