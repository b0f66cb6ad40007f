// SPDX-License-Identifier: Apache-2.0
#include "cli/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "google/protobuf/util/json_util.h"

namespace kso::cli {
namespace {

int TerminalWidth(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options)
           .ok()) {
    return "{}\n";
  }
  return json;
}

void Context::Print(const google::protobuf::Message& message,
                    absl::string_view text) const {
  if (json) {
    *console.out << ToJson(message);
  } else {
    *console.out << text;
  }
  console.out->flush();
}

std::unique_ptr<ProgressView> Context::CreateProgress() const {
  std::ostream* stream = json ? console.err : console.out;
  if (json ? console.err_is_terminal : console.out_is_terminal) {
    const int descriptor = json ? STDERR_FILENO : STDOUT_FILENO;
    return CreateTerminalProgress(
        stream, [descriptor] { return TerminalWidth(descriptor); });
  }
  return CreatePlainProgress(stream);
}

}  // namespace kso::cli
