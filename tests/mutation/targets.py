# SPDX-License-Identifier: Apache-2.0
"""Which tests a source file reaches, nearest first."""

import xml.etree.ElementTree as xml
from collections import defaultdict

QUERY = ['query', '--noimplicit_deps', '--output=xml', 'deps(//...)']


class Targets:
    """Built from what `bazel query` prints for QUERY."""

    def __init__(self, query_output):
        # Bazel says XML 1.1, which Python's parser does not know.
        root = xml.fromstring(query_output.replace('version="1.1"', 'version="1.0"', 1))
        self._users = defaultdict(list)
        self._tests = set()
        for rule in root.iter('rule'):
            name = rule.get('name')
            if rule.get('class').endswith('_test'):
                self._tests.add(name)
            for used in rule.iter('rule-input'):
                self._users[used.get('name')].append(name)
        self._labels = set(self._users)

    def tests_of(self, path):
        """[(distance, test)], nearest first; of equally near ones those of the
        file's own package and name come first."""
        file = self._label(path)
        if file is None:
            return []
        package = file.split(':')[0]
        stem = path.rsplit('/', 1)[1].rsplit('.', 1)[0]
        distances, ring, distance = {}, [file], 0
        while ring:
            distance += 1
            users = sorted({u for f in ring for u in self._users[f]
                            if u not in distances})
            distances.update((u, distance) for u in users)
            ring = users
        reached = [(distances[t], t) for t in self._tests if t in distances]
        return sorted(reached, key=lambda r: (
            r[1].split(':')[1] != f'{stem}_test', r[0],
            r[1].split(':')[0] != package, r[1]))

    def _label(self, path):
        parts = path.split('/')
        for i in range(len(parts) - 1, 0, -1):
            label = f"//{'/'.join(parts[:i])}:{'/'.join(parts[i:])}"
            if label in self._labels:
                return label
        return None
