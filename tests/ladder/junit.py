# SPDX-License-Identifier: GPL-2.0-only
"""JUnit XML of a run: written, and read again by what judges a run."""

import re
import xml.etree.ElementTree as ET

from .verdict import Case, ERROR, FAIL, PASS, SKIP

UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
OUTPUT_LIMIT = 20000


def _clean(text):
    return UNPRINTABLE.sub("?", text)


def write(path, rungs):
    """rungs: {rung name: [Case]}."""
    root = ET.Element("testsuites")
    for rung, cases in rungs.items():
        suite = ET.SubElement(root, "testsuite", name=rung, tests=str(len(cases)))
        counts = {FAIL: 0, ERROR: 0, SKIP: 0}
        for case in cases:
            element = ET.SubElement(suite, "testcase", classname=rung, name=case.name,
                                    time=f"{case.seconds:.3f}")
            if case.verdict in counts:
                counts[case.verdict] += 1
                tag = {FAIL: "failure", ERROR: "error", SKIP: "skipped"}[case.verdict]
                ET.SubElement(element, tag, message=_clean(case.reason),
                              **({"type": "untested"} if case.untested else {}))
            if case.output:
                ET.SubElement(element, "system-out").text = _clean(case.output[-OUTPUT_LIMIT:])
        suite.set("failures", str(counts[FAIL]))
        suite.set("errors", str(counts[ERROR]))
        suite.set("skipped", str(counts[SKIP]))
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def read(path):
    """The cases of a report, of all rungs."""
    verdicts = {"failure": FAIL, "error": ERROR, "skipped": SKIP}
    cases = []
    for element in ET.parse(path).getroot().iter("testcase"):
        case = Case(element.get("name"), PASS, seconds=float(element.get("time")),
                    output=element.findtext("system-out", ""))
        for child in element:
            if child.tag in verdicts:
                case.verdict, case.reason = verdicts[child.tag], child.get("message")
                case.untested = child.get("type") == "untested"
        cases.append(case)
    return cases
