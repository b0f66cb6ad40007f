// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_COORDINATOR_PROCESS_H_
#define KSO_COORDINATOR_COORDINATOR_PROCESS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/blob_service.h"  // IWYU pragma: export
#include "common/blob/disk_blob_store.h"
#include "common/http/transport.h"
#include "common/oci/login/credentials.h"
#include "common/oci/registry/registry_flags.h"
#include "common/pki/authority.h"
#include "common/rpc/server.h"
#include "common/rpc/tls_files.h"
#include "common/run/clock.h"
#include "coordinator/access/certificate_watch.h"
#include "coordinator/access/enrollment.h"
#include "coordinator/access/farm_doors.h"
#include "coordinator/access/oidc_source.h"
#include "coordinator/api/api_server.h"
#include "coordinator/engine/build_actions.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/store/state_store.h"
#include "coordinator/store/work_mark.h"
#include "grpcpp/impl/codegen/service_type.h"  // IWYU pragma: export
#include "prometheus/registry.h"

namespace kso::coordinator {

// The command line of kso-coordinator.
struct CoordinatorOptions {
  std::string listen = "127.0.0.1:7070";
  std::string http_listen = "127.0.0.1:7071";
  std::vector<std::string> http_hosts;
  std::string state_directory;
  // Others may write to directories above it.
  bool allow_open_parent = false;
  rpc::TlsFiles tls;
  bool insecure_plaintext = false;
  DoorOptions doors;
  std::string oidc_config;
  EnrollmentOptions enrollment;
  int worker_certificate_minutes =
      static_cast<int>(pki::kWorkerCertificateLife / absl::Minutes(1));
  int keep_builds = EngineOptions().keep_builds;
  int keep_days =
      static_cast<int>(EngineOptions().keep_builds_for / absl::Hours(24));
  int most_builds = EngineOptions().quotas.builds_of_one;
  int most_items = EngineOptions().quotas.items;
  int64_t most_gibibytes = EngineOptions().quotas.bytes >> 30;
  int64_t most_disk_gibibytes = EngineOptions().quotas.disk_bytes >> 30;
  oci::RegistryFlags registries;
};

// The parts of a coordinator and how they use each other. Not thread safe.
class CoordinatorProcess {
 public:
  // Takes over the state directory and serves. FAILED_PRECONDITION when another
  // coordinator uses it, INVALID_ARGUMENT for options that cannot be.
  static absl::StatusOr<std::unique_ptr<CoordinatorProcess>> Create(
      const CoordinatorOptions& options);

  // Ends what runs. Calls that wait are answered, and those that come get a
  // moment to be. Outcomes of actions that come after that are asked for again
  // at the next start.
  void Stop();

 private:
  explicit CoordinatorProcess(const CoordinatorOptions& options);

  // The steps of Create. Each makes the parts that the next ones use.
  absl::Status OpenState();
  absl::Status OpenRegistries();
  absl::Status StartEngine();
  absl::Status OpenDoors();
  void MakeServices();
  absl::Status Serve();

  // In the order in which they are made: each uses only what is above it.
  const CoordinatorOptions options_;
  const std::filesystem::path directory_;
  Clock* const clock_ = Clock::Real();
  const std::shared_ptr<prometheus::Registry> metrics_ =
      std::make_shared<prometheus::Registry>();

  std::unique_ptr<StateStore> store_;
  std::unique_ptr<WorkMark> work_mark_;
  std::unique_ptr<DiskBlobStore> blobs_;

  oci::Credentials credentials_;
  std::unique_ptr<http::Transport> transport_;
  std::stop_source stopping_;
  std::unique_ptr<BuildActions> actions_;
  EngineOptions engine_options_;
  std::unique_ptr<Engine> engine_;

  // Issuers are named by the operator, and no release changes how they are
  // reached.
  std::unique_ptr<http::Transport> issuers_;
  // Null where no tokens of pipelines are accepted.
  std::unique_ptr<OidcSource> oidc_;
  std::unique_ptr<FarmDoors> doors_;
  // Null where this coordinator signs no certificates.
  std::unique_ptr<Enrollment> enrollment_;
  // Null where the coordinator has no certificate.
  std::unique_ptr<CertificateWatch> certificates_;

  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<rpc::Server> server_;
  // Null where the page is turned off.
  std::unique_ptr<ApiServer> page_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_COORDINATOR_PROCESS_H_
