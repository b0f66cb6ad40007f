// SPDX-License-Identifier: Apache-2.0
#include "common/layer/layer_path.h"

#include <set>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso {
namespace {

absl::Status BadPath(std::string_view path, std::string_view reason) {
  return absl::InvalidArgumentError(
      Concat("\"", absl::CHexEscape(ToAbsl(path.substr(0, 200))),
             "\" cannot be in a layer: ", reason));
}

}  // namespace

absl::Status CheckLayerPath(std::string_view path) {
  if (path.empty()) return BadPath(path, "the path is empty");
  if (path.size() > kMaxLayerPath) return BadPath(path, "it is too long");
  if (path.find('\0') != std::string_view::npos) {
    return BadPath(path, "it holds a NUL");
  }
  if (path.front() == '/') return BadPath(path, "it begins with a slash");
  std::string_view left = path;
  while (true) {
    const size_t slash = left.find('/');
    const std::string_view component = left.substr(0, slash);
    if (component.empty() || component == "." || component == "..") {
      return BadPath(path, "it has an empty, \".\" or \"..\" component");
    }
    if (slash == std::string_view::npos) return absl::OkStatus();
    left.remove_prefix(slash + 1);
  }
}

absl::StatusOr<std::vector<std::string>> ParentDirectories(
    const std::vector<std::string_view>& paths) {
  std::set<std::string_view> files;
  std::set<std::string_view> directories;
  for (const std::string_view path : paths) {
    KSO_RETURN_IF_ERROR(CheckLayerPath(path));
    if (!files.insert(path).second) return BadPath(path, "it is there twice");
    for (size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
      directories.insert(path.substr(0, slash));
    }
  }
  for (const std::string_view directory : directories) {
    if (files.contains(directory)) {
      return BadPath(directory, "it is a file and a directory of other files");
    }
  }
  return std::vector<std::string>(directories.begin(), directories.end());
}

}  // namespace kso
