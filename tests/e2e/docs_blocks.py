#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the commands of a page of the documents as one script for bash.

    tests/e2e/docs_blocks.py PAGE

Each fenced block of language "sh" is a part of it, in the order of the page, unless
the line above says otherwise:

    <!-- run by: tests/e2e/NAME.sh -->    that test does it
    <!-- not run: WHY -->                 nothing can do it in a test

The script says before each block which one it is, and ends at the first failure.
The environment says what stands for the examples' hosts and directories
(DOCS_REGISTRY, DOCS_COORDINATOR, DOCS_HTTP, DOCS_ROOT).
"""

import os
import re
import sys

MARK = re.compile(r"<!-- (?:run by: \S+|not run: .+) -->$")


def blocks(text):
    """Yields (line, marked, commands) of each block of language sh."""
    before, begun, lines = "", 0, []
    for number, line in enumerate(text.splitlines(), 1):
        if begun:
            if line.startswith("```"):
                yield begun, bool(MARK.match(marked)), lines
                begun, lines = 0, []
            else:
                lines.append(line)
        elif line == "```sh":
            begun, marked = number, before
        before = line


def substituted(line):
    """Puts what a test has in the place of what the examples name."""
    there = os.environ
    for example, real in (
            (r"registry\.inside\.example\.com/team", there["DOCS_REGISTRY"] + "/inside"),
            (r"registry\.example\.com", there["DOCS_REGISTRY"]),
            (r"farm\.example\.com:7070", there["DOCS_COORDINATOR"]),
            (r"--host farm\.example\.com", "--host 127.0.0.1"),
            (r"0\.0\.0\.0:7070", there["DOCS_COORDINATOR"]),
            (r"127\.0\.0\.1:7070", there["DOCS_COORDINATOR"]),
            (r"127\.0\.0\.1:7071", there["DOCS_HTTP"]),
            (r"(?<![\w.])/srv/backup\b", there["DOCS_ROOT"] + "/srv/backup"),
            (r"--worker (?:'arm-\*'|build-2)", "--worker '*'"),
            (r"--allow-private 10\.0\.0\.0/8", "--allow-private 127.0.0.0/8"),
            (r"(?<![\w.])/(etc|var/lib|var/cache)/kso\b", there["DOCS_ROOT"] + r"/\1/kso")):
        line = re.sub(example, real, line)
    return line


def main():
    page = sys.argv[1]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    print("set -euo pipefail")
    for number, marked, lines in blocks(text):
        if not marked:
            print(f"echo '{page}:{number}'")
            print("\n".join(substituted(line) for line in lines))


if __name__ == "__main__":
    main()
