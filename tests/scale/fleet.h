// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_SCALE_FLEET_H_
#define KSO_TESTS_SCALE_FLEET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kso/v1/build.pb.h"
#include "tests/scale/farm_certificates.h"
#include "tests/scale/simulated_worker.h"

namespace kso::scale {

// Many workers of one coordinator in this process, over real connections.
class Fleet {
 public:
  struct Options {
    // HOST:PORT.
    std::string coordinator;
    int workers = 1;
    int slots = 1;
    // Connections; workers share them evenly.
    int connections = 1;
    // With certificates each worker has its own, and so its own connection.
    // Null: plain text. It must outlive the fleet.
    const FarmCertificates* certificates = nullptr;
  };

  // Starts to call. The program ends where no certificate can be made.
  explicit Fleet(const Options& options);
  ~Fleet();

  // Lets the tasks go that keep builds from ending.
  void FinishLast();

  Tally& tally() { return tally_; }

 private:
  Tally tally_;
  std::vector<std::unique_ptr<SimulatedWorker>> workers_;
};

// Submits the builds, one after the other.
absl::Status SubmitBuilds(const std::string& coordinator, int builds, int files,
                          const FarmCertificates* certificates = nullptr);
// All builds of the coordinator, the newest first.
absl::StatusOr<v1::ListBuildsResponse> ListBuilds(
    const std::string& coordinator);

}  // namespace kso::scale

#endif  // KSO_TESTS_SCALE_FLEET_H_
