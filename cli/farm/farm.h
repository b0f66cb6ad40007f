// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_FARM_FARM_H_
#define KSO_CLI_FARM_FARM_H_

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/coordinator_client.h"
#include "common/run/clock.h"

namespace kso::cli {

// The programs and places of a farm on this machine.
struct FarmOptions {
  // Absolute. Holds all state, logs and pid files:
  //   address  coordinator/  coordinator.{pid,log}
  //   NAME/    NAME.{pid,log}                       for each worker
  std::filesystem::path state_dir;
  // "HOST:PORT" that the coordinator listens on.
  std::string address;
  std::string http_address;
  // One worker each; empty for one worker of this machine's own platform.
  std::vector<std::string> platforms;
  // Further arguments of both programs.
  std::vector<std::string> registry_flags;
  std::filesystem::path coordinator_program;
  std::filesystem::path worker_program;
  // How long programs may take to come up, or to end.
  absl::Duration patience = absl::Seconds(30);
};

// The farm on this machine: a coordinator and workers as daemons. One call at a
// time on a machine; a lock in the state directory sees to that.
class Farm {
 public:
  // Steps are told to `say`, a line each. All must outlive the farm.
  Farm(const FarmOptions& options, CoordinatorClient* coordinator, Clock* clock,
       std::function<void(const std::string&)> say);

  // Starts what does not run yet, and waits until the coordinator answers and
  // each worker is ready. FAILED_PRECONDITION with the end of a log when
  // something does not come up, or another coordinator has the address.
  absl::Status Up();

  // Ends the workers, then the coordinator. State and logs stay.
  absl::Status Down();

 private:
  struct Daemon {
    std::string name;
    // The name by which the coordinator knows a worker.
    std::string worker_name;
    std::filesystem::path program;
    std::vector<std::string> args;
  };

  // One that asks who it is asked by is there too.
  bool CoordinatorAnswers() const;
  absl::Status StartCoordinator();
  absl::Status StartWorkers();
  // Returns whether it had to be started.
  absl::StatusOr<bool> Start(const Daemon& daemon);
  // Tries until `condition` holds, for as long as `name` runs.
  absl::Status Await(const std::string& name, const std::string& what,
                     const std::function<bool()>& condition) const;
  absl::Status Stop(const std::vector<std::string>& names);
  std::vector<std::string> WorkersNoted() const;
  bool IsReady(const std::string& worker_name) const;
  absl::Status NotUp(const std::string& name, const std::string& what) const;
  std::filesystem::path PidFile(const std::string& name) const;
  std::filesystem::path LogFile(const std::string& name) const;

  const FarmOptions options_;
  CoordinatorClient* const coordinator_;
  Clock* const clock_;
  const std::function<void(const std::string&)> say_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_FARM_FARM_H_
