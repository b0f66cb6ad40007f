// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstring>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

extern char** environ;

namespace kso::cli {
namespace {

// State ("R", "Z") and start time of a process (proc(5), /proc/PID/stat).
struct Stat {
  std::string state;
  long long start_time = 0;
};

std::optional<Stat> ReadStat(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/stat"));
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  // The second field is the name in parentheses, which may hold anything; the
  // third is after the last of them.
  const size_t end = line.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  const std::vector<std::string> fields =
      absl::StrSplit(line.substr(end + 1), ' ', absl::SkipEmpty());
  constexpr size_t kStartTime = 22 - 3;
  Stat stat;
  if (fields.size() <= kStartTime ||
      !absl::SimpleAtoi(fields[kStartTime], &stat.start_time)) {
    return std::nullopt;
  }
  stat.state = fields[0];
  return stat;
}

}  // namespace

absl::StatusOr<ProcessId> StartDaemon(const std::filesystem::path& program,
                                      const std::vector<std::string>& args,
                                      const std::filesystem::path& log) {
  std::vector<char*> argv;
  std::string name = program.string();
  std::vector<std::string> copies = args;
  argv.push_back(name.data());
  for (std::string& arg : copies) argv.push_back(arg.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A daemon does not inherit the signals that ksoctl ignores.
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &actions, &attributes,
                                argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        program.string(), " cannot be started: ", std::strerror(error)));
  }
  const auto stat = ReadStat(pid);
  return ProcessId{pid, stat.has_value() ? stat->start_time : 0};
}

bool IsRunning(const ProcessId& process) {
  // Reaps the process when it is a child of this program; fails harmlessly
  // otherwise.
  waitpid(process.pid, nullptr, WNOHANG);
  const auto stat = ReadStat(process.pid);
  return stat.has_value() && stat->state != "Z" &&
         stat->start_time == process.start_time;
}

void Terminate(const ProcessId& process) {
  if (IsRunning(process)) kill(process.pid, SIGTERM);
}

std::optional<ProcessId> ReadPidFile(const std::filesystem::path& file) {
  std::ifstream in(file);
  ProcessId process;
  if (!(in >> process.pid >> process.start_time) || process.pid <= 1 ||
      !IsRunning(process)) {
    return std::nullopt;
  }
  return process;
}

absl::Status WritePidFile(const std::filesystem::path& file,
                          const ProcessId& process) {
  std::ofstream out(file, std::ios::trunc);
  out << process.pid << " " << process.start_time << "\n";
  out.close();
  if (out) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(file.string(), " cannot be written"));
}

}  // namespace kso::cli
