# SPDX-License-Identifier: Apache-2.0
"""What the checks of tests/lint share: the files, and how a finding is told.

A check is a program in this directory. It runs in the root of a checkout,
prints one line a finding, "file:line: what: how to mend", and exits with 1
when it found something.
"""

import collections
import os
import re
import subprocess
import sys

Finding = collections.namedtuple("Finding", "path line what mend")

# Languages by what a file's comments begin with.
SLASHES = (".cc", ".h", ".proto", ".js")
HASHES = (".sh", ".bzl", ".py", "BUILD.bazel", "WORKSPACE")


def tree():
    """Returns the files of the checkout, sorted: those of git and new ones.

    Outside of a checkout these are all files below the current directory.
    """
    if os.path.exists(".git"):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True, text=True).stdout.split("\0")
        return sorted(f for f in set(listed) if os.path.isfile(f))
    return sorted(
        os.path.relpath(os.path.join(directory, name))
        for directory, _, names in os.walk(".") for name in names)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def first_line(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline()


def is_shell(path):
    """Tells shell scripts, which mostly have no suffix, by their first line."""
    if path.endswith(".sh"):
        return True
    return "." not in os.path.basename(path) and bool(
        re.match(r"#!.*\b(ba)?sh\b", first_line(path)))


def is_python(path):
    if path.endswith(".py"):
        return True
    return "." not in os.path.basename(path) and bool(
        re.match(r"#!.*\bpython", first_line(path)))


def report(findings):
    """Prints the findings and ends the program."""
    findings = sorted(findings)
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.what}: {finding.mend}")
    sys.exit(1 if findings else 0)
