// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_SERVED_PATH_H_
#define KSO_COORDINATOR_CORE_PLAN_SERVED_PATH_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::coordinator {

// Where the file behind `url` is served: "<host>/<path>", a clean relative
// path. Percent-encoded characters are decoded, as nginx decodes them in
// requests.
//
// INVALID_ARGUMENT, with the reason, for a URL that no file can be served
// under: not http or https; credentials, a query or a fragment; a host, a
// component or a character that would not make a clean path.
absl::StatusOr<std::string> ServedPath(std::string_view url);

// What publishes the file: "github.com/etcd-io/etcd", from its served path.
// Host and up to two directories that are not versions, so that it stays the
// same from release to release.
std::string ComponentOf(std::string_view served_path);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_SERVED_PATH_H_
