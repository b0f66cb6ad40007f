// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_TEXT_PRINTABLE_TEXT_H_
#define KSO_COMMON_TEXT_PRINTABLE_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace kso {

// The door for text from outside: headers, error bodies, logs, names in
// archives, messages of libraries about them. Whatever the bytes, the result
// is valid UTF-8 (RFC 3629), so that protobuf can carry it, and can be shown on
// a terminal or a page without acting there.

// The most bytes of a message, an item or a piece of advice.
inline constexpr size_t kLongestText = 4096;

// One line: bytes that are no UTF-8 become U+FFFD; line breaks and tabs become
// blanks; other control characters (C0, DEL, C1), line separators, byte order
// marks and the marks that turn the direction of writing become U+FFFD. A text
// over `most_bytes` is cut between characters and ends in "...".
std::string PrintableText(std::string_view text,
                          size_t most_bytes = kLongestText);

// As above, with line feeds and tabs kept, for logs. Carriage returns go.
std::string PrintableLines(std::string_view text,
                           size_t most_bytes = kLongestText);

// A document of JSON, in UTF-8, as it may be shown on a terminal: characters
// that would act there are escaped (RFC 8259, section 7), so that the document
// means the same. Line feeds, which are between values only, stay.
std::string PrintableJson(std::string_view json);

// Returns whether `text` is valid UTF-8: no overlong form, no surrogate,
// nothing over U+10FFFF, no sequence that is cut.
bool IsUtf8(std::string_view text);

}  // namespace kso

#endif  // KSO_COMMON_TEXT_PRINTABLE_TEXT_H_
