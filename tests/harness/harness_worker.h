// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_HARNESS_HARNESS_WORKER_H_
#define KSO_TESTS_HARNESS_HARNESS_WORKER_H_

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/http/host_limits.h"
#include "common/http/transport.h"
#include "common/oci/login/credentials.h"
#include "common/rpc/call_watch.h"
#include "common/run/clock.h"
#include "kso/v1/blob.grpc.pb.h"
#include "kso/v1/worker.grpc.pb.h"
#include "worker/runner.h"
#include "worker/session.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_executor.h"

namespace kso::testing {

// A worker of a Farm: everything that kso-worker is made of, but for the
// running of images. Its destructor stops it at once.
class HarnessWorker {
 public:
  // May block until the task is cancelled, to hold a build up.
  using BeforeTask =
      std::function<void(const v1::Task& task, worker::TaskControl& control)>;

  // Does a task in the place of `honest`, which does it as real workers do.
  using Execute = std::function<absl::StatusOr<v1::TaskResult>(
      const v1::Task& task, worker::TaskControl& control,
      worker::TaskExecutor& honest)>;

  struct Options {
    std::string name;
    std::string architecture;
    // The coordinator's address.
    std::string coordinator;
    std::filesystem::path directory;
    BeforeTask before_task = {};
    Execute execute = {};
    // It takes verify tasks too.
    bool can_execute = true;
  };

  static absl::StatusOr<std::unique_ptr<HarnessWorker>> Start(
      const Options& options);
  ~HarnessWorker();

 private:
  HarnessWorker() = default;

  v1::WorkerInfo info_;
  std::unique_ptr<DiskBlobStore> cache_;
  oci::Credentials credentials_;
  std::unique_ptr<http::HostLimits> host_limits_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<http::Transport> registry_transport_;
  std::unique_ptr<v1::WorkerService::StubInterface> workers_;
  std::unique_ptr<v1::BlobService::StubInterface> blob_service_;
  rpc::CallWatch call_watch_{Clock::Real()};
  std::unique_ptr<worker::ImageStores> stores_;
  std::unique_ptr<worker::TaskExecutor> dispatcher_;
  std::unique_ptr<worker::TaskExecutor> executor_;
  std::unique_ptr<worker::Session> session_;
  std::unique_ptr<worker::Runner> runner_;
  std::thread thread_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_HARNESS_HARNESS_WORKER_H_
