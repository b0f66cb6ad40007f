# SPDX-License-Identifier: Apache-2.0
# Of a FileDescriptorSet in protobuf's text format: KSO_METHOD("/PACKAGE.SERVICE/METHOD")
# for each method of each service. Fails where there is none.
{ gsub(/"/, "") }
/^  package: / { package = $2 }
/^  [a-z_]+ [{]/ { in_service = ($1 == "service") }
in_service && /^    name: / { service = $2 }
in_service && /^      name: / {
  printf "KSO_METHOD(\"/%s.%s/%s\")\n", package, service, $2
  count++
}
END { exit count == 0 }
