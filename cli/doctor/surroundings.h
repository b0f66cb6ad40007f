// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DOCTOR_SURROUNDINGS_H_
#define KSO_CLI_DOCTOR_SURROUNDINGS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/coordinator_client.h"
#include "common/http/transport.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// The machine as the checks see it, so that tests can break it.
class Machine {
 public:
  virtual ~Machine() = default;

  virtual absl::Time Now() = 0;
  // An environment variable; empty where it is not set.
  virtual std::string Variable(const std::string& name) = 0;
  // Bytes that this user may write at `directory`, or at its next parent that
  // is there.
  virtual absl::StatusOr<int64_t> FreeBytes(
      const std::filesystem::path& directory) = 0;
  // The content of a file of certificates.
  virtual absl::StatusOr<std::string> ReadFile(
      const std::filesystem::path& file) = 0;
  // OK where something accepts connections at the URL's host and port, asked
  // without a proxy. Gives up soon.
  virtual absl::Status Connect(const std::string& url) = 0;
  // OK where the name has an address.
  virtual absl::Status Resolve(const std::string& host) = 0;
  virtual absl::StatusOr<bool> HasLogin(const std::string& host,
                                        const std::string& repository) = 0;
  // OK when a push to the registry may begin, by the logins of this machine.
  virtual absl::Status CheckPush(const v1::Destination& destination) = 0;
  // Asks hosts; gives up soon.
  virtual http::Transport& transport() = 0;
};

// The machine that this process runs on. `clock` must outlive it.
absl::StatusOr<std::unique_ptr<Machine>> CreateRealMachine(Clock* clock);

// The things that are examined.
struct Surroundings {
  Machine* machine = nullptr;
  CoordinatorClient* coordinator = nullptr;
  // "HOST:PORT".
  std::string address;
  // The files by which it is spoken to.
  rpc::TlsFiles tls = {};
  // The release that is to be built, and why it cannot be read.
  std::optional<v1::Release> release = {};
  absl::Status release_trouble = {};
};

}  // namespace kso::cli

#endif  // KSO_CLI_DOCTOR_SURROUNDINGS_H_
