#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints each package of a bill of materials as lib4sbom reads it.

  read_sbom.py FILE

A line is NAME, VERSION, the digest in hex and the package URL, with tabs
between them; what there is none of is empty."""

import sys

from lib4sbom.parser import SBOMParser


def main():
    parser = SBOMParser()
    parser.parse_file(sys.argv[1])
    if parser.get_type() != 'spdx':
        return f'it was taken for {parser.get_type()}'
    for package in parser.get_packages():
        digests = [value for _, value in package.get('checksum', [])]
        urls = [where for _, kind, where in package.get('externalreference', [])
                if kind == 'purl']
        print(package['name'], package.get('version') or '', *(digests or [''])[:1],
              *(urls or [''])[:1], sep='\t')
    return 0


sys.exit(main())
