// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_LAYER_PATH_H_
#define KSO_COMMON_LAYER_LAYER_PATH_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso {

// The longest path of a layer, as PATH_MAX of Linux allows.
inline constexpr size_t kMaxLayerPath = 4095;

// INVALID_ARGUMENT unless `path` is relative and clean: no leading or trailing
// slash, no "." or ".." or empty component, no NUL.
absl::Status CheckLayerPath(std::string_view path);

// The directories that `paths` lie in: sorted, each once. INVALID_ARGUMENT for
// a path that CheckLayerPath refuses, for two equal paths, and for a path that
// lies in another.
absl::StatusOr<std::vector<std::string>> ParentDirectories(
    const std::vector<std::string_view>& paths);

}  // namespace kso

#endif  // KSO_COMMON_LAYER_LAYER_PATH_H_
