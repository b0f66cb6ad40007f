#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets in files, in every form that they may have been given.

Usage: canary_search.py SECRETS PATH...

SECRETS has a line "NAME SECRET" for each. Each file at or below the paths is
read as it is and, where it is gzip, unpacked. A secret is found as itself, with
its bytes percent-encoded or as JSON escapes, in hexadecimal digits, and as the
part of any base64 text that it leaves no choice for. Prints "FILE: NAME (FORM)"
for each that is found, and exits with 1 then.
"""

import base64
import gzip
import pathlib
import re
import sys
import urllib.parse
import zlib


def forms(secret):
    """Pairs of a form's name and its bytes."""
    raw = secret.encode()
    yield "as it is", raw
    for safe in "", "/":
        encoded = urllib.parse.quote(secret, safe=safe)
        yield "percent-encoded", encoded.encode()
        yield "percent-encoded", re.sub("%..", lambda digits: digits.group().lower(), encoded).encode()
    yield "escaped", secret.replace("/", "\\/").encode()
    yield "hexadecimal", raw.hex().encode()
    for ahead in range(3):
        # The characters before and after share bits with what is beside it.
        whole = base64.b64encode(b"\0" * ahead + raw)
        inner = whole[(0, 2, 3)[ahead]:len(whole) - 4]
        yield "base64", inner
        yield "base64url", inner.replace(b"+", b"-").replace(b"/", b"_")


def contents(path):
    content = path.read_bytes()
    yield content
    if content[:2] == b"\x1f\x8b":
        try:
            yield gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            pass


def files(paths):
    for path in map(pathlib.Path, paths):
        yield from ([path] if path.is_file() else (p for p in path.rglob("*") if p.is_file() and not p.is_symlink()))


def main():
    secrets = [line.split(" ", 1) for line in pathlib.Path(sys.argv[1]).read_text().splitlines()]
    needles = [(name, form, needle) for name, secret in secrets for form, needle in forms(secret)]
    found, looked = set(), 0
    for path in files(sys.argv[2:]):
        looked += 1
        for content in contents(path):
            found |= {f"{path}: {name} ({form})" for name, form, needle in needles if needle in content}
    print("\n".join(sorted(found)) if found else f"nothing in {looked} files")
    sys.exit(bool(found) or looked == 0)


main()
