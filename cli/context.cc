// SPDX-License-Identifier: Apache-2.0
#include "cli/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

#include "cli/json_output.h"
#include "cli/render/progress_lines.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

ScreenSize SizeOfTerminal(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
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
  std::unique_ptr<ProgressView> view;
  if (shows_terminal()) {
    const int descriptor = json ? STDERR_FILENO : STDOUT_FILENO;
    view = CreateTerminalProgress(
        stream, clock,
        {.size = [descriptor] { return SizeOfTerminal(descriptor); },
         .color = console.color});
  } else {
    view = CreatePlainProgress(stream);
  }
  // Beside JSON there is no text that says it again.
  return json ? std::move(view) : CreatePlanProgress(std::move(view));
}

}  // namespace kso::cli
