// SPDX-License-Identifier: Apache-2.0
#include "common/run/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"

namespace kso {
namespace {

using Group = SubprocessOptions::Group;
using SteadyClock = std::chrono::steady_clock;

// A program that has closed its output is about to end.
constexpr absl::Duration kEndPoll = absl::Milliseconds(5);

int ExitStatus(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                  : WEXITSTATUS(wait_status);
}

int WaitStatusOf(pid_t pid) {
  int wait_status = 0;
  while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  return wait_status;
}

// The two ends of a connection between this process and a child.
struct Ends {
  FileDescriptor ours;
  FileDescriptor theirs;
};

// A pipe that the child writes to.
absl::StatusOr<Ends> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a pipe");
  }
  return Ends{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

absl::StatusOr<Ends> MakeSocketPair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a socket");
  }
  return Ends{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// The same open file under a number that is none of the standard three, so that
// the child can put one after the other in its place.
absl::StatusOr<FileDescriptor> AboveStandard(int file) {
  FileDescriptor copy(fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (copy.get() < 0) {
    return absl::ErrnoToStatus(errno, "cannot hand on a file");
  }
  return copy;
}

struct Child {
  char* const* argv;
  const SubprocessOptions& options;
  // nullptr: stays where it is.
  const char* directory;
  // The descriptors that become its standard input, output and errors.
  std::array<int, 3> files;
  pid_t parent;
};

// Runs in the child of a process with threads: only system calls, nothing that
// may wait for a lock. Returns when the program cannot be started, with errno.
void BecomeProgram(const Child& child) {
  if (child.options.ends_with_thread) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The parent may have ended before that.
    if (getppid() != child.parent) return;
  }
  if (child.options.group == Group::kOwn) setpgid(0, 0);
  if (child.options.group == Group::kOwnSession) setsid();
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int file = 0; file < static_cast<int>(child.files.size()); ++file) {
    if (dup2(child.files[static_cast<size_t>(file)], file) < 0) return;
  }
  if (child.directory != nullptr && chdir(child.directory) != 0) return;
  if (child.options.prepare && !child.options.prepare()) return;
  execv(child.argv[0], child.argv);
}

// Forks; the error of a child that could not become the program comes back
// through a pipe, which is closed without a word when it could.
absl::StatusOr<pid_t> Fork(const Child& child) {
  KSO_ASSIGN_OR_RETURN(Ends trouble, MakePipe());
  // Its number may be a standard one, when those are closed in this process.
  KSO_ASSIGN_OR_RETURN(trouble.theirs, AboveStandard(trouble.theirs.get()));
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeProgram(child);
    const int error = errno;
    (void)!write(trouble.theirs.get(), &error, sizeof(error));
    _exit(127);
  }
  int error = pid < 0 ? errno : 0;
  trouble.theirs = FileDescriptor();
  if (pid > 0 && read(trouble.ours.get(), &error, sizeof(error)) > 0) {
    WaitStatusOf(pid);
  }
  if (error == 0) return pid;
  return absl::ErrnoToStatus(error, Concat("cannot run ", child.argv[0]));
}

// Tells RunProgram when to give a program up, and waits until then.
class StopCondition {
 public:
  explicit StopCondition(const RunOptions& options)
      : options_(options),
        limited_(options.timeout < absl::Hours(24 * 365)),
        deadline_(SteadyClock::now() +
                  (limited_ ? absl::ToChronoNanoseconds(options.timeout)
                            : std::chrono::nanoseconds(0))),
        on_stop_(options.stop, Wake{wake_.get()}) {}

  absl::Status Check() const {
    if (options_.stop.stop_requested()) {
      return absl::CancelledError("cancelled");
    }
    if (limited_ && SteadyClock::now() >= deadline_) {
      return absl::DeadlineExceededError(
          Concat("did not end in ", absl::FormatDuration(options_.timeout)));
    }
    return absl::OkStatus();
  }

  // Waits until `file` (-1: none) can be read, Check may have something to say,
  // or `most` is over. Returns whether the file can be read.
  bool Wait(int file, absl::Duration most) const {
    if (limited_) {
      most = std::min(most, absl::FromChrono(deadline_ - SteadyClock::now()));
    }
    pollfd waiting[] = {
        {.fd = file, .events = POLLIN, .revents = 0},
        {.fd = wake_.get(), .events = POLLIN, .revents = 0},
    };
    const int64_t milliseconds = absl::ToInt64Milliseconds(
        std::clamp(most, absl::ZeroDuration(), absl::Hours(1)));
    return poll(waiting, 2, static_cast<int>(milliseconds) + 1) > 0 &&
           waiting[0].revents != 0;
  }

 private:
  // Makes the event readable, which ends poll(2).
  struct Wake {
    void operator()() const { eventfd_write(event, 1); }
    int event;
  };

  const RunOptions& options_;
  const bool limited_;
  const SteadyClock::time_point deadline_;
  const FileDescriptor wake_{eventfd(0, EFD_CLOEXEC)};
  // The last member: it uses the event.
  const std::stop_callback<Wake> on_stop_;
};

// Reads until all who have the other end are gone.
absl::Status ReadToEnd(const FileDescriptor& file, const StopCondition& stop,
                       size_t most_output, std::string& output) {
  char buffer[4096];
  while (true) {
    KSO_RETURN_IF_ERROR(stop.Check());
    if (!stop.Wait(file.get(), absl::InfiniteDuration())) continue;
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return absl::OkStatus();
    output.append(buffer, static_cast<size_t>(count));
    if (output.size() > most_output) {
      output.erase(0, output.size() - most_output);
    }
  }
}

absl::Status AwaitEnd(Subprocess& program, const StopCondition& stop) {
  while (program.Running()) {
    KSO_RETURN_IF_ERROR(stop.Check());
    stop.Wait(-1, kEndPoll);
  }
  return absl::OkStatus();
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

absl::StatusOr<Subprocess> Subprocess::Start(
    const std::vector<std::string>& argv, const SubprocessOptions& options) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  KSO_ASSIGN_OR_RETURN(const FileDescriptor nothing,
                       OpenFile("/dev/null", O_RDWR));
  std::array<FileDescriptor, 3> copies;
  std::array<int, 3> files = {options.input, options.output, options.errors};
  for (size_t i = 0; i < files.size(); ++i) {
    KSO_ASSIGN_OR_RETURN(
        copies[i], AboveStandard(files[i] < 0 ? nothing.get() : files[i]));
    files[i] = copies[i].get();
  }
  KSO_ASSIGN_OR_RETURN(
      const pid_t pid,
      Fork({.argv = arguments.data(),
            .options = options,
            .directory =
                options.directory.empty() ? nullptr : options.directory.c_str(),
            .files = files,
            .parent = getpid()}));
  return Subprocess(pid, options.group != Group::kCallers);
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(other.Release()),
      leads_group_(other.leads_group_),
      ended_(other.ended_),
      exit_status_(other.exit_status_) {}

Subprocess::~Subprocess() {
  if (pid_ == 0 || !Running()) return;
  Signal(SIGKILL);
  Wait();
}

bool Subprocess::Running() {
  if (ended_) return false;
  int wait_status = 0;
  if (waitpid(pid_, &wait_status, WNOHANG) != pid_) return true;
  NoteEnd(wait_status);
  return false;
}

void Subprocess::Signal(int signal_number) {
  if (!ended_) kill(leads_group_ ? -pid_ : pid_, signal_number);
}

int Subprocess::Wait() {
  if (!ended_) NoteEnd(WaitStatusOf(pid_));
  return exit_status_;
}

void Subprocess::NoteEnd(int wait_status) {
  ended_ = true;
  exit_status_ = ExitStatus(wait_status);
}

absl::StatusOr<RunResult> RunProgram(const std::vector<std::string>& argv,
                                     const RunOptions& options) {
  const StopCondition stop(options);
  KSO_ASSIGN_OR_RETURN(Ends output, MakePipe());
  Ends input;
  // Writing to a program that does not read its input must not raise SIGPIPE,
  // which is what a socket is for.
  if (!options.input.empty()) {
    KSO_ASSIGN_OR_RETURN(input, MakeSocketPair());
  }
  KSO_ASSIGN_OR_RETURN(
      Subprocess program,
      Subprocess::Start(
          argv, {.input = input.theirs.get(),
                 .output = output.theirs.get(),
                 .errors = options.keep_errors ? output.theirs.get() : -1,
                 .group = options.group,
                 .ends_with_thread = options.ends_with_thread,
                 .prepare = options.prepare}));
  output.theirs = FileDescriptor();
  input.theirs = FileDescriptor();
  // The exit status tells when a program did not take its input.
  (void)!send(input.ours.get(), options.input.data(), options.input.size(),
              MSG_NOSIGNAL | MSG_DONTWAIT);
  input.ours = FileDescriptor();
  RunResult result;
  KSO_RETURN_IF_ERROR(
      ReadToEnd(output.ours, stop, options.most_output, result.output));
  KSO_RETURN_IF_ERROR(AwaitEnd(program, stop));
  result.exit_status = program.exit_status();
  return result;
}

}  // namespace kso
