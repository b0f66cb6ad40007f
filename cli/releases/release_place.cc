// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/release_place.h"

#include "absl/strings/str_cat.h"

namespace kso::cli {

std::string Tag::ToString() const {
  if (name.empty()) return digest;
  return image.empty() ? name : absl::StrCat(image, ":", name);
}

}  // namespace kso::cli
