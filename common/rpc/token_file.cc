// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/token_file.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/small_file.h"
#include "common/rpc/tls_files.h"

namespace kso::rpc {
namespace {

// OIDC tokens of pipelines have a few KiB; gRPC takes 8 KiB of metadata.
constexpr size_t kLongestToken = 6 << 10;

absl::StatusOr<std::string> Checked(std::string_view text,
                                    std::string_view from) {
  const absl::string_view token = absl::StripAsciiWhitespace(ToAbsl(text));
  if (token.empty() || token.size() > kLongestToken ||
      !std::all_of(token.begin(), token.end(),
                   [](unsigned char c) { return absl::ascii_isgraph(c); })) {
    return absl::InvalidArgumentError(
        Concat(from,
               " has no token; one is a word without blanks, such as "
               "`ksoctl tokens create` prints"));
  }
  return std::string(token);
}

}  // namespace

absl::StatusOr<std::string> ReadToken(const std::string& file) {
  if (!file.empty()) {
    KSO_RETURN_IF_ERROR(CheckKeyFile(file));
    KSO_ASSIGN_OR_RETURN(const std::string content,
                         ReadSmallFile(file, kLongestToken + 64));
    return Checked(content, file);
  }
  const char* variable = getenv("KSO_TOKEN");
  if (variable == nullptr || *variable == '\0') return std::string();
  return Checked(variable, "$KSO_TOKEN");
}

}  // namespace kso::rpc
