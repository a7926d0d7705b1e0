# SPDX-License-Identifier: GPL-2.0-only
"""Debian's Linux as dom0: its kernel, and an initramfs made for it."""
