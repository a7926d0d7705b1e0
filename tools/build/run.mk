# SPDX-License-Identifier: GPL-2.0-only
# Images to boot, runs in an emulator, and the tests.

boot-py := $(PYTHON) tools/boot

# DOM0 is a kernel file, or empty for the embedded dom0; KERNEL is another name for it.
# DOM0=linux is Debian's kernel, or the one that KERNEL names with its modules beside it or in the tree
# that it lies in, with an initramfs made for it.
ifeq ($(DOM0),linux)
LINUX_KERNEL := $(KERNEL)
LINUX_DIR    := $(O)/linux$(if $(LINUX_KERNEL),/own)
KERNEL       := $(or $(LINUX_KERNEL),$(O)/linux/vmlinuz)
INITRD       ?= $(LINUX_DIR)/initramfs.gz
CMDLINE      ?= console=hvc0 earlyprintk=xen
# The rest of the machine is for the domains that it makes.
HV_CMDLINE ?= console=com1,vga com1=115200,8n1 loglvl=all guest_loglvl=all dom0_mem=512M
endif
dom0-kernel := $(or $(KERNEL),$(DOM0),$(O)/dom0)
dom0-module := --module '$(dom0-kernel) $(CMDLINE)' $(if $(INITRD),--module '$(INITRD)')
HV_CMDLINE  ?= console=com1,vga com1=115200,8n1 loglvl=all guest_loglvl=all

.PHONY: iso run check check-full mutants bench lint
iso: $(HV_IMAGE) $(dom0-kernel) $(if $(LINUX_KERNEL),$(INITRD)) | $(O)/.deps-run
	$(call say,ISO,$(O)/corbel.iso)
	$(Q)$(boot-py) iso --build $(O) --menu --hv $(HV_IMAGE) --cmdline '$(HV_CMDLINE)' \
		$(dom0-module) -o $(O)/corbel.iso

$(O)/linux/vmlinuz: $(O)/linux/initramfs.gz
	$(Q)test -e $@
LINUX_PROGRAMS := $(O)/xc
LINUX_DATA := $(O)/dom0.d/handler.elf $(O)/dom0.d/victim.elf
$(O)/linux/initramfs.gz: $(wildcard tools/linux/*) $(LINUX_PROGRAMS) $(LINUX_DATA) | $(O)/.deps-run
	$(call say,INITRAMFS,$@)
	$(Q)cp "$$($(PYTHON) tools/linux/initramfs.py --build $(O) -o $@ \
		$(addprefix --program ,$(LINUX_PROGRAMS)) $(addprefix --data ,$(LINUX_DATA)))" \
		$(O)/linux/vmlinuz

# For a kernel that was named: made each time, since its name does not tell what it was.
$(O)/linux/own/initramfs.gz: FORCE $(LINUX_PROGRAMS) $(LINUX_DATA) | $(O)/.deps-run
	$(call say,INITRAMFS,$@)
	$(Q)$(PYTHON) tools/linux/initramfs.py --build $(O) --kernel '$(LINUX_KERNEL)' -o $@ \
		$(addprefix --program ,$(LINUX_PROGRAMS)) $(addprefix --data ,$(LINUX_DATA)) >/dev/null

run: $(HV_IMAGE) $(dom0-kernel) $(if $(LINUX_KERNEL),$(INITRD)) | $(O)/.deps-run
	$(Q)$(PYTHON) tools/build/run.py --build $(O) --hv $(HV_IMAGE) --cmdline '$(HV_CMDLINE)' \
		$(dom0-module) $(RUNFLAGS)

# T names one test or one rung; J is the number of tests that run side by side; MUTANTS=K/N a part of the mutants.
check-py = $(PYTHON) tests/check.py --build $(O) --cc '$(CC)' $(if $(J),--jobs $(J)) \
	$(if $(MUTANTS),--mutants '$(MUTANTS)')
check: | $(O)/.deps-check
	$(Q)$(check-py) $(if $(T),--test '$(T)')
check-full: | $(O)/.deps-check
	$(Q)$(check-py) --full $(if $(T),--test '$(T)')
# M names one mutant; * matches anything.
mutants: | $(O)/.deps-check
	$(Q)$(check-py) --test 'mutants$(if $(M),.$(M))'
bench: | $(O)/.deps-run
	$(Q)$(PYTHON) tests/perf/bench.py --build $(O)
lint: generated | $(O)/.deps-check
	$(Q)$(PYTHON) tools/lint/lint.py --build $(O)

# The words of a variable, for the test runner.
print-%: FORCE
	@echo '$($*)'
