// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CLOSURE_CLOSURE_H_
#define KSO_COMMON_CLOSURE_CLOSURE_H_

#include <string_view>

#include "absl/status/status.h"
#include "common/closure/offline_reader.h"

namespace kso::closure {

// Compares what Kubespray asks for with what is served.

// Returns whether Kubespray has a variable for the file at `url`. Files that
// the release's author added are fetched by something else.
bool IsAskedFor(std::string_view url);

// FAILED_PRECONDITION when Kubespray, told by `offline`, asks upstream for the
// file at `url`, or the server for another path than `served`, where the file
// is: "k8s/dl.k8s.io/...", decoded.
absl::Status CheckFile(const Offline& offline, std::string_view url,
                       std::string_view served);

// The same for an image of that name ("registry.k8s.io/pause"), which is in the
// registry's repository `served`.
absl::Status CheckImage(const Offline& offline, std::string_view name,
                        std::string_view served);

}  // namespace kso::closure

#endif  // KSO_COMMON_CLOSURE_CLOSURE_H_
