# SPDX-License-Identifier: GPL-2.0-only
#
# Which suites each test kernel links. The same suites in another start form prove that form.

GUEST_TEST_NAMES := basic basic-msr basic-syscall memory events virq storm sched domctl hostile \
    grant gnttab gnttab-pair gnttab-xsa gnttab-race split platform pci iommu domain-states state

# Machines with several memory nodes
GUEST_TEST_NAMES += numa
GUEST_TEST_numa := numa

GUEST_TEST_basic := version hypercalls traps segments emulate usermode
GUEST_TEST_state := switches debugregs exits
GUEST_TEST_basic-msr := version hypercalls
GUEST_TEST_basic-syscall := version hypercalls
GUEST_TEST_START_basic-msr = $(GUEST_START_MSR)
GUEST_TEST_START_basic-syscall = $(GUEST_START_SYSCALL)
GUEST_TEST_memory := mmu mmuext linear stamps ptwrite memory version
GUEST_TEST_events := evtchn pirq libxc backend-embedded fifo upcalls
GUEST_TEST_virq := virq version
GUEST_TEST_storm := storm
GUEST_TEST_sched := sched vcpus
GUEST_TEST_domctl := domctl interface sysctl policy
GUEST_TEST_hostile := hostile hostile_pv
GUEST_TEST_domain-states := states
GUEST_TEST_platform := platform mca fresh screen
GUEST_TEST_pci := pci
GUEST_TEST_iommu := iommu iommu_domu edu
GUEST_TEST_grant := grant gnttab_offer
GUEST_TEST_gnttab := gnttab gnttab_map gnttab_copy gnttab_guest gnttab_offer
GUEST_TEST_gnttab-pair := gnttab_pair gnttab_move gnttab_death gnttab_peer peer gnttab_offer
GUEST_TEST_gnttab-xsa := gnttab_xsa after_iret gnttab_peer peer gnttab_offer
GUEST_TEST_gnttab-race := gnttab_race gnttab_churn gnttab_peer peer gnttab_offer
GUEST_TEST_split := split_blk split_net gnttab_peer peer gnttab_offer
