#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Judges what Kubespray rendered for a node, and writes the node's variables.

  node_vars.py NODE.json DOWNLOAD.yml INDEX.json SHA256SUMS ARCHITECTURE SERVER OUT [--own-hashes] [--everything]

NODE.json is what render.yml wrote, DOWNLOAD.yml the file of Kubespray's role that
names each file's variable of the checksum. Prints what would be asked of another
server than kso's, and exits with 1 if there is such an item that is enabled, or any
with --everything: an item with a variable of its own, such as Argo CD's manifest, has a
line in offline.yml only where the release has it. OUT gets, for the
stand-in's files, the checksums of what is served (--own-hashes), and what is not
enabled and can be downloaded on a node of ARCHITECTURE."""

import json
import re
import sys

import yaml


def main():
    own_hashes = '--own-hashes' in sys.argv
    everything = '--everything' in sys.argv
    (rendered, roles_file, index, sums, architecture, server,
     out) = [a for a in sys.argv[1:] if not a.startswith('--')]
    with open(rendered, encoding='utf-8') as file:
        downloads = json.load(file)['downloads']
    with open(roles_file, encoding='utf-8') as file:
        written = yaml.safe_load(file)['downloads']
    with open(index, encoding='utf-8') as file:
        index = json.load(file)
    with open(sums, encoding='utf-8') as file:
        hashes = {path: digest for digest, path in
                  (line.rstrip('\n').split('  ', 1) for line in file)}
    lacking = {f'{image["repository"]}:{image["tag"]}' for image in index['images']
               if f'linux/{architecture}' not in image['platforms']}
    files_at, images_at = f'http://{server}:8080/k8s/', f'{server}:5000/'

    variables, not_enabled, upstream = {}, {}, []
    for name, item in sorted(downloads.items()):
        asked = everything or item.get('enabled')
        # An item without a URL is not for this kind of node.
        if item.get('container'):
            where = f'{item["repo"]}:{item["tag"]}'
            if asked and not where.startswith(images_at):
                upstream.append(f'{name}: {where}')
            missing = where.removeprefix(images_at) in lacking
        else:
            where = item.get('url') or ''
            if asked and not where.startswith(files_at):
                upstream.append(f'{name}: {where}')
            missing = False
            stated = written[name].get('sha256') or written[name].get('checksum') or ''
            variable = re.search(r'\b(\w+_checksum)\b', str(stated))
            digest = hashes.get(where.removeprefix(files_at))
            if own_hashes and variable and digest:
                prefix = 'sha256:' if 'checksum' in written[name] else ''
                variables[variable[1]] = prefix + digest
        if missing:
            print(f'{name}: {where} has no image for {architecture}', file=sys.stderr)
        elif not item.get('enabled'):
            not_enabled[name] = {'container': bool(item.get('container'))}
    variables['kso_not_enabled'] = not_enabled
    with open(out, 'w', encoding='utf-8') as file:
        json.dump(variables, file, indent=1)
    for line in upstream:
        print(f'asks upstream: {line}')
    print(f'{len(downloads)} items, {len(not_enabled)} of them not enabled')
    return 1 if upstream else 0


sys.exit(main())
