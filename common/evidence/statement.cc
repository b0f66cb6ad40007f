// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/statement.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"

namespace kso::evidence {

absl::StatusOr<std::string> PredicateAbout(std::string_view statement,
                                           std::string_view digest) {
  // Bills of materials are larger than manifests may be.
  constexpr JsonBounds kLargest = {.bytes = size_t{64} << 20};
  KSO_ASSIGN_OR_RETURN(const Json json, ParseJson(statement, kLargest));
  KSO_ASSIGN_OR_RETURN(const Json* subjects, FieldOf(json, "subject"));
  if (subjects != nullptr && subjects->is_array()) {
    for (const Json& subject : *subjects) {
      KSO_ASSIGN_OR_RETURN(const Json* digests, FieldOf(subject, "digest"));
      if (digests != nullptr &&
          Concat("sha256:", StringOf(*digests, "sha256")) == digest) {
        return StringOf(json, "predicateType");
      }
    }
  }
  return absl::DataLossError("an attestation is of another image");
}

}  // namespace kso::evidence
