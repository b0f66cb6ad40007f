// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COORDINATOR_CLIENT_H_
#define KSO_CLI_COORDINATOR_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/nearby_blob_store.h"
#include "common/bytes/byte_stream.h"
#include "common/rpc/channel.h"
#include "kso/v1/access.pb.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/backup.pb.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/enrollment.pb.h"

namespace kso::cli {

// The coordinator, as ksoctl talks to it. Every call has a deadline of its own.
// Errors are the coordinator's, UNAVAILABLE when it cannot be reached, and
// DEADLINE_EXCEEDED when it does not answer. May be called from any thread.
class CoordinatorClient {
 public:
  virtual ~CoordinatorClient() = default;

  virtual absl::StatusOr<v1::Build> SubmitBuild(
      const v1::SubmitBuildRequest& request) = 0;
  virtual absl::StatusOr<v1::Build> GetBuild(const std::string& build) = 0;
  virtual absl::StatusOr<v1::ListBuildsResponse> ListBuilds() = 0;
  // Waits for at most `wait` for events after `after_sequence`, or another
  // revision than `known_revision` (0: for events only).
  virtual absl::StatusOr<v1::WatchBuildResponse> WatchBuild(
      const std::string& build, int64_t after_sequence, int64_t known_revision,
      absl::Duration wait) = 0;
  virtual absl::StatusOr<v1::Build> CancelBuild(const std::string& build) = 0;
  virtual absl::StatusOr<v1::Build> RetryBuild(const std::string& build) = 0;
  virtual absl::StatusOr<v1::Build> SetPriority(const std::string& build,
                                                int priority) = 0;
  virtual absl::StatusOr<v1::ForgetBuildResponse> ForgetBuild(
      const std::string& build) = 0;

  virtual absl::StatusOr<v1::ListWorkersResponse> ListWorkers() = 0;
  virtual absl::Status DrainWorker(const std::string& name) = 0;
  virtual absl::Status UndrainWorker(const std::string& name) = 0;
  virtual absl::StatusOr<v1::DistrustWorkerResponse> DistrustWorker(
      const std::string& name, const std::string& reason) = 0;
  virtual absl::Status TrustWorker(const std::string& name) = 0;
  virtual absl::StatusOr<v1::PruneCacheResponse> PruneCache(
      const v1::PruneCacheRequest& request) = 0;
  virtual absl::StatusOr<v1::GetVersionResponse> GetVersion() = 0;

  virtual absl::StatusOr<v1::CreateTokenResponse> CreateToken(
      const v1::CreateTokenRequest& request) = 0;
  virtual absl::StatusOr<v1::ListTokensResponse> ListTokens() = 0;
  virtual absl::StatusOr<v1::TokenInfo> RevokeToken(const std::string& id) = 0;
  virtual absl::StatusOr<v1::InviteWorkerResponse> InviteWorker(
      const v1::InviteWorkerRequest& request) = 0;
  virtual absl::StatusOr<v1::ListAuditResponse> ListAudit(
      const v1::ListAuditRequest& request) = 0;

  // Sends the archive to `sink`. It is whole only when this returns OK, and the
  // trailer is true of it.
  virtual absl::StatusOr<v1::BackupTrailer> CreateBackup(ByteSink& sink) = 0;

  // The blob store that keeps images for this machine until they are brought
  // home.
  virtual NearbyBlobStore& blobs() = 0;
};

struct CoordinatorClientOptions {
  // How long a call may take that is answered at once.
  absl::Duration patience = absl::Seconds(30);
  // Is told of each call that has ended, in a line for people. May be empty.
  std::function<void(const std::string&)> trace;
  rpc::ChannelSecurity security{};
  // An error is what every call answers.
  absl::Status trouble{};
};

// The client for "HOST:PORT" or "unix:PATH". Connects when it is first used;
// where `options.security` allows no connection, calls say so.
std::unique_ptr<CoordinatorClient> CreateCoordinatorClient(
    const std::string& address, CoordinatorClientOptions options = {});

}  // namespace kso::cli

#endif  // KSO_CLI_COORDINATOR_CLIENT_H_
