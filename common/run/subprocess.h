// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_SUBPROCESS_H_
#define KSO_COMMON_RUN_SUBPROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kso {

// Programs that this one starts. They inherit its environment; of its open
// files only those that the options name, and of its signals none: no signal is
// blocked or ignored in them.

// The absolute path of a program: in $PATH, or where system programs are, which
// not every $PATH names.
std::optional<std::string> FindProgram(std::string_view name);

struct SubprocessOptions {
  // Open files of this process that become the program's standard input, output
  // and errors. -1 is /dev/null. They stay the caller's.
  int input = -1;
  int output = -1;
  int errors = -1;
  // The program's working directory; empty for that of this process.
  std::filesystem::path directory = {};
  // To which processes a terminal's signals, such as that of Ctrl-C, also go. A
  // program in a group of its own does not get them; one in a session of its
  // own also does not end with the terminal.
  enum class Group { kCallers, kOwn, kOwnSession };
  Group group = Group::kOwn;
  // The kernel kills the program when the thread that started it ends, however
  // it does.
  bool ends_with_thread = false;
  // Called in the child just before it becomes the program: only system calls,
  // since the child is a fork of a process with threads. False, with errno,
  // when one failed; the program is not started then.
  std::function<bool()> prepare = nullptr;
};

// One program that was started. Not thread safe.
class Subprocess {
 public:
  // `argv` begins with the program's path. The error says which program cannot
  // be started, and why: NOT_FOUND, PERMISSION_DENIED and so on.
  static absl::StatusOr<Subprocess> Start(
      const std::vector<std::string>& argv,
      const SubprocessOptions& options = {});

  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;
  // Kills the program when it still runs, and waits for its end.
  ~Subprocess();

  pid_t pid() const { return pid_; }
  bool Running();
  // Sends a signal to the program's group, or to the program alone when that is
  // in the caller's group. Does nothing when the program has ended.
  void Signal(int signal_number);
  // Waits for the program's end; returns its exit status.
  int Wait();
  // Once the program does not run: 128 and the signal's number when a signal
  // ended it, as shells say.
  int exit_status() const { return exit_status_; }
  // Lets the program run on by itself; returns its process id.
  pid_t Release() { return std::exchange(pid_, 0); }

 private:
  Subprocess(pid_t pid, bool leads_group)
      : pid_(pid), leads_group_(leads_group) {}
  void NoteEnd(int wait_status);

  // 0 when this object no longer owns a program.
  pid_t pid_;
  const bool leads_group_;
  bool ended_ = false;
  int exit_status_ = 0;
};

struct RunOptions {
  // The program reads this from its standard input; at most 64 KiB.
  std::string input = {};
  // Tells whether the output is followed also on standard error; otherwise that
  // goes to /dev/null.
  bool keep_errors = false;
  // Only the last bytes of a longer output are kept.
  size_t most_output = 64 << 10;
  // By the clock of the machine that only goes forward.
  absl::Duration timeout = absl::InfiniteDuration();
  // The program is killed once a stop is requested.
  std::stop_token stop = {};
  SubprocessOptions::Group group = SubprocessOptions::Group::kOwn;
  bool ends_with_thread = false;
  std::function<bool()> prepare = nullptr;
};

struct RunResult {
  // As Subprocess::exit_status says.
  int exit_status = 0;
  std::string output;
};

// Runs a program to its end, and until nobody writes to its output any more.
// DEADLINE_EXCEEDED or CANCELLED when it was killed for that reason; otherwise
// errors are those of Subprocess::Start. Blocks. May be called from any thread.
absl::StatusOr<RunResult> RunProgram(const std::vector<std::string>& argv,
                                     const RunOptions& options = {});

}  // namespace kso

#endif  // KSO_COMMON_RUN_SUBPROCESS_H_
