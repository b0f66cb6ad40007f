// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASE_FILE_URL_H_
#define KSO_CLI_RELEASE_FILE_URL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kso::cli {

// The path under which a URL's file is served, "<host>/<path>": the URL without
// its scheme, with %XX decoded. INVALID_ARGUMENT with "what; advice" for what
// is no http or https URL of a file, or would not make a clean path.
absl::StatusOr<std::string> ServedPath(absl::string_view url);

// Whether `text` is an http or https URL with a host, such as a mirror's
// prefix.
bool IsHttpUrl(absl::string_view text);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASE_FILE_URL_H_
