# SPDX-License-Identifier: Apache-2.0
"""The changes that are made, as the literature on mutation testing has them."""

import re
from dataclasses import dataclass

from mutation.source import closing

# The compiler would refuse what a deletion leaves unused; this is no reason to
# leave the mutant out. The lines of the file keep their numbers.
_QUIET = ('unused-variable', 'unused-but-set-variable', 'unused-parameter',
          'unused-but-set-parameter', 'unused-function', 'unused-value',
          'unused-result', 'unused-const-variable', 'unused-local-typedefs',
          'implicit-fallthrough', 'maybe-uninitialized', 'uninitialized',
          'type-limits', 'parentheses', 'bool-compare', 'int-in-bool-context',
          'sign-compare', 'bool-operation', 'logical-not-parentheses',
          'misleading-indentation', 'empty-body', 'dangling-else',
          'tautological-compare', 'stringop-overflow', 'array-bounds')
PREAMBLE = ''.join(f'#pragma GCC diagnostic ignored "-W{w}"\n' for w in _QUIET)

_RELATIONS = {'==': '!=', '!=': '==', '<': '>=', '>': '<=', '<=': '>', '>=': '<'}
_BOUNDARIES = {'<': '<=', '<=': '<', '>': '>=', '>=': '>'}
_LOGIC = {'&&': '||', '||': '&&'}
_ARITHMETIC = {'+': '-', '-': '+', '*': '/', '/': '*', '%': '*', '+=': '-=',
               '-=': '+=', '<<': '>>', '>>': '<<'}

# Waiting times and the project's named limits: 21 s in the place of 20 s is no
# change that anybody would notice, and a test for it would repeat the constant.
_WAITS = re.compile(r'absl::(?:Hours|Minutes|Seconds|Milliseconds|Microseconds)\(')
_SMALL = 10

# Calls that change nothing but how much memory or time something takes, or when
# a stream is seen that is written at the end anyway; and what is said in logs.
_NO_EFFECT = re.compile(
    r'[^\s(]*(\.|->)(reserve|shrink_to_fit|flush|AssertHeld|AssertReaderHeld)\('
    r'|(spdlog::|LogLine\b)')

# The sizes of a function's own large buffers, and the bounds of a histogram's
# buckets.
_BUFFERS = re.compile(r'\bchar \w+\[(\d{3,}|\d+ << \d+)\]')
_BUCKETS = re.compile(r'\bconstexpr double \w+\[\] = \{[^}]*$')


@dataclass(frozen=True)
class Mutation:
    path: str
    line: int
    column: int
    operator: str
    start: int
    end: int
    replacement: str
    before: str
    after: str

    @property
    def id(self):
        return f'{self.path}:{self.line}:{self.column}:{self.operator}'

    def apply(self, text):
        return (PREAMBLE + f'#line 1 "{self.path}"\n' + text[:self.start] +
                self.replacement + text[self.end:])


def mutations(path, source):
    """All changes of one file, in the order of their places."""
    found = []
    for operator, start, end, replacement in _sites(source):
        old = source.text[start:end]
        lines = '\n' * (old.count('\n') - replacement.count('\n'))
        # A reader sees the line before and after.
        left = source.text.rfind('\n', 0, start) + 1
        right = source.text.find('\n', end)
        before = source.text[left:right]
        after = source.text[left:start] + replacement + source.text[end:right]
        found.append(Mutation(path, source.line(start), source.column(start),
                              operator, start, end, replacement + lines,
                              _squeeze(before), _squeeze(after)))
    return sorted(found, key=lambda m: (m.start, m.end, m.operator))


def _squeeze(text):
    return re.sub(r'\s+', ' ', text).strip()


def _sites(source):
    """Where a failure of a call of the system or of OpenSSL is reported, only the
    whole condition is negated: a test cannot make each of these calls fail."""
    for site in (*_operators(source), *_negations(source), *_deletions(source),
                 *_literals(source)):
        around = [c for c in source.conditions if c.start <= site[1] < c.end]
        if any(_only_logs(source, c) for c in around):
            continue
        if site[0] == 'negate' or not any(_is_of_system(source, c) for c in around):
            yield site


def _is_of_system(source, condition):
    if re.search(r'\bEINTR\b', source.text[condition.start:condition.end]):
        return True
    first = source.text[condition.end:condition.end + 120].split(';')[0]
    return condition.is_guard and re.search(
        r'\berrno\b|\bCryptoError\(|"out of memory"', first)


def _only_logs(source, condition):
    """Whether nothing but a line of the log depends on the condition."""
    rest = source.code[condition.end + 1:]
    body = re.match(r'\s*(\{\s*)?(spdlog::\w+|LogLine)(?=\()', rest)
    if condition.keyword != 'if' or not body:
        return False
    end = closing(rest, body.end()) + 1
    after = r';\s*\}(?!\s*else\b)' if body.group(1) else r';(?!\s*else\b)'
    return end > 0 and re.match(after, rest[end:]) is not None


def _operators(source):
    for match in re.finditer(r'(?<=[\w)\]"}>])(\s)([=!<>&|+\-*/%]{1,2})(\s)',
                             source.code):
        sign = match.group(2)
        start, end = match.span(2)
        if not source.in_body[start]:
            if sign in _ARITHMETIC and sign != '*':
                yield 'arithmetic', start, end, _ARITHMETIC[sign]
            continue
        for name, table in (('relation', _RELATIONS), ('boundary', _BOUNDARIES),
                            ('logic', _LOGIC), ('arithmetic', _ARITHMETIC)):
            if sign in table:
                yield name, start, end, table[sign]
    for match in re.finditer(r'(?<![\w+)\]])(\+\+|--)(?=\w)|(?<=\w)(\+\+|--)(?=[;)])',
                             source.code):
        if source.in_body[match.start()]:
            yield ('arithmetic', *match.span(),
                   '--' if match.group() == '++' else '++')


def _negations(source):
    for condition in source.conditions:
        text = source.text[condition.start:condition.end]
        yield 'negate', condition.start, condition.end, f'!({text})'
        if condition.is_guard:
            yield ('delete-guard', condition.start, condition.end,
                   f'false && ({text})')
    for match in re.finditer(r'!(?=[\w(*])', source.code):
        # The whole condition is negated above.
        whole = any(c.start == match.start() and
                    not re.search(r'&&|\|\|', source.code[c.start:c.end])
                    for c in source.conditions)
        if source.in_body[match.start()] and not whole:
            yield 'drop-not', match.start(), match.end(), ''


def _deletions(source):
    for statement in source.statements:
        start, end = statement.start, statement.end
        text = source.code[start:end]
        if re.fullmatch(r'(continue|break);', text):
            yield 'drop-jump', start, end, ';'
        elif text.startswith('KSO_RETURN_IF_ERROR('):
            last = closing(source.code, start + len('KSO_RETURN_IF_ERROR'))
            inner = source.text[start + len('KSO_RETURN_IF_ERROR('):last]
            yield 'ignore-error', start, end, f'(void)({inner});'
            yield 'delete-call', start, end, ';'
        elif re.match(r'(KSO_|return\b|delete\b|using\b|static_assert|goto\b|throw\b|'
                      r'spdlog::|co_)', text) or _NO_EFFECT.match(text):
            continue
        elif re.match(r'[\w:.\[\]()*>-]+ (=|\+=|-=|\|=|&=) ', text):
            yield 'delete-assignment', start, end, ';'
        elif re.match(r'(\+\+|--)[\w.>-]+;|[\w.>-]+(\+\+|--);', text):
            yield 'delete-assignment', start, end, ';'
        elif re.match(r'[A-Za-z_:*(][^\s(]*\(', text) and text.endswith(');'):
            yield 'delete-call', start, end, ';'


def _literals(source):
    for match in re.finditer(r'(?<!\w)(true|false)(?!\w)', source.code):
        flipped = 'false' if match.group() == 'true' else 'true'
        yield 'flip', match.start(), match.end(), flipped
    apart = [(m.end(), closing(source.code, m.end() - 1))
             for m in _WAITS.finditer(source.code)]
    apart += [m.span(1) for m in _BUFFERS.finditer(source.code)
              if source.in_body[m.start()]]
    for match in re.finditer(r"(?<![\w.'])(0|[1-9]\d*)(?![\w.'])", source.code):
        start, value = match.start(), int(match.group())
        line_start = source.code.rfind('\n', 0, start) + 1
        line = source.code[line_start:source.code.find('\n', start)]
        if any(a <= start < b for a, b in apart):
            continue
        if 'constexpr' in line and (value >= _SMALL or '<<' in line or '*' in line):
            continue
        if value >= _SMALL and _BUCKETS.search(source.code, source.code.rfind(
                ';', 0, start) + 1, start):
            continue
        if re.search(r'\)\s*(const\s*|override\s*)*=\s*$', source.code[line_start:start]):
            continue  # A pure virtual method.
        yield 'constant+1', match.start(), match.end(), str(value + 1)
        yield 'constant-1', match.start(), match.end(), str(value - 1)
