// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_WORKER_PROCESS_H_
#define KSO_WORKER_WORKER_PROCESS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/blob/nearby_blob_store.h"
#include "common/files/file_lock.h"
#include "common/http/host_limits.h"
#include "common/http/transport.h"
#include "common/layer/encode_pool.h"
#include "common/metrics/metrics_server.h"
#include "common/oci/login/credentials.h"
#include "common/oci/registry/registry_flags.h"
#include "common/rpc/call_watch.h"
#include "common/rpc/channel.h"
#include "common/run/clock.h"
#include "kso/v1/blob.grpc.pb.h"
#include "kso/v1/worker.grpc.pb.h"
#include "prometheus/registry.h"
#include "worker/health_watch.h"
#include "worker/join/certificate_renewal.h"
#include "worker/join/certificate_signer.h"
#include "worker/join/worker_identity.h"
#include "worker/metrics/transfer_metrics.h"
#include "worker/prune_runner.h"
#include "worker/runner.h"
#include "worker/sandbox/container.h"
#include "worker/session.h"
#include "worker/stop_signals.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_executor.h"
#include "worker/unpack/layer_cache.h"

namespace kso::worker {

// The command line of kso-worker.
struct WorkerOptions {
  std::string coordinator = "127.0.0.1:7070";
  // The token comes from `token_file` or $KSO_TOKEN when the worker starts.
  rpc::ChannelSecurity security;
  std::string token_file;
  // A file with the token of an invitation. With it the worker gets its
  // certificate from the coordinator, and renews it; not together with a
  // certificate or token of its own.
  std::string join_token_file;
  std::string cache_directory;
  // Others may write to directories above it.
  bool allow_open_parent = false;
  std::string name;
  std::vector<std::string> platforms;
  int slots = 0;
  int64_t least_free_mebibytes = 1024;
  int64_t cache_mebibytes = 51200;
  int drain_seconds = 300;
  int least_kibibytes_per_second = 1;
  oci::RegistryFlags registries;
  // Empty: $NETRC or ~/.netrc, where they are there.
  std::string netrc_file;
  // Where metrics are served, "HOST:PORT". Empty: nowhere.
  std::string metrics_address;
  // A file with what their readers show. Empty: they show nothing.
  std::string metrics_token_file;
  // As DescriptionOptions has them.
  bool no_verify = false;
  bool strict_fences = false;
  std::string subuid;
};

// The parts of a worker and how they use each other. Not thread safe.
class WorkerProcess {
 public:
  // Takes over the cache directory. FAILED_PRECONDITION when another worker
  // uses it, INVALID_ARGUMENT for options that cannot be.
  static absl::StatusOr<std::unique_ptr<WorkerProcess>> Create(
      const WorkerOptions& options);

  // Works until a signal ends it: OK when the worker has drained.
  absl::Status Run(StopSignals& signals);

 private:
  explicit WorkerProcess(const WorkerOptions& options);

  // The steps of Create. Each makes the parts that the next ones use.
  absl::Status TakeDirectory();
  absl::Status MakeTransports();
  absl::Status ConnectToCoordinator();
  // Where the worker was invited, fills `security` with its certificate, which
  // it gets now where it has none.
  absl::Status Join(rpc::ChannelSecurity& security);
  absl::Status OpenStores();
  void MakeExecutor();
  void MakeSession();
  absl::Status ServeMetrics();

  int64_t cache_bytes() const { return options_.cache_mebibytes << 20; }
  int64_t layer_bytes() const;
  std::filesystem::path partial_directory() const;
  std::filesystem::path verify_directory() const;

  void LogDescription() const;
  // The worker as the coordinator is told of it at this moment.
  v1::WorkerInfo Describe();
  v1::WorkerInfo Look() const;
  v1::PruneReport Prune(const v1::CachePruning& pruning);
  // The coordinator hears of a full disk only when the cache cannot help.
  bool IsHealthyOrCanBe();
  void OnSignal(int count);

  // In the order in which they are made: each uses only what is above it,
  // except where a comment says so.
  const WorkerOptions options_;
  const std::filesystem::path directory_;
  Clock* const clock_ = Clock::Real();
  const std::shared_ptr<prometheus::Registry> metrics_ =
      std::make_shared<prometheus::Registry>();
  TransferMetrics transfer_metrics_{metrics_.get()};
  std::optional<FileLock> lock_;
  v1::WorkerInfo info_;
  // Null where this machine cannot run containers.
  std::unique_ptr<ContainerRuntime> runtime_;

  http::HostLimits host_limits_{clock_};
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<http::Transport> registry_transport_;

  // All three are null for a worker that was not invited. The renewal uses the
  // two above it.
  std::unique_ptr<WorkerIdentity> identity_;
  std::unique_ptr<CertificateSigner> signer_;
  std::unique_ptr<CertificateRenewal> renewal_;
  std::unique_ptr<v1::WorkerService::Stub> workers_;
  std::unique_ptr<v1::BlobService::Stub> blobs_;
  rpc::CallWatch call_watch_{clock_};
  NearbyPlace coordinator_blobs_;

  oci::Credentials credentials_;
  std::unique_ptr<ImageStores> stores_;
  // Empties `layers_`, once that is there, before it evicts blobs.
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<LayerCache> layers_;

  EncodePool encode_pool_;
  std::unique_ptr<TaskExecutor> executor_;

  // Asks Describe, which uses `health_` and `prunes_`, while it runs: not
  // before Run.
  std::unique_ptr<Session> session_;
  std::unique_ptr<PruneRunner> prunes_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<HealthWatch> health_;
  // Null where metrics are served nowhere.
  std::unique_ptr<metrics::MetricsServer> metrics_server_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_WORKER_PROCESS_H_
