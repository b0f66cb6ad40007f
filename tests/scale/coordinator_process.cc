// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/coordinator_process.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/files/file_io.h"

namespace kso::scale {
namespace {

constexpr absl::Duration kLongestStart = absl::Minutes(5);

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The number after `field` in the process's status, in bytes.
int64_t StatusBytes(pid_t pid, const std::string& field) {
  const std::string status = ReadAll(absl::StrCat("/proc/", pid, "/status"));
  for (const auto& line : absl::StrSplit(status, '\n')) {
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    int64_t kilobytes = 0;
    if (words.size() == 3 && words[0] == field + ":" &&
        absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes * 1024;
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorProcess>> CoordinatorProcess::Start(
    const std::string& program, const std::filesystem::path& directory,
    const std::vector<std::string>& more) {
  std::filesystem::create_directories(directory);
  const std::string log = directory / "coordinator.log";
  std::filesystem::remove(log);
  const std::string state = directory / "state";
  KSO_ASSIGN_OR_RETURN(const FileDescriptor errors,
                       OpenFile(log, O_WRONLY | O_CREAT | O_TRUNC));
  std::vector<std::string> command = {
      program, "--listen",    "127.0.0.1:0", "--http-listen",
      "",      "--state-dir", state};
  command.insert(command.end(), more.begin(), more.end());
  KSO_ASSIGN_OR_RETURN(Subprocess started,
                       Subprocess::Start(command, {.output = STDOUT_FILENO,
                                                   .errors = errors.get()}));
  std::unique_ptr<CoordinatorProcess> process(
      new CoordinatorProcess(std::move(started), directory));
  KSO_RETURN_IF_ERROR(process->AwaitListening());
  return process;
}

CoordinatorProcess::~CoordinatorProcess() {
  process_.Signal(SIGTERM);
  process_.Wait();
}

absl::Status CoordinatorProcess::AwaitListening() {
  const absl::Time start = absl::Now();
  const std::string sign = " listening on ";
  while (absl::Now() < start + kLongestStart) {
    const std::string log = ReadAll(directory_ / "coordinator.log");
    const size_t at = log.find(sign);
    const size_t end = log.find(',', at);
    if (at != std::string::npos && end != std::string::npos) {
      address_ = log.substr(at + sign.size(), end - at - sign.size());
      start_took_ = absl::Now() - start;
      return absl::OkStatus();
    }
    if (!process_.Running()) break;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::UnavailableError(
      absl::StrCat("the coordinator did not start; see ",
                   (directory_ / "coordinator.log").string()));
}

absl::Duration CoordinatorProcess::CpuTime() const {
  const std::string stat =
      ReadAll(absl::StrCat("/proc/", process_.pid(), "/stat"));
  // The second field, in parentheses, may have spaces in it.
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  int64_t user = 0;
  int64_t system = 0;
  if (fields.size() < 13 || !absl::SimpleAtoi(fields[11], &user) ||
      !absl::SimpleAtoi(fields[12], &system)) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(static_cast<double>(user + system) /
                       static_cast<double>(sysconf(_SC_CLK_TCK)));
}

int64_t CoordinatorProcess::MemoryBytes() const {
  return StatusBytes(process_.pid(), "VmRSS");
}

int64_t CoordinatorProcess::StateBytes() const {
  int64_t bytes = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(directory_ / "state")) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

}  // namespace kso::scale
