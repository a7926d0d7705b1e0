# SPDX-License-Identifier: GPL-2.0-only
# `make install DESTDIR=`: the image, update-grub's script and settings, libxc with its header, xc.

VERSION := 4.17-corbel
PREFIX  ?= /usr/local

.PHONY: install uninstall
install: $(HV_IMAGE) libxc xc
	$(call say,INSTALL,$(DESTDIR)/boot/corbel-$(VERSION))
	$(Q)install -D -m 644 $(HV_IMAGE) $(DESTDIR)/boot/corbel-$(VERSION)
	$(Q)install -D -m 755 tools/build/install/20_corbel $(DESTDIR)/etc/grub.d/20_corbel
	$(Q)[ -e $(DESTDIR)/etc/default/grub.d/corbel.cfg ] || install -D -m 644 \
		tools/build/install/corbel.cfg $(DESTDIR)/etc/default/grub.d/corbel.cfg
	$(Q)install -D -m 755 $(O)/xc $(DESTDIR)$(PREFIX)/sbin/xc
	$(Q)install -d $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include/corbel
	$(Q)install -m 644 $(O)/libxc/libxc.a $(DESTDIR)$(PREFIX)/lib/libcorbel-xc.a
	$(Q)install -m 755 $(O)/libxc/libxc.so $(DESTDIR)$(PREFIX)/lib/libxc.so.$(firstword $(subst -, ,$(VERSION)))
	$(Q)cp -r --no-preserve=ownership tools/libxc/include/. include/public $(DESTDIR)$(PREFIX)/include/corbel/

# The settings are the administrator's and stay.
uninstall:
	$(Q)rm -f $(DESTDIR)/boot/corbel-$(VERSION) $(DESTDIR)/etc/grub.d/20_corbel
