# SPDX-License-Identifier: Apache-2.0
"""How the checks of tests/lint read C++: the flags, the cache, the processes.

A file's verdict depends on the file, on everything of the project that it
includes, and on the compiler and the libraries. The cache remembers, by a
digest of these, what was clean; what is not clean is judged again.
"""

import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

import lintlib

# Debian 12 and Debian 13 both have this release of LLVM.
LLVM = "19"

HOME = pathlib.Path(os.environ.get("KSO_HOME") or pathlib.Path(
    os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share") / "kso")

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

# Generated headers are found as the build finds them, and are nobody's to mend.
GENERATED = ("bazel-bin/proto", "bazel-bin")
FLAGS = ["-std=c++20", "-I."] + [f"-isystem{d}" for d in GENERATED] + ["-w"]
# The definitions without which a library's headers lack what the sources use, as
# the build takes them from pkg-config.
FLAGS += subprocess.run(["pkg-config", "--cflags-only-other", "cpp-httplib"],
                        check=True, capture_output=True, text=True).stdout.split()


def sources():
    return [f for f in lintlib.tree() if f.endswith((".cc", ".h"))]


def generate():
    """Builds the headers that programs make, such as those of proto/."""
    if not os.path.exists("WORKSPACE"):
        return
    rules = _bazel("query", "kind(genrule, //...)", "--noshow_progress").split()
    if rules:
        _bazel("build", *rules)


def _bazel(*arguments):
    done = subprocess.run(["bazel", *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tests/lint: bazel {arguments[0]} failed:\n{done.stderr}")
    return done.stdout


def resolve(include):
    """Returns the project's file behind #include "include"; None for others'."""
    for directory in (".", *GENERATED):
        path = include if directory == "." else f"{directory}/{include}"
        if os.path.isfile(path):
            return path
    return None


@functools.cache
def _includes(path):
    found = (resolve(i) for i in INCLUDE.findall(lintlib.read(path)))
    return frozenset(f for f in found if f)


@functools.cache
def _content(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def closure(path):
    """Returns `path` and all of the project that it includes."""
    seen, todo = set(), [path]
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo.extend(_includes(each))
    return seen


@functools.cache
def surroundings():
    """Identifies the compiler and the libraries."""
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    wanted = [p for p in listed if "-dev" in p or p.startswith("clang")]
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()


class Cache:
    """Remembers what was clean. `judge` says by what it was judged."""

    def __init__(self, name, judge):
        self._directory = HOME / "lint" / name
        self._directory.mkdir(parents=True, exist_ok=True)
        self._judge = judge

    def _place(self, paths):
        digest = hashlib.sha256(self._judge.encode())
        digest.update(surroundings().encode())
        for path in sorted(set().union(*map(closure, paths))):
            digest.update(f"{path} {_content(path)}\n".encode())
        digest.update("\n".join(sorted(paths)).encode())
        return self._directory / digest.hexdigest()

    def has(self, paths):
        return self._place(paths).exists()

    def add(self, paths):
        self._place(paths).touch()


def in_parallel(function, items):
    """Yields function's results, as they come, from as many threads as cores."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for done in concurrent.futures.as_completed(
                    [pool.submit(function, item) for item in items]):
                yield done.result()
        finally:
            # A check that fails ends the program at once.
            pool.shutdown(cancel_futures=True)
