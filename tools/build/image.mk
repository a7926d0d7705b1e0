# SPDX-License-Identifier: GPL-2.0-only
# The hypervisor image: three links, so that it holds its own sorted table of symbols.
#
# Link 1 has an empty table; its symbols give a table of the final size. Link 2 has that table, so its
# addresses are final; link 3 has the table of those addresses, and symbols.py checks that it is true.
# GRUB reads a file whole: what it is given has no debugging information. corbel-syms has, for gdb.

HV_IMAGE := $(O)/corbel
HV_LDS   := $(O)/arch/x86/boot/corbel.lds
LDFLAGS_HV := -nostdlib -static --no-dynamic-linker -z noexecstack -z max-page-size=4096 \
	--build-id=sha1 --no-warn-rwx-segments --fatal-warnings --orphan-handling=error -T $(HV_LDS)
# clang reaches __stack_chk_guard through the GOT, and ld would turn that into a 32-bit address.
LDFLAGS_HV += $(if $(cc-is-clang),--no-relax)

.PHONY: hypervisor
hypervisor: $(HV_IMAGE) $(O)/compile_commands.json

$(HV_LDS): arch/x86/boot/corbel.lds.S $(hv-ready) | $(GEN_STAMP)
	$(call say,LDS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -E -P -x assembler-with-cpp -D__ASSEMBLY__ -D__LINKER__ $(HV_CPPFLAGS) \
		-include $(O)/gen/autoconf.h -MMD -MP -MF $@.d -MT $@ -o $@ $<
-include $(HV_LDS).d

symbols-py := $(PYTHON) tools/build/symbols.py
hv-link     = $(LD) $(LDFLAGS_HV) -o $(2) $(HV_OBJS) $(1)

# The objects that go in, so that one taken out of a files.mk causes a new link.
$(O)/.link: FORCE
	@printf '%s\n' '$(HV_OBJS)' | cmp -s - $@ || printf '%s\n' '$(HV_OBJS)' >$@

$(HV_IMAGE): $(HV_OBJS) $(HV_LDS) $(O)/.link tools/build/symbols.py
	$(if $(strip $(bad-objs)),$(error named in a files.mk without a source: $(strip $(bad-objs))))
	$(call say,LD,$@)
	$(Q)set -e; t=$(O)/.image; mkdir -p $$t; \
	table() { $(symbols-py) $$1 >$$t/$$2.S && $(CC) -c -x assembler $$t/$$2.S -o $$t/$$2.o; }; \
	table /dev/null empty; \
	$(call hv-link,$$t/empty.o,$$t/link1); \
	$(NM) -n $$t/link1 >$$t/link1.nm; table $$t/link1.nm size; \
	$(call hv-link,$$t/size.o,$$t/link2); \
	$(NM) -n $$t/link2 >$$t/link2.nm; table $$t/link2.nm final; \
	$(call hv-link,$$t/final.o,$$t/link3 -Map $(O)/corbel.map); \
	$(NM) -n $$t/link3 >$$t/link3.nm; $(symbols-py) --verify $$t/link2.nm $$t/link3.nm; \
	mv $$t/link3 $@-syms; $(OBJCOPY) --strip-debug $@-syms $$t/image; mv $$t/image $@
