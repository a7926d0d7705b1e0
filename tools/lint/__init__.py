# SPDX-License-Identifier: GPL-2.0-only
"""Static checks of the tree's own rules. Each check yields findings; see lint.py for the list."""
