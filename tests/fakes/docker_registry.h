// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_DOCKER_REGISTRY_H_
#define KSO_TESTS_FAKES_DOCKER_REGISTRY_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/fakes/server_process.h"

namespace kso::testing {

// Debian's docker-registry (Distribution 2.8) as a child process on a free port
// of loopback, with an empty directory of its own. The destructor ends it and
// removes the directory.
class DockerRegistry {
 public:
  // NOT_FOUND when the program is not installed.
  static absl::StatusOr<std::unique_ptr<DockerRegistry>> Start();
  ~DockerRegistry();
  DockerRegistry(const DockerRegistry&) = delete;
  DockerRegistry& operator=(const DockerRegistry&) = delete;

  // "127.0.0.1:PORT".
  const std::string& host() const { return host_; }

 private:
  DockerRegistry(std::filesystem::path directory, std::string host,
                 std::unique_ptr<ServerProcess> process)
      : directory_(std::move(directory)),
        host_(std::move(host)),
        process_(std::move(process)) {}

  const std::filesystem::path directory_;
  const std::string host_;
  std::unique_ptr<ServerProcess> process_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_DOCKER_REGISTRY_H_
