// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_SERVER_PROCESS_H_
#define KSO_TESTS_FAKES_SERVER_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace kso::testing {

// A port of loopback that nobody uses at the moment.
int FreePort();

// A new directory for what belongs to a test.
absl::StatusOr<std::filesystem::path> NewDirectory(const std::string& name);

// Another program, which listens on a port of loopback. It dies with the test.
class ServerProcess {
 public:
  // Returns when `port` answers. NOT_FOUND when the program, the first of
  // `arguments`, is not installed.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::vector<std::string>& arguments, int port);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Sends a signal and waits for its end.
  void End(int signal);

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}

  // 0 when it has ended.
  pid_t pid_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_SERVER_PROCESS_H_
