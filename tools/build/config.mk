# SPDX-License-Identifier: GPL-2.0-only
# Configuration: $(O)/.config, and from it the C header and the make fragment.
# `make DEBUG=n` and `make SET="NAME=VALUE ..."` change the stored configuration.

config-py  := $(PYTHON) tools/build/config.py --build $(O)
config-set := $(addprefix --set ,$(if $(filter command line,$(origin DEBUG)),DEBUG=$(DEBUG)) $(SET))

.PHONY: menuconfig oldconfig defconfig savedefconfig FORCE
menuconfig oldconfig defconfig savedefconfig: | $(O)/.deps-build
	$(Q)$(config-py) $(config-set) $@

# What the host must have; a stamp for each purpose, renewed when the table changes.
$(O)/.deps-%: tools/build/deps.py
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/build/deps.py $*
	@touch $@

ifeq ($(need-config),y)
ifeq ($(config-set),)
$(O)/gen/auto.conf: Kconfig $(wildcard */Kconfig) $(or $(wildcard $(O)/.config),FORCE) \
		tools/build/config.py | $(O)/.deps-build
	$(Q)$(config-py) auto
	@touch $@
else
$(O)/gen/auto.conf: FORCE | $(O)/.deps-build
	$(Q)$(config-py) $(config-set) auto
endif
$(O)/gen/autoconf.h: $(O)/gen/auto.conf ;
include $(O)/gen/auto.conf
endif
