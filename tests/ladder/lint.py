# SPDX-License-Identifier: GPL-2.0-only
"""Rung 1: the tree's own rules, each check a case."""

import lint.lint
from lint.tree import Tree

from .make import make
from .verdict import Case, FAIL, Job, PASS, SKIP


def jobs(context):
    """One job a check; the checks that compile read generated headers."""
    make(context, "generated")
    tree = Tree(context.build, context.cc)

    def job(name):
        def run():
            findings, skipped = lint.lint.run_check(name, tree)
            if skipped:
                return [Case(f"lint.{name}", SKIP, skipped)]
            if findings:
                return [Case(f"lint.{name}", FAIL, f"{len(findings)} findings",
                             output="\n".join(map(str, findings[-40:])))]
            return [Case(f"lint.{name}", PASS)]
        return Job(name, run)
    return [job(name) for name in lint.lint.CHECKS]
