#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the pages of docs/reference, in English and Chinese.

    deploy/site/reference.py            writes them
    deploy/site/reference.py --check    names those that are not what it would write

The options come from what the programs print with --help, so bazel build //... has
to be done; the metrics from where the sources declare them; the paths of the HTTP
API from its OpenAPI document. Only the words around them stand here.
"""

import collections
import functools
import glob
import json
import os
import re
import subprocess
import sys

PROGRAMS = {
    "ksoctl": "bazel-bin/cli/ksoctl",
    "kso-coordinator": "bazel-bin/coordinator/kso-coordinator",
    "kso-worker": "bazel-bin/worker/kso-worker",
}
OPENAPI = "coordinator/api/openapi.json"
MADE = {
    "en": "<!-- Made by `deploy/docs reference`; changes here are lost. -->",
    "zh": "<!-- 由 `deploy/docs reference` 生成；在此处的修改会丢失。 -->",
}

# The column where CLI11 begins to say what an option means.
COLUMN = 30

Page = collections.namedtuple("Page", "path text")


def cell(text):
    """Makes text the cell of a table: one line, with nothing that is markup."""
    parts = " ".join(text.split()).split("`")
    for outside in range(0, len(parts), 2):
        parts[outside] = re.sub(r"([\\*_<>\[\]])", r"\\\1", parts[outside])
    return "`".join(parts).replace("|", "&#124;")


def table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


# The options of the programs.

FLAG_WORDS = {
    "en": {
        "title": "Options of the programs",
        "intro": "What each program prints with `--help`. [ksoctl.md](../ksoctl.md) says which command is for what.",
        "every": "Every command of `ksoctl` also takes the options that stand under `ksoctl` itself.",
        "heads": ("option", "meaning"),
    },
    "zh": {
        "title": "各程序的选项",
        "intro": "每个程序用 `--help` 打印的内容（程序的输出为英文）。哪个命令做什么，见 [ksoctl.md](../ksoctl.md)。",
        "every": "`ksoctl` 的每个命令也接受 `ksoctl` 本身的那些选项。",
        "heads": ("选项", "含义"),
    },
}


@functools.cache
def help_of(program, command=()):
    done = subprocess.run([PROGRAMS[program], *command, "--help"],
                          capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip("\n")


def commands_in(text):
    """Yields the commands that a help lists: those before its examples and options."""
    for line in text.splitlines():
        if re.match(r"(Options|Examples|Begin with)\b", line):
            return
        match = re.match(r"  ([a-z][a-z-]*)  +\S", line)
        if match:
            yield match.group(1)


def walk(command=()):
    text = help_of("ksoctl", command)
    yield command, text.split("\nFor every command ")[0].rstrip()
    for name in commands_in(text):
        yield from walk((*command, name))


def options_in(text):
    """Yields the options of a program and what they mean, as CLI11 prints them:
    the meaning stands in column 30, on a line of its own where the option is long.
    """
    found = []
    for line in text.splitlines():
        if re.match(r"  -", line):
            short = line[COLUMN - 1:COLUMN] == " " and re.match("[A-Z]", line[COLUMN:])
            found.append([line[:COLUMN] if short else line, line[COLUMN:] if short else ""])
        elif found and line.startswith("      "):
            found[-1][1] += " " + line.strip()
    for option, meaning in found:
        # Debian 12's CLI11 writes a default as =VALUE, Debian 13's as [VALUE].
        default = re.search(r"(?:(?<!REGISTRY)=| \[)([^\s\]]+)\]?\s*$", option)
        option = re.sub(r"(:INT.*|(?<!REGISTRY)=\S+| \[\S+\])\s*$", "", option)
        option = option.replace(",", ", ")
        option = re.sub(r"\w+:(\{[^{}]*\})", r"\1", option)
        if option.strip().endswith(" REQUIRED"):
            option = option.replace(" REQUIRED", "")
            meaning += " (required)"
        if default:
            meaning += f" (default: {default.group(1)})"
        yield option.strip(), meaning.strip()


def flags(language):
    words = FLAG_WORDS[language]
    parts = [f"# {words['title']}", MADE[language], words["intro"], "## ksoctl", words["every"]]
    for command, text in walk():
        if command:
            parts.append("##" + "#" * len(command) + " ksoctl " + " ".join(command))
        parts.append(f"```text\n{text}\n```")
    for program in ("kso-coordinator", "kso-worker"):
        rows = [(f"`{option}`", cell(meaning)) for option, meaning in options_in(help_of(program))]
        parts += [f"## {program}", table(words["heads"], rows)]
    return "\n\n".join(parts) + "\n"


# The metrics.

Metric = collections.namedtuple("Metric", "name kind help")
METRIC_WORDS = {
    "en": {
        "title": "Metrics",
        "intro": "What `/metrics` of the programs has, in Prometheus's format. "
                 "[operating.md](../operating.md#watching) says how to scrape and watch them.",
        "sections": {"coordinator": "The coordinator", "worker": "A worker", "common": "Every program",
                     "cli": "A build, by `ksoctl submit --metrics-file`"},
        "heads": ("metric", "type", "what it is"),
    },
    "zh": {
        "title": "指标",
        "intro": "各程序的 `/metrics` 以 Prometheus 格式提供的内容（说明文字与程序输出一致，为英文）。"
                 "如何抓取和监控，见 [operating.md](../operating.md#监控)。",
        "sections": {"coordinator": "coordinator", "worker": "worker", "common": "所有程序",
                     "cli": "一次构建，由 `ksoctl submit --metrics-file` 写出"},
        "heads": ("指标", "类型", "说明"),
    },
}
STRING = r'"(?:[^"\\]|\\.)*"'
STRINGS = rf"{STRING}(?:\s*{STRING})*"
# BuildCounter() .Name("...") .Help("..." "...")
BUILT = re.compile(rf"Build(Counter|Gauge|Histogram|Summary)\(\)\s*\.Name\(({STRING})\)\s*\.Help\(({STRINGS})\)")
# GaugeFamily("...", "..."), CounterFamily(...), metrics.Gauge("...", "...")
COLLECTED = re.compile(rf"\b(Counter|Gauge)(?:Family)?\(\s*({STRING}),\s*({STRINGS})\s*\)")
# Family("...", "...", MetricType::Gauge, ...)
SHOWN = re.compile(rf"\bFamily\(\s*({STRING}),\s*({STRINGS}),\s*(?:prometheus::)?MetricType::(\w+)")


def joined(strings):
    return "".join(part[1:-1] for part in re.findall(STRING, strings))


def metrics_in(text):
    for kind, name, meaning in BUILT.findall(text) + COLLECTED.findall(text):
        yield Metric(joined(name), kind.lower(), joined(meaning))
    for name, meaning, kind in SHOWN.findall(text):
        yield Metric(joined(name), kind.lower(), joined(meaning))


def metrics(language):
    words = METRIC_WORDS[language]
    parts = [f"# {words['title']}", MADE[language], words["intro"]]
    found = collections.defaultdict(set)
    for path in glob.glob("*/**/*.cc", recursive=True):
        room = path.split("/")[0]
        if room in words["sections"] and not path.endswith("_test.cc"):
            with open(path, encoding="utf-8") as file:
                found[room].update(m for m in metrics_in(file.read()) if re.match("kso_|process_", m.name))
    for room, title in words["sections"].items():
        if found[room]:
            rows = [(f"`{m.name}`", m.kind, cell(m.help)) for m in sorted(found[room])]
            parts += [f"## {title}", table(words["heads"], rows)]
    return "\n\n".join(parts) + "\n"


# The paths of the HTTP API.

API_WORDS = {
    "en": {
        "title": "Paths of the HTTP API",
        "intro": "Every path of the coordinator's HTTP API, made of "
                 "[openapi.json](../../coordinator/api/openapi.json), which has the schemas too. "
                 "[api.md](../api.md) says what holds for all of them.",
        "role": "Role", "public": "none: open to everybody", "takes": ("parameter", "in", "meaning"),
        "body": "Body", "answers": ("status", "answer"), "parameters": "parameters",
    },
    "zh": {
        "title": "HTTP API 的路径",
        "intro": "coordinator 的 HTTP API 的每个路径，由 [openapi.json](../../../coordinator/api/openapi.json) 生成"
                 "（其中也有各 schema；说明文字为英文）。对所有路径都成立的规则见 [api.md](../api.md)。",
        "role": "角色", "public": "无：对所有人开放", "takes": ("参数", "位置", "含义"),
        "body": "请求体", "answers": ("状态", "应答"), "parameters": "参数",
    },
}


def resolved(document, node):
    while "$ref" in node:
        target = document
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        node = target
    return node


def content_of(node):
    """Says what a body is: a schema's name, or its media types."""
    said = []
    for media, content in node.get("content", {}).items():
        schema = content.get("schema", {})
        said.append(f"`{schema['$ref'].rsplit('/', 1)[-1]}`" if "$ref" in schema else f"`{media}`")
    return ", ".join(said)


def api(language):
    words = API_WORDS[language]
    with open(OPENAPI, encoding="utf-8") as file:
        document = json.load(file)
    parts = [f"# {words['title']}", MADE[language], words["intro"]]
    groups = collections.defaultdict(list)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in ("get", "post", "put", "patch", "delete"):
                groups[operation.get("tags", ["other"])[0]].append((method.upper(), path, operation, item))
    for tag in [t["name"] for t in document.get("tags", [])] or sorted(groups):
        parts.append(f"## {tag}")
        for method, path, operation, item in groups[tag]:
            role = operation.get("x-role", "public")
            parts.append(f"### {method} {path}")
            said = operation["summary"].rstrip(".") + "."
            if "description" in operation:
                said += " " + operation["description"]
            parts.append(said)
            parts.append(f"{words['role']}: " + (words["public"] if role == "public" else f"`{role}`") + "."
                         if language == "en" else
                         f"{words['role']}：" + (words["public"] if role == "public" else f"`{role}`") + "。")
            takes = [resolved(document, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
            if takes:
                parts.append(table(words["takes"], [
                    (f"`{p['name']}`", p["in"], cell(p.get("description", ""))) for p in takes]))
            answers = []
            if "requestBody" in operation:
                parts.append(words["body"] + (": " if language == "en" else "：") +
                             content_of(resolved(document, operation["requestBody"])))
            for status, answer in operation["responses"].items():
                answer = resolved(document, answer)
                answers.append((status, " ".join(filter(None, (
                    cell(answer.get("description", "")), content_of(answer))))))
            parts.append(table(words["answers"], answers))
    return "\n\n".join(parts) + "\n"


def pages():
    for language, directory in (("en", "docs/reference"), ("zh", "docs/zh/reference")):
        for name, make in (("flags", flags), ("metrics", metrics), ("api", api)):
            yield Page(f"{directory}/{name}.md", make(language))


def main():
    missing = [p for p in PROGRAMS.values() if not os.access(p, os.X_OK)]
    if missing:
        sys.exit(f"{' and '.join(missing)} are not built; run bazel build //...")
    stale = []
    for page in pages():
        known = None
        if os.path.exists(page.path):
            with open(page.path, encoding="utf-8") as file:
                known = file.read()
        if known == page.text:
            continue
        stale.append(page.path)
        if "--check" not in sys.argv[1:]:
            os.makedirs(os.path.dirname(page.path), exist_ok=True)
            with open(page.path, "w", encoding="utf-8") as file:
                file.write(page.text)
    print("\n".join(stale), end="\n" if stale else "")
    sys.exit(1 if stale and "--check" in sys.argv[1:] else 0)


main()
