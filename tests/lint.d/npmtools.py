# SPDX-License-Identifier: Apache-2.0
"""The tools that npm has and Debian has not, as package-lock.json pins them."""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BIN = HERE / "node_modules" / ".bin"


def install():
    """Installs what package-lock.json pins, when it is another than before."""
    lock = (HERE / "package-lock.json").read_bytes()
    mark = HERE / "node_modules" / ".installed-lock"
    if mark.is_file() and mark.read_bytes() == lock:
        return
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                          cwd=HERE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tests/lint: npm ci failed in {HERE}:\n{done.stdout}{done.stderr}")
    mark.write_bytes(lock)


def findings_of(script, files):
    """Runs a script of this directory, which prints a JSON list of findings."""
    install()
    done = subprocess.run(["node", HERE / script, *files], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tests/lint: {script} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)
