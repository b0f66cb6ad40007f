// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_RELEASE_FORM_H_
#define KSO_COORDINATOR_API_RELEASE_FORM_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Reads a build that is submitted as a form, for clients that only have curl:
//   release   the release.yaml
//   file      each file that it names, under the name that it has there;
//             may be repeated
//   buildId, planOnly, fresh, priority   as in the JSON of SubmitBuild
// The release is read as ksoctl reads it, from these files alone. The caller
// bounds the size of `body`. INVALID_ARGUMENT says what is wrong with the form,
// or with the release, one "FILE:LINE: what; advice" a line.
absl::StatusOr<v1::SubmitBuildRequest> ReadReleaseForm(
    std::string_view content_type, std::string_view body);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_RELEASE_FORM_H_
