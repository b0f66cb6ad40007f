#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges a JSON document by a policy in Rego, as conftest does.

  judge.py POLICY.rego DOCUMENT.json

Prints what the rule `deny` of the package `release` says, a line each, and
exits with 1 if it says anything."""

import json
import sys

from regopy import Interpreter


def value_of(answer, name):
    """The value under a name, wherever it is in the answer."""
    if isinstance(answer, dict) and name in answer:
        return answer[name]
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else ()
    for part in parts:
        found = value_of(part, name)
        if found is not None:
            return found
    return None


def main():
    policy, document = sys.argv[1:]
    rego = Interpreter()
    with open(policy, encoding='utf-8') as file:
        rego.add_module('release', file.read())
    with open(document, encoding='utf-8') as file:
        rego.set_input(json.load(file))
    answer = str(rego.query('denied = data.release.deny'))
    denied = value_of(json.loads(answer), 'denied')
    if denied is None:
        return f'the policy gave no verdict: {answer}'
    for line in denied:
        print(line)
    return 1 if denied else 0


sys.exit(main())
