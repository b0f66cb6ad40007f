// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REFERRERS_H_
#define KSO_COMMON_OCI_REFERRERS_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// A manifest whose `subject` is some image, as a list of referrers has it (OCI
// distribution spec 1.1, "Listing Referrers").
struct Referrer {
  v1::Descriptor manifest;
  // The type of what it says about the image; empty where the list does not
  // tell.
  std::string artifact_type = {};
  std::map<std::string, std::string> annotations = {};
};

// Reads a list of referrers: an index, by the registry's API or by the tag that
// stands for it. INVALID_ARGUMENT as ParseIndex.
absl::StatusOr<std::vector<Referrer>> ParseReferrers(
    std::string_view content, std::string_view media_type);

// All of both lists, each once and sorted by digest; what `first` says of one
// counts.
std::vector<Referrer> MergeReferrers(std::vector<Referrer> first,
                                     const std::vector<Referrer>& second);

// The index that has these referrers, in this order. The same arguments give
// the same bytes.
v1::Document MakeReferrersIndex(const std::vector<Referrer>& referrers);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REFERRERS_H_
