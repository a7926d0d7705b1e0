# SPDX-License-Identifier: GPL-2.0-only
"""Operation tables: reading them (schema) and what is made from them (emit_*)."""
