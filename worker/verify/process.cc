#include "worker/verify/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
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

// Starts `argv` with both outputs to `output`. The worker blocks the signals
// that it waits for; its children must not inherit that.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& argv, int output) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv.front().c_str(), &actions,
                                &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    return absl::InternalError(
        Concat("cannot run ", argv.front(), ": ",
               absl::ErrnoToStatus(error, "").message()));
  }
  return pid;
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
                                         const TaskControl& control) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::InternalError("cannot make a pipe");
  }
  const absl::StatusOr<pid_t> pid = Spawn(argv, ends[1]);
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
    const std::vector<std::string>& argv, const std::filesystem::path& log) {
  const int file =
      open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) {
    return WorkerTrouble(
        absl::ErrnoToStatus(errno, Concat("cannot write ", log.string())));
  }
  // A program that is not root opens /dev/stdout anew, which asks the file.
  fchmod(file, 0666);
  const absl::StatusOr<pid_t> pid = Spawn(argv, file);
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

}  // namespace kso::worker
