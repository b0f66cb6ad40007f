// SPDX-License-Identifier: Apache-2.0
#include "common/oci/credential_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/base/file_io.h"
#include "common/base/json.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

extern char** environ;

namespace kso::oci {
namespace {

constexpr size_t kMostOutput = 64 << 10;
// A helper that has closed its output is about to end.
constexpr int kPollMilliseconds = 5;

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '-' || c == '_' || c == '.';
         });
}

struct Outcome {
  // As waitpid says; -1 when it took too long.
  int status = -1;
  std::string output;
};

// Starts a child with a socket for its standard input and output. Returns it,
// -1 when it could not be started, and the caller's end.
std::pair<pid_t, FileDescriptor> Start(const std::string& program) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return {-1, FileDescriptor()};
  }
  FileDescriptor here(ends[0]);
  const FileDescriptor there(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, there.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, there.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                   O_WRONLY, 0);
  std::string name = program;
  std::string verb = "get";
  std::array<char*, 3> arguments = {name.data(), verb.data(), nullptr};
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, program.c_str(), &actions, nullptr,
                                 arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return {error == 0 ? pid : -1, std::move(here)};
}

// Reads until the other side is done; false when that takes too long or there
// is too much.
bool ReadToEnd(int file, absl::Time deadline, std::string& output) {
  std::array<char, 4096> buffer;
  while (output.size() <= kMostOutput) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return false;
    pollfd wanted = {.fd = file, .events = POLLIN, .revents = 0};
    const int ready =
        poll(&wanted, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    const ssize_t count = read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    // A helper that did not read its input resets the connection at its end.
    if (count <= 0) return count == 0 || errno == ECONNRESET;
    output.append(buffer.data(), static_cast<size_t>(count));
  }
  return false;
}

absl::StatusOr<Outcome> Run(const std::string& program,
                            const std::string& input, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  auto [pid, file] = Start(program);
  if (pid < 0) {
    return absl::FailedPreconditionError(
        Concat("cannot run ", program,
               ", which the file of logins names; install it on PATH"));
  }
  // What is not taken shows in the outcome.
  (void)!send(file.get(), input.data(), input.size(), MSG_NOSIGNAL);
  shutdown(file.get(), SHUT_WR);
  Outcome outcome;
  bool in_time = ReadToEnd(file.get(), deadline, outcome.output);
  int status = 0;
  while (in_time && waitpid(pid, &status, WNOHANG) != pid) {
    in_time = absl::Now() < deadline;
    poll(nullptr, 0, kPollMilliseconds);
  }
  if (!in_time) {
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  outcome.status = in_time ? status : -1;
  return outcome;
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
  KSO_ASSIGN_OR_RETURN(const Outcome outcome, Run(program, server, timeout));
  const auto failed = [&](std::string_view how) {
    return absl::FailedPreconditionError(
        Concat(program, " get ", how, " when asked for the login of ", server,
               "; run it by hand to see why"));
  };
  if (outcome.status < 0) return failed("did not answer in time");
  if (!WIFEXITED(outcome.status) || WEXITSTATUS(outcome.status) != 0) {
    // How helpers say, by agreement, that they know none.
    if (absl::StrContains(outcome.output, "credentials not found")) {
      return std::nullopt;
    }
    return failed("failed");
  }
  const absl::StatusOr<Json> json = ParseJson(outcome.output);
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
