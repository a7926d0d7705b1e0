/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/cpu/spec-choice.c: what CPUs of several kinds need against speculation. */
#include <hv/lib.h>
#include <asm/msr.h>
#include <asm/spec-choice.h>

static const struct spec_options by_need = { -1, -1, -1, -1 };

#define MMIO_NO (ARCH_CAP_SBDR_SSDP_NO | ARCH_CAP_FBSDP_NO | ARCH_CAP_PSDP_NO)
#define NONE    (ARCH_CAP_RDCL_NO | ARCH_CAP_MDS_NO | ARCH_CAP_TAA_NO | MMIO_NO | ARCH_CAP_RFDS_NO)

/* Each erratum alone calls for VERW, and freedom of one is not freedom of the others. */
static void buffers_are_cleared_for_each_erratum(void **state)
{
    static const struct {
        struct spec_cpu cpu;
        bool leaks, clears;
    } cases[] = {
        { { .intel = true }, true, false },
        { { .intel = true, .md_clear = true }, true, true },
        { { .intel = true, .md_clear = true, .rtm = true, .arch_caps = NONE }, false, true },
        { { .intel = true, .md_clear = true, .arch_caps = NONE & ~ARCH_CAP_MDS_NO }, true, true },
        { { .intel = true, .md_clear = true, .rtm = true, .arch_caps = NONE & ~ARCH_CAP_TAA_NO },
          true,
          true },
        { { .intel = true, .md_clear = true, .arch_caps = NONE & ~ARCH_CAP_TAA_NO }, false, true },
        { { .intel = true, .arch_caps = (NONE & ~MMIO_NO) | ARCH_CAP_FB_CLEAR }, true, true },
        { { .intel = true, .arch_caps = (NONE & ~ARCH_CAP_FBSDP_NO) | ARCH_CAP_FB_CLEAR },
          true,
          true },
        { { .intel = true, .arch_caps = (NONE & ~ARCH_CAP_PSDP_NO) | ARCH_CAP_FB_CLEAR },
          true,
          true },
        { { .intel = true, .arch_caps = (NONE & ~ARCH_CAP_SBDR_SSDP_NO) | ARCH_CAP_FB_CLEAR },
          true,
          true },
        { { .intel = true, .arch_caps = NONE | ARCH_CAP_FB_CLEAR }, false, true },
        { { .intel = true, .arch_caps = (NONE & ~ARCH_CAP_RFDS_NO) | ARCH_CAP_RFDS_CLEAR },
          true,
          true },
        { { .intel = true, .arch_caps = NONE | ARCH_CAP_RFDS_CLEAR }, false, true },
        { { .intel = true, .arch_caps = NONE }, false, false },
        { { .arch_caps = 0 }, false, false },
        { { .verw_clear = true }, true, true },
        { { .verw_clear = true, .tsa_sq_no = true }, true, true },
        { { .verw_clear = true, .tsa_sq_no = true, .tsa_l1_no = true }, false, true },
    };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        struct spec_choice c = spec_choose(&cases[i].cpu, &by_need);

        assert_int_equal(c.leaks_buffers, cases[i].leaks);
        assert_int_equal(c.verw_clears, cases[i].clears);
        assert_int_equal(c.verw, cases[i].leaks && cases[i].clears);
    }
}

static void the_return_stack_is_filled_where_pages_of_guests_are_predicted(void **state)
{
    struct spec_cpu cpu = { .ibpb = true };
    struct spec_choice c = spec_choose(&cpu, &by_need);

    (void)state;
    assert_true(c.ibpb && c.rsb_on_entry && c.rsb_on_switch);
    cpu.smep = true;
    c = spec_choose(&cpu, &by_need);
    assert_true(c.ibpb && !c.rsb_on_entry && c.rsb_on_switch);
    cpu.ibpb = false;
    c = spec_choose(&cpu, &by_need);
    assert_true(!c.ibpb && !c.rsb_on_entry && !c.rsb_on_switch);
    cpu.ibrsb = true;
    c = spec_choose(&cpu, &by_need);
    assert_true(c.ibpb && !c.ibrs && c.rsb_on_switch);
    cpu.arch_caps = ARCH_CAP_IBRS_ALL;
    assert_true(spec_choose(&cpu, &by_need).ibrs);
}

static void options_choose_among_what_is_possible(void **state)
{
    const struct spec_options all = { 1, 1, 1, 1 }, no = { 0, 0, 0, 0 };
    const struct spec_cpu bare = { .smep = true };
    const struct spec_cpu full = {
        .intel = true, .md_clear = true, .ibrsb = true, .arch_caps = ARCH_CAP_IBRS_ALL
    };
    struct spec_choice c = spec_choose(&bare, &all);

    (void)state;
    assert_true(!c.verw && !c.ibpb && !c.ibrs && c.rsb_on_entry && c.rsb_on_switch);
    c = spec_choose(&full, &no);
    assert_true(!c.verw && !c.ibpb && !c.ibrs && !c.rsb_on_entry && !c.rsb_on_switch);
    assert_true(c.meltdown && c.leaks_buffers);
}

/* A domain that has another's id, or another vCPU of the same domain, is not who was there. */
static void each_vcpu_is_another(void **state)
{
    struct spec_last_vcpu last = { 0 };

    (void)state;
    assert_true(spec_is_new_vcpu(&last, 1, 0));
    assert_false(spec_is_new_vcpu(&last, 1, 0));
    assert_true(spec_is_new_vcpu(&last, 1, 1));
    assert_false(spec_is_new_vcpu(&last, 1, 1));
    assert_true(spec_is_new_vcpu(&last, 2, 1));
    assert_true(spec_is_new_vcpu(&last, 1UL << 32 | 2, 1));
    assert_true(spec_is_new_vcpu(&last, 1, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_are_cleared_for_each_erratum),
        cmocka_unit_test(the_return_stack_is_filled_where_pages_of_guests_are_predicted),
        cmocka_unit_test(options_choose_among_what_is_possible),
        cmocka_unit_test(each_vcpu_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
