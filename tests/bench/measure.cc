// SPDX-License-Identifier: Apache-2.0
// kso-measure: runs a command and says what it cost, with everything that it
// started, also what outlived its parent.
//
//   kso-measure RESULT.json COMMAND [ARG...]
//
// RESULT.json: {"seconds", "cpu_seconds", "peak_bytes", "exit"}. Peak memory is
// the largest sum of what the processes have to themselves of memory (PSS,
// which counts a shared page once in all), sampled five times a second.

#include <dirent.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

// The parents of all processes.
std::map<pid_t, pid_t> Parents() {
  std::map<pid_t, pid_t> parents;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return parents;
  while (const dirent* entry = readdir(proc)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    // The name before may hold anything, also parentheses.
    const size_t end = line.rfind(')');
    if (end == std::string::npos || end + 4 > line.size()) continue;
    parents[pid] = std::atoi(line.c_str() + end + 4);
  }
  closedir(proc);
  return parents;
}

int64_t PssOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("Pss:", 0) == 0) {
      return std::atoll(line.c_str() + 4) * 1024;
    }
  }
  return 0;
}

int64_t PssOfDescendants(pid_t self) {
  const std::map<pid_t, pid_t> parents = Parents();
  int64_t total = 0;
  for (const auto& [pid, unused] : parents) {
    if (pid == self) continue;
    pid_t ancestor = pid;
    while (ancestor > 1 && ancestor != self) {
      const auto found = parents.find(ancestor);
      ancestor = found == parents.end() ? 0 : found->second;
    }
    if (ancestor == self) total += PssOf(pid);
  }
  return total;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: kso-measure RESULT.json COMMAND [ARG...]\n");
    return 2;
  }
  // A process that loses its parent becomes this process's child, so that its
  // cost is seen when it ends.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const auto start = Clock::now();
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    execvp(argv[2], argv + 2);
    std::fprintf(stderr, "kso-measure: cannot run %s\n", argv[2]);
    _exit(127);
  }

  std::mutex mutex;
  std::condition_variable wake;
  bool done = false;
  int64_t peak = 0;
  std::thread sampler([&] {
    std::unique_lock<std::mutex> lock(mutex);
    while (!done) {
      lock.unlock();
      const int64_t now = PssOfDescendants(getpid());
      lock.lock();
      peak = std::max(peak, now);
      wake.wait_for(lock, std::chrono::milliseconds(200), [&] { return done; });
    }
  });

  int code = 0;
  double seconds = 0;
  while (true) {
    int status = 0;
    const pid_t ended = wait(&status);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) break;
    if (ended != child) continue;
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex);
    done = true;
  }
  wake.notify_all();
  sampler.join();

  rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  std::ofstream(argv[1]) << "{\"seconds\":" << seconds << ",\"cpu_seconds\":"
                         << Seconds(usage.ru_utime) + Seconds(usage.ru_stime)
                         << ",\"peak_bytes\":" << peak << ",\"exit\":" << code
                         << "}\n";
  return code;
}
