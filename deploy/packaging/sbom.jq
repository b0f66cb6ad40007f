# SPDX-License-Identifier: Apache-2.0
# Makes an SPDX 2.3 document of lines "PACKAGE VERSION", each a package of Debian
# that an artifact of kso holds, and "npm:PACKAGE VERSION LICENSE". Takes $name, $version and $epoch.
def id: "SPDXRef-" + gsub("[^A-Za-z0-9.-]"; "-");
def debian: split(" ") | {
  SPDXID: ("Debian-" + .[0] | id),
  name: .[0],
  versionInfo: .[1],
  supplier: "Organization: Debian",
  downloadLocation: "NOASSERTION",
  filesAnalyzed: false,
  licenseConcluded: "NOASSERTION",
  licenseDeclared: "NOASSERTION",
  copyrightText: "NOASSERTION",
  externalRefs: [{
    referenceCategory: "PACKAGE-MANAGER",
    referenceType: "purl",
    referenceLocator: ("pkg:deb/debian/" + (.[0] | @uri) + "@" + (.[1] | @uri))
  }]
};
def npm: ltrimstr("npm:") | split(" ") | {
  SPDXID: ("npm-" + .[0] | id),
  name: .[0],
  versionInfo: .[1],
  supplier: "NOASSERTION",
  downloadLocation: "NOASSERTION",
  filesAnalyzed: false,
  licenseConcluded: .[2],
  licenseDeclared: .[2],
  copyrightText: "NOASSERTION",
  externalRefs: [{
    referenceCategory: "PACKAGE-MANAGER",
    referenceType: "purl",
    referenceLocator: ("pkg:npm/" + (.[0] | sub("@"; "%40")) + "@" + (.[1] | @uri))
  }]
};
[inputs | select(length > 0) | if startswith("npm:") then npm else debian end] as $libraries
| ($epoch | tonumber | todate) as $time
| {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: $name,
    documentNamespace: ("https://spdx.org/spdxdocs/" + $name),
    creationInfo: {created: $time, creators: ["Tool: kso-deploy-package-" + $version]},
    packages: ([{
      SPDXID: "SPDXRef-kso",
      name: "kso",
      versionInfo: $version,
      supplier: "Organization: kso",
      downloadLocation: "NOASSERTION",
      filesAnalyzed: false,
      licenseConcluded: "Apache-2.0",
      licenseDeclared: "Apache-2.0",
      copyrightText: "NOASSERTION"
    }] + $libraries),
    relationships: ([{
      spdxElementId: "SPDXRef-DOCUMENT",
      relationshipType: "DESCRIBES",
      relatedSpdxElement: "SPDXRef-kso"
    }] + [$libraries[] | {
      spdxElementId: "SPDXRef-kso",
      relationshipType: "DEPENDS_ON",
      relatedSpdxElement: .SPDXID
    }])
  }
