// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/files/file_io.h"
#include "common/run/subprocess.h"

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

absl::Status CannotStart(const std::filesystem::path& program,
                         const absl::Status& status) {
  return absl::FailedPreconditionError(
      absl::StrCat(program.string(), " cannot be started: ", status.message()));
}

}  // namespace

absl::StatusOr<ProcessId> StartDaemon(const std::filesystem::path& program,
                                      const std::vector<std::string>& args,
                                      const std::filesystem::path& log) {
  const absl::StatusOr<FileDescriptor> file =
      OpenFile(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (!file.ok()) return CannotStart(program, file.status());
  std::vector<std::string> argv = {program.string()};
  argv.insert(argv.end(), args.begin(), args.end());
  absl::StatusOr<Subprocess> daemon =
      Subprocess::Start(argv, {.output = file->get(),
                               .errors = file->get(),
                               .directory = "/",
                               .group = SubprocessOptions::Group::kOwnSession});
  if (!daemon.ok()) return CannotStart(program, daemon.status());
  const pid_t pid = daemon->Release();
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
