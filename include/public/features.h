/* SPDX-License-Identifier: MIT */
/*
 * Feature bits: what XENVER_get_features answers, and what a kernel's ELF notes ask for or support.
 */
#ifndef __XEN_PUBLIC_FEATURES_H__
#define __XEN_PUBLIC_FEATURES_H__

#define XENFEAT_writable_page_tables       0  /* the guest may write its page tables itself */
#define XENFEAT_writable_descriptor_tables 1  /* and its descriptor tables */
#define XENFEAT_auto_translated_physmap    2  /* the guest sees its own frame numbers */
#define XENFEAT_supervisor_mode_kernel     3  /* the kernel runs at the highest privilege */
#define XENFEAT_pae_pgdir_above_4gb        4  /* a PAE page directory may be anywhere */
#define XENFEAT_mmu_pt_update_preserve_ad  5  /* MMU_PT_UPDATE_PRESERVE_AD is there */
#define XENFEAT_highmem_assist             6  /* MMUEXT_CLEAR_PAGE and MMUEXT_COPY_PAGE are there */
#define XENFEAT_gnttab_map_avail_bits      7  /* GNTMAP's available bits reach the PTE */
#define XENFEAT_hvm_callback_vector        8  /* an HVM guest may name an upcall vector */
#define XENFEAT_hvm_safe_pvclock           9  /* an HVM guest may use the PV clock */
#define XENFEAT_hvm_pirqs                  10 /* an HVM guest may bind pirqs */
#define XENFEAT_dom0                       11 /* the kernel can be (or is) dom0 */
#define XENFEAT_memory_op_vnode_supported  13 /* XENMEMF_vnode is there */
#define XENFEAT_ARM_SMCCC_supported        14
#define XENFEAT_linux_rsdp_unrestricted    15 /* the RSDP may be anywhere below 4 GiB or above */
#define XENFEAT_not_direct_mapped          16
#define XENFEAT_direct_mapped              17

#define XENFEAT_NR_SUBMAPS 1

#endif /* __XEN_PUBLIC_FEATURES_H__ */
