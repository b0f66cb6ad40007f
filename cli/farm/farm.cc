// SPDX-License-Identifier: Apache-2.0
#include "cli/farm/farm.h"

#include <unistd.h>

#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "cli/farm/log_tail.h"
#include "cli/farm/process.h"
#include "common/base/status_macros.h"
#include "common/files/directory.h"
#include "common/files/file_lock.h"
#include "common/files/private_directory.h"
#include "common/run/cancellation.h"

namespace kso::cli {
namespace {

constexpr char kCoordinator[] = "coordinator";
constexpr absl::Duration kPause = absl::Milliseconds(100);

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') {
    return "local";
  }
  return name;
}

std::string ReadLine(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

// Keeps another ksoctl from starting or stopping the farm meanwhile.
absl::StatusOr<FileLock> LockFarm(const std::filesystem::path& state_dir) {
  return FileLock::TryLock(
      state_dir / "lock",
      "wait until that ksoctl has started or stopped the farm");
}

}  // namespace

Farm::Farm(const FarmOptions& options, CoordinatorClient* coordinator,
           Clock* clock, std::function<void(const std::string&)> say)
    : options_(options),
      coordinator_(coordinator),
      clock_(clock),
      say_(std::move(say)) {}

absl::Status Farm::Up() {
  KSO_RETURN_IF_ERROR(CheckWayTo(options_.state_dir, "farm's directory"));
  KSO_RETURN_IF_ERROR(
      MakePrivateDirectory(options_.state_dir, "farm's directory"));
  KSO_ASSIGN_OR_RETURN(const FileLock lock, LockFarm(options_.state_dir));
  KSO_RETURN_IF_ERROR(StartCoordinator());
  return StartWorkers();
}

absl::Status Farm::Down() {
  std::error_code error;
  if (!std::filesystem::exists(options_.state_dir, error)) {
    say_("There is no farm to stop.");
    return absl::OkStatus();
  }
  KSO_ASSIGN_OR_RETURN(const FileLock lock, LockFarm(options_.state_dir));
  // The workers end first, so that they can hand back their leases.
  KSO_RETURN_IF_ERROR(Stop(WorkersNoted()));
  return Stop({kCoordinator});
}

bool Farm::CoordinatorAnswers() const {
  const absl::Status status = coordinator_->GetVersion().status();
  return status.ok() || absl::IsUnauthenticated(status) ||
         absl::IsPermissionDenied(status);
}

absl::Status Farm::StartCoordinator() {
  const std::filesystem::path address_file = options_.state_dir / "address";
  if (ReadPidFile(PidFile(kCoordinator)).has_value()) {
    const std::string address = ReadLine(address_file);
    if (address != options_.address) {
      return absl::FailedPreconditionError(absl::StrCat(
          "the farm in ", options_.state_dir.string(), " runs at ", address,
          "; use that address, or `ksoctl farm down` first"));
    }
  } else if (CoordinatorAnswers()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "another coordinator answers at ", options_.address,
        "; use it as it is, or choose another address with --coordinator"));
  } else {
    std::ofstream(address_file, std::ios::trunc) << options_.address << "\n";
  }
  Daemon daemon;
  daemon.name = kCoordinator;
  daemon.program = options_.coordinator_program;
  daemon.args = {"--listen",      options_.address,
                 "--http-listen", options_.http_address,
                 "--state-dir",   (options_.state_dir / kCoordinator).string()};
  daemon.args.insert(daemon.args.end(), options_.registry_flags.begin(),
                     options_.registry_flags.end());
  KSO_ASSIGN_OR_RETURN(const bool started, Start(daemon));
  KSO_RETURN_IF_ERROR(Await(kCoordinator,
                            absl::StrCat("answer at ", options_.address),
                            [&] { return CoordinatorAnswers(); }));
  say_(absl::StrCat("The coordinator ", started ? "is up" : "was up already",
                    ": ", options_.address, ", dashboard at http://",
                    options_.http_address, "/"));
  return absl::OkStatus();
}

absl::Status Farm::StartWorkers() {
  std::vector<std::string> platforms = options_.platforms;
  if (platforms.empty()) platforms.push_back("");
  std::vector<std::pair<Daemon, bool>> daemons;
  for (const std::string& platform : platforms) {
    // "worker-linux-arm64"; "worker" for this machine's own platform.
    std::string suffix =
        platform.empty()
            ? ""
            : absl::StrCat("-", absl::StrReplaceAll(platform, {{"/", "-"}}));
    Daemon daemon;
    daemon.name = absl::StrCat("worker", suffix);
    daemon.worker_name = absl::StrCat(HostName(), suffix);
    daemon.program = options_.worker_program;
    daemon.args = {"--coordinator", options_.address,
                   "--cache-dir",   (options_.state_dir / daemon.name).string(),
                   "--name",        daemon.worker_name};
    daemon.args.insert(daemon.args.end(), options_.registry_flags.begin(),
                       options_.registry_flags.end());
    if (!platform.empty()) {
      daemon.args.insert(daemon.args.end(), {"--platform", platform});
    }
    KSO_ASSIGN_OR_RETURN(const bool started, Start(daemon));
    daemons.emplace_back(std::move(daemon), started);
  }
  for (const auto& [daemon, started] : daemons) {
    const std::string& worker_name = daemon.worker_name;
    KSO_RETURN_IF_ERROR(Await(daemon.name, "connect to the coordinator",
                              [&] { return IsReady(worker_name); }));
    say_(absl::StrCat("Worker ", worker_name,
                      started ? " is up." : " was up already."));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Farm::Start(const Daemon& daemon) {
  if (ReadPidFile(PidFile(daemon.name)).has_value()) return false;
  KSO_ASSIGN_OR_RETURN(
      const ProcessId process,
      StartDaemon(daemon.program, daemon.args, LogFile(daemon.name)));
  KSO_RETURN_IF_ERROR(WritePidFile(PidFile(daemon.name), process));
  return true;
}

absl::Status Farm::Await(const std::string& name, const std::string& what,
                         const std::function<bool()>& condition) const {
  const absl::Time deadline = clock_->Now() + options_.patience;
  while (!condition()) {
    if (!ReadPidFile(PidFile(name)).has_value()) {
      return NotUp(name, "ended at once");
    }
    if (clock_->Now() >= deadline) {
      return NotUp(name, absl::StrCat("did not ", what, " in time"));
    }
    SleepFor(clock_, kPause);
  }
  return absl::OkStatus();
}

absl::Status Farm::Stop(const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, ProcessId>> stopping;
  for (const std::string& name : names) {
    const auto process = ReadPidFile(PidFile(name));
    if (!process.has_value()) continue;
    Terminate(*process);
    stopping.emplace_back(name, *process);
  }
  const absl::Time deadline = clock_->Now() + options_.patience;
  for (const auto& [name, process] : stopping) {
    while (IsRunning(process)) {
      if (clock_->Now() >= deadline) {
        return absl::InternalError(
            absl::StrCat(name, " (process ", process.pid,
                         ") was asked to end and still runs; see ",
                         LogFile(name).string(), ", and kill it if need be"));
      }
      SleepFor(clock_, kPause);
    }
    say_(absl::StrCat("Stopped: ", name));
  }
  std::error_code error;
  for (const std::string& name : names) {
    std::filesystem::remove(PidFile(name), error);
  }
  return absl::OkStatus();
}

std::vector<std::string> Farm::WorkersNoted() const {
  std::vector<std::string> names;
  ForEachEntry(options_.state_dir, [&names](const auto& entry) {
    const std::string file = entry.path().filename().string();
    absl::string_view name = file;
    if (absl::StartsWith(name, "worker") &&
        absl::ConsumeSuffix(&name, ".pid")) {
      names.emplace_back(name);
    }
  }).IgnoreError();
  return names;
}

bool Farm::IsReady(const std::string& worker_name) const {
  const auto workers = coordinator_->ListWorkers();
  if (!workers.ok()) return false;
  for (const v1::WorkerStatus& worker : workers->workers()) {
    if (worker.info().name() == worker_name &&
        worker.state() == v1::WorkerStatus::READY) {
      return true;
    }
  }
  return false;
}

absl::Status Farm::NotUp(const std::string& name,
                         const std::string& what) const {
  return absl::FailedPreconditionError(
      absl::StrCat("the ", name, " ", what, ". The end of ",
                   LogFile(name).string(), ":\n", LogTail(LogFile(name), 10)));
}

std::filesystem::path Farm::PidFile(const std::string& name) const {
  return options_.state_dir / (name + ".pid");
}

std::filesystem::path Farm::LogFile(const std::string& name) const {
  return options_.state_dir / (name + ".log");
}

}  // namespace kso::cli
