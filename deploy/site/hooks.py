# SPDX-License-Identifier: Apache-2.0
"""Hooks of mkdocs that make one site of the pages in English and Chinese.

A page's sidebar has the pages of its own language, and its top leads to the same
page in the other one. Links out of docs/, which are right where the sources are,
lead to `extra.source` of mkdocs.yml, or are plain text where that is not set.
Once the site is there, every link is followed, with its anchor, and everything that a
page loads has to be there.
"""

import html.parser
import logging
import os
import posixpath
import re
import urllib.parse

from mkdocs.structure.nav import Navigation

log = logging.getLogger("mkdocs.hooks.kso")

CHINESE = "zh/"
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s:]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)


def is_chinese(path):
    return path.startswith(CHINESE)


def counterpart(path):
    """Returns the path of the same page in the other language."""
    return path[len(CHINESE):] if is_chinese(path) else CHINESE + path


def outside(page, target):
    """Returns the path in the repository of a target outside of docs/, else None."""
    path, _, anchor = target.partition("#")
    if not path:
        return None
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
    if not joined.startswith("../"):
        return None
    return joined[3:] + ("#" + anchor if anchor else "")


def on_page_markdown(markdown, page, config, files, **_):
    source = (config.extra or {}).get("source")
    here = page.file.src_path

    def relink(match):
        path = outside(here, match.group(2))
        if path is None:
            return match.group()
        return f"[{match.group(1)}]({source.rstrip('/')}/{path})" if source else match.group(1)

    # Code stays as it is.
    parts, begin = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(relink, markdown[begin:fence.start()]), fence.group()]
        begin = fence.end()
    parts.append(LINK.sub(relink, markdown[begin:]))
    text = "".join(parts)

    other = counterpart(here)
    if files.get_file_from_path(other) is None:
        return text
    word = "English" if is_chinese(here) else "中文"
    target = posixpath.relpath(other, posixpath.dirname(here) or ".")
    return f"[{word}]({target})\n\n{text}"


def on_page_context(context, page, config, nav, **_):
    """Leaves the sidebar the pages of this page's language."""
    chinese = is_chinese(page.file.src_path)

    def pages_of(item):
        return [item] if item.is_page else [p for c in item.children or [] for p in pages_of(c)]

    for item in nav.items:
        pages = [p for p in pages_of(item) if p.file is not None]
        if item.is_section and pages and is_chinese(pages[0].file.src_path) == chinese:
            own = Navigation(item.children, pages)
            own.homepage = pages[0]
            context["nav"] = own
    return context


def on_page_content(html, **_):
    """Gives tables the class by which the theme draws them."""
    return html.replace("<table>", '<table class="docutils">')


def on_post_page(output, page, config, **_):
    if is_chinese(page.file.src_path):
        return re.sub(r'(<html\b[^>]*\blang=")en"', r'\1zh-CN"', output, count=1)
    return output


class Anchors(html.parser.HTMLParser):
    """Collects what a page can be linked by, and what it links to."""

    def __init__(self):
        super().__init__()
        self.ids, self.links = {""}, set()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        for name in ("id", "name"):
            if values.get(name):
                self.ids.add(values[name])
        for name in ("href", "src"):
            if values.get(name):
                self.links.add(values[name])


def on_post_build(config, **_):
    pages = {}
    for directory, _, names in os.walk(config["site_dir"]):
        for name in names:
            if name.endswith(".html"):
                path = os.path.join(directory, name)
                pages[path] = Anchors()
                with open(path, encoding="utf-8") as file:
                    pages[path].feed(file.read())
    for path, page in sorted(pages.items()):
        if os.path.basename(path) in ("404.html", "search.html"):
            continue
        for link in sorted(page.links):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path
            if parts.path:
                target = os.path.normpath(os.path.join(
                    os.path.dirname(path), urllib.parse.unquote(parts.path)))
            if os.path.isdir(target):
                target = os.path.join(target, "index.html")
            name = os.path.relpath(path, config["site_dir"])
            if not os.path.exists(target):
                log.warning("%s links to %s, which is not there", name, link)
            elif target in pages and urllib.parse.unquote(parts.fragment) not in pages[target].ids:
                log.warning("%s links to %s, which has no such anchor", name, link)
