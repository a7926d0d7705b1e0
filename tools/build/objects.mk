# SPDX-License-Identifier: GPL-2.0-only
# The hypervisor's objects: reads every files.mk and says how each kind of source is compiled.

FILES_MK := $(sort $(foreach d,common arch/x86 drivers xsm,$(wildcard $(addprefix \
	$d/,files.mk */files.mk */*/files.mk */*/*/files.mk))))

hv-objs  :=
hv-inits :=
bad-objs :=
# Names in a files.mk are relative to its own directory.
define read-files-mk
obj-y :=
init-y :=
include $(1)
bad-objs += $$(foreach o,$$(obj-y) $$(init-y),$$(if $$(wildcard $(dir $(1))$$(o:.o=.c) \
	$(dir $(1))$$(o:.o=.S)),,$(dir $(1))$$(o)))
hv-objs  += $$(addprefix $$(O)/$(dir $(1)),$$(obj-y))
hv-inits += $$(addprefix $$(O)/$(dir $(1)),$$(init-y:.o=.init.o))
endef
$(foreach f,$(FILES_MK),$(eval $(call read-files-mk,$(f))))
HV_OBJS := $(hv-objs) $(hv-inits)

# Generated sources: the operation tables' dispatch, prototypes and stubs.
GEN_STAMP := $(O)/gen/.stamp
gen-py := $(wildcard tools/gen/gen.py)
ifneq ($(gen-py),)
$(GEN_STAMP): $(sort $(wildcard tools/gen/*.py tools/gen/*/* include/ops/*.toml)) \
		$(O)/gen/autoconf.h
	$(call say,GEN,$(O)/gen)
	$(Q)$(PYTHON) tools/gen/gen.py --out $(O)/gen
	@touch $@
else
$(GEN_STAMP): $(O)/gen/autoconf.h
	@touch $@
endif

# A family of which dispatch is more than an inline function has a source of its own.
gen-tables := $(filter-out %/xsm-extra.toml,$(shell grep -L '^kind = "element"' include/ops/*.toml))
GEN_OBJS := $(patsubst include/ops/%.toml,$(O)/gen/%-dispatch.o,$(gen-tables))
HV_OBJS += $(GEN_OBJS)

# What is read by tools that compile nothing themselves: lint.
.PHONY: generated
generated: $(GEN_STAMP)

# Offsets of structure members for assembly, from a C file of DEFINE() lines.
asm-offsets-c := $(wildcard arch/x86/asm-offsets.c)
ifneq ($(asm-offsets-c),)
OFFSETS_H := $(O)/gen/asm-offsets.h
$(O)/gen/asm-offsets.s: $(asm-offsets-c) $(O)/.flags | $(GEN_STAMP)
	$(Q)$(CC) $(HV_CPPFLAGS) -include include/hv/config.h $(HV_CFLAGS) -g0 -Wno-missing-prototypes \
		$(if $(cc-is-clang),-fno-integrated-as) \
		-MMD -MP -MF $@.d -MT $@ -S -o $@ $<
$(OFFSETS_H): $(O)/gen/asm-offsets.s tools/build/offsets.py
	$(call say,GEN,$@)
	$(Q)$(PYTHON) tools/build/offsets.py $< $@
-include $(O)/gen/asm-offsets.s.d
endif

hv-ready := $(O)/.flags $(O)/gen/autoconf.h
HV_CC = $(CC) $(HV_CPPFLAGS) -include include/hv/config.h $(HV_CFLAGS) $(CFLAGS-$(<F))

define hv-rules
$$(O)/$(1)/%.o: $(1)/%.c $$(hv-ready) | $$(GEN_STAMP)
	$$(call say,CC,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(HV_CC) -MMD -MP -MF $$(@:.o=.d) -c -o $$@ $$<

$$(O)/$(1)/%.o: $(1)/%.S $$(hv-ready) $$(OFFSETS_H) | $$(GEN_STAMP)
	$$(call say,AS,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(HV_CPPFLAGS) -include $$(O)/gen/autoconf.h $$(HV_AFLAGS) -MMD -MP \
		-MF $$(@:.o=.d) -c -o $$@ $$<

$$(O)/$(1)/%.i: $(1)/%.c $$(hv-ready) | $$(GEN_STAMP)
	@mkdir -p $$(@D)
	$$(Q)$$(HV_CC) -E -o $$@ $$<

$$(O)/$(1)/%.s: $(1)/%.c $$(hv-ready) | $$(GEN_STAMP)
	@mkdir -p $$(@D)
	$$(Q)$$(HV_CC) -g0 -S -o $$@ $$<
endef
$(foreach d,common arch/x86 drivers xsm,$(eval $(call hv-rules,$(d))))

# Start-up objects: every section is renamed into the freed part of the image.
init-sections := $(foreach s,text text.unlikely text.startup,--rename-section .$s=.init.text) \
	$(foreach s,data data.rel data.rel.local data.rel.ro data.rel.ro.local \
		data.ro_after_init data.read_mostly,--rename-section .$s=.init.data) \
	$(foreach s,rodata rodata.str1.1 rodata.str1.8 rodata.cst4 rodata.cst8 rodata.cst16 \
		rodata.cst32,--rename-section .$s=.init.rodata,alloc,load,readonly,data,contents) \
	--rename-section .bss=.init.bss
%.init.o: %.o
	$(call say,INIT,$@)
	$(Q)$(OBJCOPY) $(init-sections) $< $@

$(GEN_OBJS:.o=.c): $(GEN_STAMP) ;
$(GEN_OBJS): %.o: %.c $(hv-ready)
	$(call say,CC,$@)
	$(Q)$(HV_CC) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

.PHONY: objs
objs: $(HV_OBJS)
	$(if $(strip $(bad-objs)),$(error named in a files.mk without a source: $(strip $(bad-objs))))

-include $(HV_OBJS:.o=.d) $(hv-inits:.init.o=.d)

$(O)/compile_commands.json: $(FILES_MK) $(O)/.flags tools/build/compile_commands.py
	$(Q)$(PYTHON) tools/build/compile_commands.py --build $(O) --output $@ \
		--command '$(HV_CC)' $(patsubst %.init.o,%.o,$(HV_OBJS))
