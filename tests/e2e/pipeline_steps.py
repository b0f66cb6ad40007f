#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a job of a pipeline as one script for bash, with its steps as they stand.

    tests/e2e/pipeline_steps.py FILE JOB [NAME=VALUE...]

FILE is a workflow of GitHub's, or .gitlab-ci.yml. NAME=VALUE is what the steps see:
for GitHub an element of a context, such as vars.KSO_RELEASE or matrix.secret; for
GitLab a variable of the job's matrix. Others of GitHub's are empty, as they are there;
those of GitLab's are of the environment.

A job whose condition does not hold is a script that prints "skipped". Artifacts are
directories below $ARTIFACTS; steps that check out and cache do nothing.
"""

import re
import shlex
import sys

import yaml

TOKEN = re.compile(r"\s*(==|!=|\|\||[()\[\],]|'[^']*'|[\w.-]+)")


class Expression:
    """An expression of GitHub's, as far as the workflows have them."""

    def __init__(self, text, contexts):
        self._tokens = TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s+(?=(?:[^']*'[^']*')*[^']*$)", "", text):
            sys.exit(f"pipeline_steps.py: cannot read the expression {text}")
        self._contexts = contexts

    def value(self):
        value = self._either()
        if self._tokens:
            sys.exit(f"pipeline_steps.py: what is {' '.join(self._tokens)}?")
        return value

    def _next(self, *wanted):
        if self._tokens and (not wanted or self._tokens[0] in wanted):
            return self._tokens.pop(0)
        return None

    def _either(self):
        value = self._compared()
        while self._next("||"):
            other = self._compared()
            value = value or other
        return value

    def _compared(self):
        value = self._single()
        operator = self._next("==", "!=")
        if operator:
            value = (value == self._single()) == (operator == "==")
        return value

    def _single(self):
        word = self._next()
        if word.startswith("'"):
            return word[1:-1]
        if self._next("("):
            arguments = [self._either()]
            while self._next(","):
                arguments.append(self._either())
            self._next(")")
            if word != "startsWith":
                sys.exit(f"pipeline_steps.py: there is no function {word} here")
            return arguments[0].startswith(arguments[1])
        if self._next("["):
            word += "." + self._either()
            self._next("]")
        return self._contexts.get(word, "")


def github(workflow, name, contexts):
    def filled(text):
        return re.sub(r"\$\{\{(.*?)\}\}", lambda m: str(Expression(m.group(1), contexts).value()), str(text))

    def holds(part):
        return "if" not in part or Expression(part["if"], contexts).value()

    job = workflow["jobs"][name]
    if not holds(job):
        yield "echo skipped"
        return
    for step in job["steps"]:
        if not holds(step):
            continue
        given = step.get("with", {})
        if step.get("uses", "").startswith("actions/upload-artifact@"):
            yield f'mkdir -p "$ARTIFACTS/{given["name"]}"; cp -r {given["path"].rstrip("/")}/. "$ARTIFACTS/{given["name"]}"'
        elif step.get("uses", "").startswith("actions/download-artifact@"):
            yield f'mkdir -p {given["path"]}; cp -r "$ARTIFACTS/{given["name"]}/." {given["path"]}'
        elif "run" in step:
            variables = {**workflow.get("env", {}), **job.get("env", {}), **step.get("env", {})}
            settings = [shlex.quote(f"{key}={filled(value)}") for key, value in variables.items()]
            yield " ".join(["env", *settings, "bash", "-e", "-c", shlex.quote(filled(step["run"]))])


def gitlab(pipeline, name, matrix):
    job = pipeline[name]
    for key, value in {**matrix, **pipeline.get("variables", {}), **job.get("variables", {})}.items():
        # A variable may name others.
        yield f'export {key}="{value}"'
    before = job.get("before_script", pipeline.get("default", {}).get("before_script", []))
    for line in [*before, *job["script"]]:
        yield f"bash -e -c {shlex.quote(line)}"


def main():
    path, job, *settings = sys.argv[1:]
    known = dict(setting.split("=", 1) for setting in settings)
    with open(path, encoding="utf-8") as file:
        pipeline = yaml.safe_load(file)
    print("set -eo pipefail")
    for line in (gitlab if "stages" in pipeline else github)(pipeline, job, known):
        print(line)


main()
