// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_PERCENT_CODING_H_
#define KSO_COMMON_TEXT_PERCENT_CODING_H_

#include <optional>
#include <string>
#include <string_view>

namespace kso {

// Percent-coding of URLs (RFC 3986, section 2.1).

// Returns whether `c` stands for itself in the path of a URL: "/" and pchar
// without percent-encoding (RFC 3986, section 3.3).
bool IsPathCharacter(char c);

// `text` as the name or value of a query parameter: all but unreserved
// characters (RFC 3986, section 2.3) become %XX.
std::string PercentEncode(std::string_view text);

// `path` as the path of a URL: all but path characters become %XX.
std::string PercentEncodePath(std::string_view path);

// `text` with each %XX as the byte that it stands for, whichever that is;
// nothing when a '%' is not followed by two hex digits.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_PERCENT_CODING_H_
