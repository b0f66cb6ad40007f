// SPDX-License-Identifier: Apache-2.0
#include "cli/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/json_output.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

int TerminalWidth(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

void Context::Print(const google::protobuf::Message& message,
                    absl::string_view text) const {
  if (json_lines) {
    *console.out << JsonLines(message);
  } else if (json) {
    *console.out << JsonDocument(message);
  } else {
    *console.out << text;
  }
  console.out->flush();
}

void Context::PrintJsonOr(const nlohmann::ordered_json& document,
                          absl::string_view text) const {
  if (json_lines) {
    *console.out << JsonLines(document);
  } else if (json) {
    *console.out << JsonDocument(document);
  } else {
    *console.out << text;
  }
  console.out->flush();
}

std::unique_ptr<ProgressView> Context::CreateProgress() const {
  if (json_lines) return CreateJsonProgress(console.out);
  if (quiet) return CreateNoProgress();
  std::ostream* stream = json ? console.err : console.out;
  if (json ? console.err_is_terminal : console.out_is_terminal) {
    const int descriptor = json ? STDERR_FILENO : STDOUT_FILENO;
    return CreateTerminalProgress(
        stream, [descriptor] { return TerminalWidth(descriptor); });
  }
  return CreatePlainProgress(stream);
}

}  // namespace kso::cli
