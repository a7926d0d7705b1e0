# SPDX-License-Identifier: GPL-2.0-only
#
# Which suites each test kernel links. The same suites in another start form prove that form.

GUEST_TEST_NAMES := basic

GUEST_TEST_basic := version
