// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/log_tail.h"

#include <deque>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "cli/render/text.h"

namespace kso::cli {
namespace {

// This is more than ten lines of any log, and little to read of a huge one.
constexpr std::streamoff kTailBytes = 16 << 10;

}  // namespace

std::string LogTail(const std::filesystem::path& log, int lines) {
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  if (!in) return "  (there is no log)\n";
  const std::streamoff size = in.tellg();
  in.seekg(size > kTailBytes ? size - kTailBytes : 0);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(std::move(line));
    if (static_cast<int>(last.size()) > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) {
    absl::StrAppend(&text, "  ", Printable(line), "\n");
  }
  return text.empty() ? "  (it is empty)\n" : text;
}

}  // namespace kso::cli
