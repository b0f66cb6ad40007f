// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RENDER_TEXT_H_
#define KSO_CLI_RENDER_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/text/text.h"  // IWYU pragma: export
#include "google/protobuf/timestamp.pb.h"

namespace kso::cli {

// "1m 24s", "2.5s".
std::string FormatElapsed(absl::Duration duration);

// "20:44:01", where this machine is.
std::string FormatClock(const google::protobuf::Timestamp& timestamp);

// "3m 20s ago".
std::string FormatAge(const google::protobuf::Timestamp& timestamp,
                      absl::Time now);

// The door to the terminal for text from another machine, which must not act
// there (common/text/printable_text.h): one line, without control characters
// and marks that turn the direction of writing.
std::string Printable(absl::string_view text);

// The columns of a terminal that `text` (UTF-8) takes: two for each character
// that is wide in East Asia (Unicode's UAX #11), one for each other one.
size_t ColumnsOf(absl::string_view text);

// The beginning of `text` that fits so many columns, cut between characters.
std::string CutText(absl::string_view text, size_t columns);

// Rows as columns two spaces apart, each line indented and ended.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows,
                        absl::string_view indent = "");

}  // namespace kso::cli

#endif  // KSO_CLI_RENDER_TEXT_H_
