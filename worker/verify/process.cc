// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr size_t kLongestOutput = 64 << 10;
// How soon a cancelled task's program is killed.
constexpr int kPollMilliseconds = 100;

int ExitStatus(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                  : WEXITSTATUS(wait_status);
}

int WaitFor(pid_t pid) {
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return ExitStatus(wait_status);
}

struct SpawnOptions {
  // Descriptors of this process.
  int input = -1;
  int output = -1;
  bool ends_with_thread = true;
  PrepareChild prepare = {};
};

// In the child of a process with threads: only system calls, nothing that may
// wait for a lock. The worker blocks and ignores signals; its children must not
// inherit that.
void BecomeProgram(char* const* argv, const SpawnOptions& options,
                   pid_t parent) {
  if (options.ends_with_thread) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may have ended before.
    if (getppid() != parent) return;
  }
  setpgid(0, 0);
  for (const int signal_number : {SIGPIPE, SIGINT, SIGTERM, SIGUSR1}) {
    signal(signal_number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (dup2(options.input, STDIN_FILENO) < 0 ||
      dup2(options.output, STDOUT_FILENO) < 0 ||
      dup2(options.output, STDERR_FILENO) < 0) {
    return;
  }
  if (options.prepare && !options.prepare()) return;
  execv(argv[0], argv);
}

// Starts `argv` in a process group of its own.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& argv,
                            SpawnOptions options) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  // Tells why the program does not start; closed when it does.
  int trouble[2];
  if (nothing < 0 || pipe2(trouble, O_CLOEXEC) != 0) {
    if (nothing >= 0) close(nothing);
    return absl::InternalError("cannot make a pipe");
  }
  if (options.input < 0) options.input = nothing;
  if (options.output < 0) options.output = nothing;
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeProgram(arguments.data(), options, parent);
    const int error = errno;
    (void)!write(trouble[1], &error, sizeof(error));
    _exit(127);
  }
  int error = pid < 0 ? errno : 0;
  close(nothing);
  close(trouble[1]);
  if (pid > 0 && read(trouble[0], &error, sizeof(error)) > 0) WaitFor(pid);
  close(trouble[0]);
  if (error == 0) return pid;
  return absl::InternalError(
      Concat(options.prepare ? "cannot mount for and run " : "cannot run ",
             argv.front(), ": ", absl::ErrnoToStatus(error, "").message()));
}

void AppendTail(std::string& output, std::string_view bytes) {
  output.append(bytes);
  if (output.size() > kLongestOutput) {
    output.erase(0, output.size() - kLongestOutput);
  }
}

// Reads until all writers of the pipe are gone; false when cancelled.
bool ReadToEnd(int pipe_end, const TaskControl& control, std::string& output) {
  char buffer[4096];
  while (!control.cancelled()) {
    pollfd waiting = {.fd = pipe_end, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kPollMilliseconds) <= 0) continue;
    const ssize_t count = read(pipe_end, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    AppendTail(output, std::string_view(buffer, static_cast<size_t>(count)));
  }
  return false;
}

}  // namespace

std::optional<std::string> FindProgram(std::string_view name) {
  const char* path = std::getenv("PATH");
  const std::string directories =
      Concat(path == nullptr ? "" : path,
             ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (const absl::string_view directory : absl::StrSplit(directories, ':')) {
    if (directory.empty() || directory.front() != '/') continue;
    std::string candidate = Concat(directory, "/", name);
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

absl::StatusOr<CommandResult> RunCommand(const std::vector<std::string>& argv,
                                         const TaskControl& control,
                                         const PrepareChild& prepare) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::InternalError("cannot make a pipe");
  }
  const absl::StatusOr<pid_t> pid =
      Spawn(argv, {.output = ends[1], .prepare = prepare});
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return pid.status();
  }
  CommandResult result;
  const bool ended = ReadToEnd(ends[0], control, result.output);
  close(ends[0]);
  if (!ended) kill(-*pid, SIGKILL);
  result.exit_status = WaitFor(*pid);
  if (!ended) return absl::CancelledError("cancelled");
  return result;
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& argv, const std::filesystem::path& log,
    const PrepareChild& prepare) {
  const int file =
      open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) {
    return WorkerTrouble(
        absl::ErrnoToStatus(errno, Concat("cannot write ", log.string())));
  }
  // A program that is not root opens /dev/stdout anew, which asks the file.
  fchmod(file, 0666);
  const absl::StatusOr<pid_t> pid =
      Spawn(argv, {.output = file, .prepare = prepare});
  close(file);
  KSO_RETURN_IF_ERROR(pid.status());
  return std::unique_ptr<ChildProcess>(new ChildProcess(*pid));
}

ChildProcess::~ChildProcess() {
  if (!Running()) return;
  kill(-pid_, SIGKILL);
  Wait();
}

bool ChildProcess::Running() {
  if (ended_) return false;
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, WNOHANG) != pid_) return true;
  ended_ = true;
  exit_status_ = ExitStatus(wait_status);
  return false;
}

void ChildProcess::Wait() {
  if (ended_) return;
  exit_status_ = WaitFor(pid_);
  ended_ = true;
}

absl::StatusOr<std::unique_ptr<LastCommand>> LastCommand::Prepare(
    const std::vector<std::string>& argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::InternalError("cannot make a pipe");
  }
  // The shell reads nothing and comes to the end when the worker closes its end
  // of the pipe, or is gone.
  std::vector<std::string> command = {"/bin/sh", "-c", "read -r _; exec \"$@\"",
                                      "sh"};
  command.insert(command.end(), argv.begin(), argv.end());
  const absl::StatusOr<pid_t> pid =
      Spawn(command, {.input = ends[0], .ends_with_thread = false});
  close(ends[0]);
  if (!pid.ok()) {
    close(ends[1]);
    return pid.status();
  }
  return std::unique_ptr<LastCommand>(new LastCommand(ends[1], *pid));
}

LastCommand::~LastCommand() {
  close(pipe_end_);
  WaitFor(pid_);
}

}  // namespace kso::worker
