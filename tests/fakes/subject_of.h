// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_SUBJECT_OF_H_
#define KSO_TESTS_FAKES_SUBJECT_OF_H_

#include <optional>
#include <string>
#include <string_view>

#include "common/oci/referrers.h"
#include "common/text/json.h"
#include "kso/v1/types.pb.h"

namespace kso::testing {

// The entry of a manifest in a registry's list of what refers to `digest`, with
// an `artifact_type` only if it has that; nothing where it has no place there
// (OCI distribution spec 1.1, "Listing Referrers").
inline std::optional<oci::Referrer> ReferrerTo(std::string_view digest,
                                               std::string_view artifact_type,
                                               const v1::Document& manifest) {
  const auto json = ParseJson(manifest.content());
  if (!json.ok() || !json->contains("subject") ||
      StringOf((*json)["subject"], "digest") != digest) {
    return std::nullopt;
  }
  std::string type = StringOf(*json, "artifactType");
  if (type.empty() && json->contains("config")) {
    type = StringOf((*json)["config"], "mediaType");
  }
  if (!artifact_type.empty() && type != artifact_type) return std::nullopt;
  return oci::Referrer{manifest.content_descriptor(), type, {}};
}

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_SUBJECT_OF_H_
