// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_PROVENANCE_H_
#define KSO_COMMON_EVIDENCE_PROVENANCE_H_

#include <string>
#include <string_view>

#include "common/evidence/build_facts.h"

namespace kso::evidence {

// The types of what statements say (`predicateType`).
inline constexpr std::string_view kProvenancePredicate =
    "https://slsa.dev/provenance/v1";
inline constexpr std::string_view kSpdxPredicate = "https://spdx.dev/Document";

// The provenance of an image, an in-toto statement (in-toto attestation
// framework 1.0) with a SLSA v1.0 predicate: the release that was asked for,
// every input by its digest, and who made what, where, natively or not.
//
// The makers are the predicate's `runDetails.byproducts`: SLSA keeps the facts
// of one execution apart from those of the build
// (slsa.dev/spec/v1.0/provenance, "RunDetails"). All else is the same for a
// build of the same inputs elsewhere. There is no time in it: a build that
// takes its layers over from an earlier one has the earlier makers, and so the
// same bytes.
std::string MakeProvenance(const BuildFacts& facts);

// An in-toto statement about the image, with `predicate`, a JSON document.
// `predicate` is one of this project's own.
std::string MakeStatement(const v1::ImageResult& image,
                          std::string_view predicate_type,
                          std::string_view predicate);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_PROVENANCE_H_
