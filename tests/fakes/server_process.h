// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_SERVER_PROCESS_H_
#define KSO_TESTS_FAKES_SERVER_PROCESS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/run/subprocess.h"

namespace kso::testing {

// A port of loopback that nobody uses at the moment.
int FreePort();

// Another program, which listens on a port of loopback. It dies with the test.
class ServerProcess {
 public:
  // Returns when `port` answers. NOT_FOUND when the program, the first of
  // `arguments`, is not installed.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const std::vector<std::string>& arguments, int port);

  // Sends a signal and waits for its end.
  void End(int signal);

 private:
  explicit ServerProcess(Subprocess process) : process_(std::move(process)) {}

  Subprocess process_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_SERVER_PROCESS_H_
