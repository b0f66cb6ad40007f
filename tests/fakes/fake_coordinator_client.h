// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_FAKE_COORDINATOR_CLIENT_H_
#define KSO_TESTS_FAKES_FAKE_COORDINATOR_CLIENT_H_

#include <cstdlib>
#include <string>

#include "cli/coordinator_client.h"

namespace kso::cli {

// A coordinator of which a test says only what it needs; everything else is
// UNIMPLEMENTED.
class FakeCoordinatorClient : public CoordinatorClient {
 public:
  absl::StatusOr<v1::Build> SubmitBuild(
      const v1::SubmitBuildRequest&) override {
    return absl::UnimplementedError("SubmitBuild");
  }
  absl::StatusOr<v1::Build> GetBuild(const std::string&) override {
    return absl::UnimplementedError("GetBuild");
  }
  absl::StatusOr<v1::ListBuildsResponse> ListBuilds() override {
    return absl::UnimplementedError("ListBuilds");
  }
  absl::StatusOr<v1::WatchBuildResponse> WatchBuild(const std::string&, int64_t,
                                                    int64_t,
                                                    absl::Duration) override {
    return absl::UnimplementedError("WatchBuild");
  }
  absl::StatusOr<v1::Build> CancelBuild(const std::string&) override {
    return absl::UnimplementedError("CancelBuild");
  }
  absl::StatusOr<v1::Build> RetryBuild(const std::string&) override {
    return absl::UnimplementedError("RetryBuild");
  }
  absl::StatusOr<v1::Build> SetPriority(const std::string&, int) override {
    return absl::UnimplementedError("SetPriority");
  }
  absl::StatusOr<v1::ForgetBuildResponse> ForgetBuild(
      const std::string&) override {
    return absl::UnimplementedError("ForgetBuild");
  }
  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    return absl::UnimplementedError("ListWorkers");
  }
  absl::StatusOr<v1::DistrustWorkerResponse> DistrustWorker(
      const std::string&, const std::string&) override {
    return absl::UnimplementedError("DistrustWorker");
  }
  absl::Status TrustWorker(const std::string&) override {
    return absl::UnimplementedError("TrustWorker");
  }
  absl::Status DrainWorker(const std::string&) override {
    return absl::UnimplementedError("DrainWorker");
  }
  absl::StatusOr<v1::BackupTrailer> CreateBackup(ByteSink&) override {
    return absl::UnimplementedError("CreateBackup");
  }
  absl::StatusOr<v1::PruneCacheResponse> PruneCache(
      const v1::PruneCacheRequest&) override {
    return absl::UnimplementedError("PruneCache");
  }
  absl::Status UndrainWorker(const std::string&) override {
    return absl::UnimplementedError("UndrainWorker");
  }
  absl::StatusOr<v1::GetVersionResponse> GetVersion() override {
    return absl::UnimplementedError("GetVersion");
  }
  absl::StatusOr<v1::CreateTokenResponse> CreateToken(
      const v1::CreateTokenRequest&) override {
    return absl::UnimplementedError("CreateToken");
  }
  absl::StatusOr<v1::ListTokensResponse> ListTokens() override {
    return absl::UnimplementedError("ListTokens");
  }
  absl::StatusOr<v1::TokenInfo> RevokeToken(const std::string&) override {
    return absl::UnimplementedError("RevokeToken");
  }
  absl::StatusOr<v1::InviteWorkerResponse> InviteWorker(
      const v1::InviteWorkerRequest&) override {
    return absl::UnimplementedError("InviteWorker");
  }
  absl::StatusOr<v1::ListAuditResponse> ListAudit(
      const v1::ListAuditRequest&) override {
    return absl::UnimplementedError("ListAudit");
  }
  NearbyBlobStore& blobs() override { std::abort(); }
};

}  // namespace kso::cli

#endif  // KSO_TESTS_FAKES_FAKE_COORDINATOR_CLIENT_H_
