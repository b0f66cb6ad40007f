# SPDX-License-Identifier: Apache-2.0
"""A copy of the work tree in which one mutant at a time is built and tried."""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path



# This many test targets are built and run at a time: few enough that a mutant
# that is noticed soon costs little, and enough to keep the processors busy.
_AT_A_TIME = 4

_RESULT = re.compile(r'^(//\S+) +(?:\(cached\) )?'
                     r'(PASSED|FAILED TO BUILD|FAILED|TIMEOUT|NO STATUS|FLAKY)'
                     r'(?: in (?:\d+ out of \d+ in )?([\d.]+)s)?', re.MULTILINE)
_FAILED_CASE = re.compile(r'^\[  FAILED  \] (\w+[./][\w/.]+)', re.MULTILINE)


@dataclass
class Verdict:
    """What became of one mutant: 'noticed', 'unnoticed', or one of those that are
    not counted, 'does not compile' and 'equivalent'."""
    kind: str
    by: str = ''
    tests_run: int = 0
    seconds: float = 0

    @property
    def counts(self):
        return self.kind in ('noticed', 'unnoticed')


class TimeIsUp(Exception):
    pass


@dataclass
class Result:
    status: int
    output: str
    tests: dict = field(default_factory=dict)  # Name -> (verdict, seconds).


class Workbench:
    """Holds a lock on its directory for as long as it lives."""

    def __init__(self, source, directory, bazel, test_timeout):
        self.directory = Path(directory)
        self._bazel = bazel
        self._test_timeout = test_timeout
        self._objects = {}
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.directory.parent / (self.directory.name + '.lock'), 'w',
                          encoding='utf-8')
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SystemExit(f'{directory} is in use by another run: wait for its '
                             'end, or name another place with --work') from error
        self._copy(Path(source))

    def _copy(self, source):
        listed = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
            cwd=source, check=True, capture_output=True, text=True).stdout
        wanted = {name for name in listed.split('\0') if name and (source / name).is_file()}
        if (source / '.bazelrc.local').exists():
            wanted.add('.bazelrc.local')
        for top, folders, files in os.walk(self.directory):
            folders[:] = [f for f in folders if not os.path.islink(os.path.join(top, f))]
            for name in files:
                path = Path(top, name)
                if str(path.relative_to(self.directory)) not in wanted:
                    path.unlink()
        for name in wanted:
            here, there = source / name, self.directory / name
            if there.is_file() and there.read_bytes() == here.read_bytes():
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(here, there)

    def bazel(self, arguments, deadline=None):
        """Runs bazel, and stops it at `deadline` (of time.monotonic)."""
        with subprocess.Popen(
                [self._bazel, *arguments], cwd=self.directory, text=True, errors='replace',
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True) as process:
            try:
                output, _ = process.communicate(
                    timeout=deadline and max(1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired as error:
                os.killpg(process.pid, signal.SIGINT)
                process.communicate()
                raise TimeIsUp() from error
        tests = {name: (verdict, float(seconds or 0))
                 for name, verdict, seconds in _RESULT.findall(output)}
        return Result(process.returncode, output, tests)

    def query(self, arguments):
        return subprocess.run([self._bazel, *arguments], cwd=self.directory, check=True,
                              capture_output=True, text=True).stdout

    def run_tests(self, targets, *options, deadline=None):
        return self.bazel(['test', '--test_summary=short', '--test_output=errors',
                           f'--test_timeout={self._test_timeout}', *options, *targets],
                          deadline)

    def shut_down(self):
        self.bazel(['shutdown'])

    def try_mutant(self, mutation, tests, limit):
        """Judges one mutant by `tests`, nearest first, within `limit` seconds."""
        started = time.monotonic()
        path = self.directory / mutation.path
        original = path.read_text(encoding='utf-8')
        self._object_before(mutation.path, tests)
        # Building the original may have taken long, and is done once a file.
        deadline = time.monotonic() + limit
        try:
            path.write_text(mutation.apply(original), encoding='utf-8')
            verdict = self._judge(mutation.path, tests, deadline)
        finally:
            path.write_text(original, encoding='utf-8')
        verdict.seconds = time.monotonic() - started
        return verdict

    def _judge(self, path, tests, deadline):
        run = 0
        try:
            built = self._build(path, tests, deadline)
            if built.status != 0:
                return Verdict('does not compile')
            if self._object(path) == self._objects[path]:
                return Verdict('equivalent')
            for i in range(0, len(tests), _AT_A_TIME):
                some = tests[i:i + _AT_A_TIME]
                result = self.run_tests(some, '--notest_keep_going', deadline=deadline)
                if result.status == 3:
                    return Verdict('noticed', self._who(result), run + len(some))
                if result.status != 0:
                    return Verdict('does not compile')
                run += len(some)
        except TimeIsUp:
            return Verdict('unnoticed', f'the time was up after {run} of {len(tests)} '
                           'test targets', run)
        return Verdict('unnoticed', tests_run=run)

    @staticmethod
    def _who(result):
        failed = [f'{name} ({verdict.lower()})' if verdict == 'TIMEOUT' else name
                  for name, (verdict, _) in result.tests.items()
                  if verdict in ('FAILED', 'TIMEOUT')]
        cases = list(dict.fromkeys(_FAILED_CASE.findall(result.output)))
        return ', '.join(failed[:2]) + (': ' + ', '.join(cases[:2]) if cases else '')

    def _build(self, path, tests, deadline=None):
        if path.endswith('.cc'):
            return self.bazel(['build', '--compile_one_dependency', path], deadline)
        return self.bazel(['build', *tests[:_AT_A_TIME]], deadline)

    def _object_before(self, path, tests):
        if path in self._objects:
            return
        built = self._build(path, tests)
        if built.status != 0:
            raise SystemExit(f'the original does not build:\n{built.output[-3000:]}')
        self._objects[path] = self._object(path)

    def _object(self, path):
        """The hash of what the compiler made of a source file; of a header, that
        of everything which the nearest tests are built of."""
        digest = hashlib.sha256()
        top = self.directory / 'bazel-bin'
        if path.endswith('.cc'):
            folder, name = path.rsplit('/', 1)
            objects = []
            while folder and not objects:
                objects = list((top / folder / '_objs').rglob(name[:-3] + '*.o'))
                folder = folder.rpartition('/')[0]
        else:
            objects = list(top.rglob('_objs/**/*.o'))
        for item in sorted(objects):
            digest.update(str(item).encode() + item.read_bytes())
        return digest.hexdigest()
