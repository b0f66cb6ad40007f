// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_SERVED_PATH_H_
#define KSO_COMMON_RELEASE_SERVED_PATH_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/release/problem.h"

namespace kso::release {

// The path under which the file behind `url` is served: "<host>/<path>", clean,
// and relative to site::kPrefix. Percent-encoded characters are decoded, as
// nginx decodes them in requests.
//
// INVALID_ARGUMENT, with CheckUrl's reason, for a URL that no file can be
// served under.
absl::StatusOr<std::string> ServedPath(std::string_view url);

// The rule that keeps a file from being served under `url`, if any: it is not
// an http or https URL of a file; it has a user name or a query; or its path
// would not be clean, would be too long for Linux, or would mean something else
// in a layer (names that begin with ".wh.": OCI image specification, layer.md,
// "Whiteouts").
std::optional<Violation> CheckUrl(std::string_view url);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_SERVED_PATH_H_
