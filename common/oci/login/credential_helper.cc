// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/credential_helper.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "common/base/strings.h"
#include "common/run/subprocess.h"
#include "common/text/json.h"

namespace kso::oci {
namespace {

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '-' || c == '_' || c == '.';
         });
}

absl::Status CannotRun(std::string_view program) {
  return absl::FailedPreconditionError(
      Concat("cannot run ", program,
             ", which the file of logins names; install it on PATH"));
}

}  // namespace

absl::StatusOr<std::optional<Login>> AskCredentialHelper(
    const std::string& name, const std::string& server,
    absl::Duration timeout) {
  if (!IsName(name)) {
    return absl::InvalidArgumentError(
        Concat("\"", absl::CHexEscape(name.substr(0, 100)),
               "\" in the file of logins is not a credential helper's name"));
  }
  const std::string program = Concat("docker-credential-", name);
  const std::optional<std::string> path = FindProgram(program);
  if (!path.has_value()) return CannotRun(program);
  // In the caller's group: a helper may ask for a passphrase at the terminal.
  const absl::StatusOr<RunResult> result =
      RunProgram({*path, "get"}, {.input = server,
                                  .timeout = timeout,
                                  .group = SubprocessOptions::Group::kCallers});
  const auto failed = [&](std::string_view how) {
    return absl::FailedPreconditionError(
        Concat(program, " get ", how, " when asked for the login of ", server,
               "; run it by hand to see why"));
  };
  if (absl::IsDeadlineExceeded(result.status())) {
    return failed("did not answer in time");
  }
  if (!result.ok()) return CannotRun(program);
  if (result->exit_status != 0) {
    // How helpers say, by agreement, that they know none.
    if (absl::StrContains(result->output, "credentials not found")) {
      return std::nullopt;
    }
    return failed("failed");
  }
  const absl::StatusOr<Json> json = ParseJson(result->output);
  if (!json.ok() || !json->is_object()) {
    return failed("did not answer in JSON");
  }
  Login login;
  login.username = StringOf(*json, "Username");
  login.password = StringOf(*json, "Secret");
  if (login.username == "<token>") {
    login.identity_token = std::exchange(login.password, "");
    login.username.clear();
  }
  if (login.username.empty() && login.identity_token.empty()) {
    return std::nullopt;
  }
  return login;
}

}  // namespace kso::oci
