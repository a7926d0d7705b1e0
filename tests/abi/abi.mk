# SPDX-License-Identifier: GPL-2.0-only
# Tests of the ABI's headers and tables: scripts, which need no building.
ABI_TESTS := $(addprefix tests/abi/,layout.py alone.py tables.py)
