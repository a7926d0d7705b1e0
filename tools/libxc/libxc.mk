# SPDX-License-Identifier: GPL-2.0-only
#
# libxc, twice: for Linux (build/libxc/libxc.a and libxc.so) and for the embedded dom0
# (build/libxc/libxc-embedded.a, on tools/guest).

LIBXC_DIR := tools/libxc
LIBXC_O := $(O)/libxc
LIBXC_COMMON := handle call domain vcpu host sched memory event dom_elf dom_layout dom_build \
	dom_unpack
LIBXC_INCLUDES := -I $(LIBXC_DIR)/include -I $(O) -I include
LIBXC_CFLAGS := -std=gnu11 -O2 -g $(WARNINGS) $(REPRODUCIBLE) -D__XEN_TOOLS__ -fPIC -D_GNU_SOURCE \
	$(LIBXC_INCLUDES)
# The hypervisor's decoders of packed kernels, under either licence.
LIBXC_UNPACK := arch/x86/pv/dom0/bzimage $(addprefix common/boot/,bcj-x86 bzip2 crc32 gzip inflate lz4 lzma lzma2 \
	lzma-alone lzo unpack xxhash xz zstd zstd-fse zstd-literals)
LIBXC_LINUX := $(patsubst %,$(LIBXC_O)/linux/%.o,$(LIBXC_COMMON) backend-linux) \
	$(patsubst %,$(LIBXC_O)/linux/%.o,$(LIBXC_UNPACK))
LIBXC_EMBEDDED_OBJS := $(patsubst %,$(LIBXC_O)/embedded/%.o,$(LIBXC_COMMON) backend-embedded) \
	$(patsubst %,$(LIBXC_O)/embedded/%.o,$(LIBXC_UNPACK))
LIBXC_EMBEDDED := $(LIBXC_O)/libxc-embedded.a

.PHONY: libxc
libxc: $(LIBXC_O)/libxc.a $(LIBXC_O)/libxc.so $(LIBXC_EMBEDDED)

$(LIBXC_O)/linux/%.o: $(LIBXC_DIR)/%.c | $(GEN_STAMP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBXC_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(LIBXC_O)/embedded/%.o: $(LIBXC_DIR)/%.c | $(GEN_STAMP)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) $(LIBXC_INCLUDES) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(LIBXC_O)/linux/%.o: %.c | $(GEN_STAMP)
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LIBXC_CFLAGS) -ffreestanding -fvisibility=hidden -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(LIBXC_O)/embedded/%.o: %.c | $(GEN_STAMP)
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(GUEST_CFLAGS) $(LIBXC_INCLUDES) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(LIBXC_O)/libxc.a: $(LIBXC_LINUX)
$(LIBXC_EMBEDDED): $(LIBXC_EMBEDDED_OBJS)
$(LIBXC_O)/libxc.a $(LIBXC_EMBEDDED):
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcsD $@ $^

$(LIBXC_O)/libxc.so: $(LIBXC_LINUX)
	$(call say,LD,$@)
	$(Q)$(CC) -shared -Wl,-soname,libxc.so.4.17 -Wl,-z,defs -o $@ $^

-include $(LIBXC_LINUX:.o=.d) $(LIBXC_EMBEDDED_OBJS:.o=.d)
