# SPDX-License-Identifier: Apache-2.0
# What somebody who lets a release in may want of the evidence about it. `input`
# is a bill of materials (SPDX 2.3) or a provenance (in-toto, SLSA v1).
package release

import rego.v1

deny contains message if {
	some item in input.packages
	not has_digest(item)
	message := sprintf("%s has no digest", [item.name])
}

has_digest(item) if {
	some checksum in item.checksums
	checksum.algorithm in {"SHA256", "SHA512"}
}

deny contains message if {
	some dependency in input.predicate.buildDefinition.resolvedDependencies
	not dependency.digest
	message := sprintf("%s has no digest", [dependency.uri])
}

deny contains message if {
	some layer in input.predicate.runDetails.byproducts
	not layer.annotations.kso_worker
	message := sprintf("nobody says that they made the layer %s", [layer.digest.sha256])
}

deny contains message if {
	input.predicate
	not input.predicateType == "https://slsa.dev/provenance/v1"
	message := "it is no provenance"
}
