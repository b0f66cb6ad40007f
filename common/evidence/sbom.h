// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_SBOM_H_
#define KSO_COMMON_EVIDENCE_SBOM_H_

#include <string>

#include "common/evidence/build_facts.h"

namespace kso::evidence {

// The bill of materials of an image, an SPDX 2.3 document in JSON: each file
// and image that it serves is a package with its origin, digest, version where
// the name tells one, package URL, by which scanners know it, and licence where
// its publisher states one. A statement that is no SPDX expression
// (license_expression.h) is a comment.
//
// The same facts give the same bytes: the document's time is that of 1970, and
// its namespace is made of the image's digest.
std::string MakeSbom(const BuildFacts& facts);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_SBOM_H_
