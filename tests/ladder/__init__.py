# SPDX-License-Identifier: GPL-2.0-only
"""The test ladder: what tests/check.py runs, one module a rung.

A rung offers jobs (things that run on their own, perhaps side by side); a job yields cases, each with
an explicit verdict. Invariant: a job that yields no case, or dies, is itself an ERROR: silence is
never success.
"""
