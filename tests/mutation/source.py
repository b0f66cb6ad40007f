# SPDX-License-Identifier: Apache-2.0
"""Reads C++ just well enough to find statements and conditions in it.

The project's sources are formatted by clang-format, so spacing tells operators
from template brackets. Whatever is misread becomes a mutant that does not
compile, and such mutants are not counted.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r'//[^\n]*'                                        # a comment
    r'|/\*.*?\*/'                                      # a comment
    r'|R"(?P<mark>[^(\s]*)\((?:.|\n)*?\)(?P=mark)"'    # a raw string
    r'|"(?:\\.|[^"\\\n])*"'                            # a string
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"            # a character
    r'|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*',                # the preprocessor
    re.DOTALL | re.MULTILINE)

_TEXT_CALL = re.compile(r'\b(?:spdlog::\w+|LogLine|[A-Z]\w*Error)\(')
_TYPE_HEAD = re.compile(r'\b(namespace|class|struct|union)\b[^()]*$')
_ENUM_HEAD = re.compile(r'\benum\b[^()]*$')
_BODY_HEAD = re.compile(
    r'(\)|\]|\b(else|do|try))\s*'
    r'((const|noexcept|override|final|mutable)\s*|->\s*[\w:<>,*&\s]+)*$')
_LABEL = re.compile(r'\s*(case\b[^?]*|default|public|private|protected)\s*$')
_PREFIX = re.compile(r'\s*(?:else\b|(?:if|for|while|switch)\s*(?:constexpr\s*)?(?=\())')
_CONDITION = re.compile(r'\b(if|while)\s*(?=\()')


def blank(text):
    return re.sub(r'[^\n]', ' ', text)


def mask(text):
    """The code with comments, texts and preprocessor lines blanked out."""
    def cover(match):
        token = match.group(0)
        if token[0] in '"\'' or token.startswith('R"'):
            return '"' + blank(token[1:-1]) + '"'
        return blank(token)
    return _TOKEN.sub(cover, text)


def closing(code, opening):
    """Where the bracket that opens at `opening` closes, or -1."""
    pairs = {'(': ')', '[': ']', '{': '}'}
    depth = 0
    for i in range(opening, len(code)):
        if code[i] in pairs:
            depth += 1
        elif code[i] in ')]}':
            depth -= 1
            if depth == 0:
                return i
    return -1


@dataclass
class Statement:
    """A simple statement: [start, end), `end` behind its semicolon."""
    start: int
    end: int


@dataclass
class Condition:
    """What stands between the brackets of an `if` or a `while`."""
    start: int
    end: int
    keyword: str
    is_guard: bool  # Only leads out of the function or the round.


class Source:
    """One file. `code` has the places of `text`, `in_body` tells those that are
    in the body of a function."""

    def __init__(self, text):
        self.text = text
        self.code = mask(text)
        self._blank_messages()
        self.in_body = bytearray(len(text) + 1)
        self.statements = []
        self._scan()
        self.conditions = list(self._conditions())

    def line(self, position):
        return self.text.count('\n', 0, position) + 1

    def column(self, position):
        return position - self.text.rfind('\n', 0, position)

    def _blank_messages(self):
        """Arguments of errors and of log lines are texts."""
        for match in list(_TEXT_CALL.finditer(self.code)):
            end = closing(self.code, match.end() - 1)
            if end > 0:
                self.code = (self.code[:match.end()] +
                             blank(self.code[match.end():end]) + self.code[end:])

    def _scan(self):
        # Each frame is [kind, where its current statement begins]; the kinds are
        # 'outside', 'body', 'value' and 'brackets'.
        frames = [['outside', 0]]
        bodies = 0
        for i, c in enumerate(self.code):
            self.in_body[i] = bodies > 0
            top = frames[-1]
            if c in '([':
                frames.append(['brackets', i + 1])
            elif c in ')]':
                if len(frames) > 1:
                    frames.pop()
            elif c == '{':
                kind = self._kind(self.code[top[1]:i], top[0])
                bodies += kind == 'body'
                frames.append([kind, i + 1])
            elif c == '}':
                if len(frames) > 1:
                    kind = frames.pop()[0]
                    bodies -= kind == 'body'
                    if kind != 'value':
                        frames[-1][1] = i + 1
            elif c == ';':
                if top[0] == 'body':
                    self._add(top[1], i + 1)
                if top[0] != 'brackets':
                    top[1] = i + 1
            elif c == ':' and top[0] in ('body', 'outside'):
                if (self.code[i + 1:i + 2] != ':' and self.code[i - 1] != ':' and
                        _LABEL.match(self.code[top[1]:i])):
                    top[1] = i + 1

    @staticmethod
    def _kind(head, around):
        head = head.rstrip()
        if _ENUM_HEAD.search(head):
            return 'value'
        if _TYPE_HEAD.search(head) and not head.endswith(')'):
            return 'outside'
        if _BODY_HEAD.search(head) or (not head and around == 'body'):
            return 'body'
        return 'value'

    def _add(self, start, end):
        while True:
            prefix = _PREFIX.match(self.code, start, end)
            if not prefix:
                break
            start = prefix.end()
            if self.code[start] == '(':
                start = closing(self.code, start) + 1
                if start <= 0:
                    return
        while start < end and self.code[start].isspace():
            start += 1
        if start < end - 1:
            self.statements.append(Statement(start, end))

    def _conditions(self):
        for match in _CONDITION.finditer(self.code):
            opening = match.end()
            end = closing(self.code, opening)
            if end < 0 or not self.in_body[match.start()]:
                continue
            start = opening + 1
            semicolon = self.code.rfind(';', start, end)
            if semicolon >= 0:
                start = semicolon + 2
            if re.search(r'[\w>*&] \w+ = ', self.code[start:end]):
                continue  # It declares something.
            yield Condition(start, end, match.group(1),
                            match.group(1) == 'if' and self._leads_out(end + 1))

    def _leads_out(self, start):
        leaving = r'(return|continue|break)\b'
        rest = re.compile(r'\s*').match(self.code, start).end()
        if re.match(leaving, self.code[rest:rest + 10]):
            return True
        if self.code[rest] != '{':
            return False
        end = closing(self.code, rest)
        if end < 0 or re.match(r'\s*else\b', self.code[end + 1:end + 50]):
            return False
        block = self.code[rest + 1:end].rstrip()
        last = max(block.rfind(c, 0, len(block) - 1) for c in ';{}')
        return bool(re.match(r'\s*' + leaving, block[last + 1:]))
