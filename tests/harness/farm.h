// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_HARNESS_FARM_H_
#define KSO_TESTS_HARNESS_FARM_H_

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/rpc/server.h"
#include "coordinator/engine/build_actions.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/store/state_store.h"
#include "kso/v1/build.grpc.pb.h"
#include "tests/harness/harness_worker.h"

namespace kso::testing {

// A farm in one process: the coordinator's engine, services and blob store
// behind a real gRPC server on a free port, and workers that fetch over HTTP,
// make layers and push them, all with the parts of the real programs. Only the
// running of finished images is left out: a verify task checks instead that
// everything its image refers to is at the destination. Builds go to the farm's
// own blob store. The journal is in memory.
class Farm {
 public:
  // Keeps files under `directory`, which must exist.
  static absl::StatusOr<std::unique_ptr<Farm>> Start(
      const std::filesystem::path& directory,
      const coordinator::EngineOptions& options = {});
  ~Farm();

  // Adds a worker that is native for "amd64" or "arm64", with an empty cache.
  // `before_task` is called on the worker's thread before each task.
  absl::Status AddWorker(const std::string& name,
                         const std::string& architecture,
                         HarnessWorker::BeforeTask before_task = {});
  // Stops it as a crash would: nothing is handed back.
  void KillWorker(const std::string& name);

  // Ends the coordinator with all calls and connections, and starts another
  // one from its journal, at the same address.
  absl::Status RestartCoordinator();
  // "127.0.0.1:PORT".
  std::string address() const { return server_->address(); }

  // Submits and waits for the end.
  absl::StatusOr<v1::Build> Run(const v1::Release& release,
                                const std::string& build_id);
  absl::Status Submit(const v1::Release& release, const std::string& build_id);
  absl::StatusOr<v1::Build> AwaitEnd(const std::string& build_id);

  // The blobs that the farm's builds have made.
  BlobStore& blobs() { return *blobs_; }

 private:
  Farm(std::filesystem::path directory,
       const coordinator::EngineOptions& options)
      : directory_(std::move(directory)), options_(options) {}

  absl::Status StartCoordinator(const std::string& address);
  void StopCoordinator();

  const std::filesystem::path directory_;
  const coordinator::EngineOptions options_;
  std::unique_ptr<coordinator::StateStore> store_;
  std::unique_ptr<DiskBlobStore> blobs_;
  std::unique_ptr<coordinator::BuildActions> actions_;
  std::unique_ptr<coordinator::Engine> engine_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::BuildService::StubInterface> builds_;
  std::map<std::string, std::unique_ptr<HarnessWorker>> workers_;
  int workers_started_ = 0;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_HARNESS_FARM_H_
