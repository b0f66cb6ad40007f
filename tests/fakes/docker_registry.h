// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_DOCKER_REGISTRY_H_
#define KSO_TESTS_FAKES_DOCKER_REGISTRY_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/fakes/server_process.h"
#include "tests/fakes/temp_directory.h"

namespace kso::testing {

// Debian's docker-registry (Distribution 2.8) as a child process on a free port
// of loopback, with an empty directory of its own. It ends with its owner.
class DockerRegistry {
 public:
  // NOT_FOUND when the program is not installed.
  static absl::StatusOr<std::unique_ptr<DockerRegistry>> Start();

  // "127.0.0.1:PORT".
  const std::string& host() const { return host_; }

 private:
  explicit DockerRegistry(std::string host) : host_(std::move(host)) {}

  // The registry has ended when this goes.
  const TempDirectory directory_;
  const std::string host_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_DOCKER_REGISTRY_H_
