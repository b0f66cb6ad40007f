// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/file_component.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::coordinator {
namespace {

bool LooksLikeVersion(const std::string& component) {
  const size_t first = component.size() > 1 && component[0] == 'v' ? 1 : 0;
  return absl::ascii_isdigit(static_cast<unsigned char>(component[first]));
}

}  // namespace

std::string ComponentOf(std::string_view served_path) {
  const std::vector<std::string> parts =
      absl::StrSplit(ToAbsl(served_path), '/');
  std::string component = parts[0];
  for (size_t i = 1; i + 1 < parts.size() && i <= 2; ++i) {
    if (LooksLikeVersion(parts[i])) break;
    component += "/" + parts[i];
  }
  return component;
}

}  // namespace kso::coordinator
