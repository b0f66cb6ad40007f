// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_STRINGS_H_
#define KSO_COMMON_BASE_STRINGS_H_

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace kso {

// Debian compiles Abseil as C++14, where absl::string_view is a type of its own
// that does not convert from or to std::string_view. Seams speak the
// standard's; these cross over to Abseil's functions.
inline absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}
inline std::string_view ToStd(absl::string_view text) {
  return std::string_view(text.data(), text.size());
}

namespace strings_internal {

template <typename T>
const T& Argument(const T& value) {
  return value;
}
inline absl::string_view Argument(std::string_view text) {
  return ToAbsl(text);
}
inline absl::string_view Argument(const std::string& text) { return text; }
inline absl::string_view Argument(const char* text) { return text; }

}  // namespace strings_internal

// absl::StrCat that takes std::string_view too.
template <typename... T>
std::string Concat(const T&... parts) {
  return absl::StrCat(strings_internal::Argument(parts)...);
}

}  // namespace kso

#endif  // KSO_COMMON_BASE_STRINGS_H_
