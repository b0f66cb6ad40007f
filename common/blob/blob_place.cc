// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_place.h"

#include <cstddef>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "common/text/text.h"

namespace kso {
namespace {

constexpr size_t kLongestName = 64;

}  // namespace

std::string NewIncomingName() { return "from-" + RandomHex(32); }

bool IsIncomingName(std::string_view name) {
  return name.size() <= kLongestName && name.find('-') != name.npos &&
         absl::c_all_of(name, [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

}  // namespace kso
