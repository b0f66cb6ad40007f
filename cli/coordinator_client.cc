// SPDX-License-Identifier: Apache-2.0
#include "cli/coordinator_client.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/base/version.h"
#include "common/blob/grpc_blob_store.h"
#include "common/rpc/call_watch.h"
#include "common/rpc/channel.h"
#include "common/rpc/connection_trouble.h"
#include "common/run/clock.h"
#include "common/text/proto_text.h"
#include "google/protobuf/util/time_util.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "kso/v1/access.grpc.pb.h"
#include "kso/v1/admin.grpc.pb.h"
#include "kso/v1/backup.grpc.pb.h"
#include "kso/v1/blob.grpc.pb.h"
#include "kso/v1/build.grpc.pb.h"
#include "kso/v1/enrollment.grpc.pb.h"

namespace kso::cli {
namespace {

// A release would fill the screen.
constexpr size_t kMostOfARequest = 120;

// How long a call after a failed one waits for a connection.
constexpr absl::Duration kReconnectWait = absl::Milliseconds(250);

// The error of a call as ksoctl says it: a coordinator that does not know the
// call is an older one.
absl::Status InWords(const absl::Status& said, std::string_view call) {
  const absl::Status status = rpc::ExplainConnection(said);
  if (!absl::IsUnimplemented(status)) return status;
  return absl::UnimplementedError(absl::StrCat(
      "the coordinator does not know ", ToAbsl(call), ", which this ksoctl ",
      ToAbsl(kVersion),
      " asks for: it is an older one, `ksoctl version` says which; upgrade the "
      "coordinator first, or use its own ksoctl"));
}

class GrpcCoordinatorClient : public CoordinatorClient {
 public:
  // `trouble` is what every call answers where it is an error.
  GrpcCoordinatorClient(const std::shared_ptr<grpc::Channel>& channel,
                        CoordinatorClientOptions options, absl::Status trouble)
      : options_(std::move(options)),
        trouble_(std::move(trouble)),
        channel_(channel),
        builds_(v1::BuildService::NewStub(channel)),
        admin_(v1::AdminService::NewStub(channel)),
        access_(v1::AccessService::NewStub(channel)),
        enrollment_(v1::EnrollmentService::NewStub(channel)),
        backup_(v1::BackupService::NewStub(channel)),
        blob_stub_(v1::BlobService::NewStub(channel)),
        blobs_(CreateNearbyBlobStore(
            CreateGrpcBlobStore(blob_stub_.get(), &watch_), &blob_place_)) {}

  absl::StatusOr<v1::Build> SubmitBuild(
      const v1::SubmitBuildRequest& request) override {
    return Call<v1::Build>(*builds_, &BuildStub::SubmitBuild, request);
  }

  absl::StatusOr<v1::Build> GetBuild(const std::string& build) override {
    v1::GetBuildRequest request;
    request.set_build_id(build);
    return Call<v1::Build>(*builds_, &BuildStub::GetBuild, request);
  }

  absl::StatusOr<v1::ListBuildsResponse> ListBuilds() override {
    v1::ListBuildsRequest request;
    v1::ListBuildsResponse all;
    do {
      KSO_ASSIGN_OR_RETURN(v1::ListBuildsResponse page,
                           Call<v1::ListBuildsResponse>(
                               *builds_, &BuildStub::ListBuilds, request));
      for (v1::Build& build : *page.mutable_builds()) {
        *all.add_builds() = std::move(build);
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }

  absl::StatusOr<v1::WatchBuildResponse> WatchBuild(
      const std::string& build, int64_t after_sequence, int64_t known_revision,
      absl::Duration wait) override {
    v1::WatchBuildRequest request;
    request.set_build_id(build);
    request.set_after_sequence(after_sequence);
    request.set_known_revision(known_revision);
    *request.mutable_wait() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(
            absl::ToInt64Milliseconds(wait));
    return Call<v1::WatchBuildResponse>(*builds_, &BuildStub::WatchBuild,
                                        request, wait + options_.patience);
  }

  absl::StatusOr<v1::Build> CancelBuild(const std::string& build) override {
    v1::CancelBuildRequest request;
    request.set_build_id(build);
    return Call<v1::Build>(*builds_, &BuildStub::CancelBuild, request);
  }

  absl::StatusOr<v1::Build> RetryBuild(const std::string& build) override {
    v1::RetryBuildRequest request;
    request.set_build_id(build);
    return Call<v1::Build>(*builds_, &BuildStub::RetryBuild, request);
  }

  absl::StatusOr<v1::Build> SetPriority(const std::string& build,
                                        int priority) override {
    v1::SetPriorityRequest request;
    request.set_build_id(build);
    request.set_priority(priority);
    return Call<v1::Build>(*builds_, &BuildStub::SetPriority, request);
  }

  absl::StatusOr<v1::ForgetBuildResponse> ForgetBuild(
      const std::string& build) override {
    v1::ForgetBuildRequest request;
    request.set_build_id(build);
    return Call<v1::ForgetBuildResponse>(*builds_, &BuildStub::ForgetBuild,
                                         request);
  }

  absl::StatusOr<v1::ListWorkersResponse> ListWorkers() override {
    return Call<v1::ListWorkersResponse>(*admin_, &AdminStub::ListWorkers,
                                         v1::ListWorkersRequest());
  }

  absl::Status DrainWorker(const std::string& name) override {
    v1::DrainWorkerRequest request;
    request.set_name(name);
    return Call<v1::DrainWorkerResponse>(*admin_, &AdminStub::DrainWorker,
                                         request)
        .status();
  }

  absl::StatusOr<v1::DistrustWorkerResponse> DistrustWorker(
      const std::string& name, const std::string& reason) override {
    v1::DistrustWorkerRequest request;
    request.set_name(name);
    request.set_reason(reason);
    return Call<v1::DistrustWorkerResponse>(*admin_, &AdminStub::DistrustWorker,
                                            request);
  }

  absl::Status UndrainWorker(const std::string& name) override {
    v1::UndrainWorkerRequest request;
    request.set_name(name);
    return Call<v1::UndrainWorkerResponse>(*admin_, &AdminStub::UndrainWorker,
                                           request)
        .status();
  }

  absl::Status TrustWorker(const std::string& name) override {
    v1::TrustWorkerRequest request;
    request.set_name(name);
    return Call<v1::TrustWorkerResponse>(*admin_, &AdminStub::TrustWorker,
                                         request)
        .status();
  }

  absl::StatusOr<v1::PruneCacheResponse> PruneCache(
      const v1::PruneCacheRequest& request) override {
    return Call<v1::PruneCacheResponse>(
        *admin_, &AdminStub::PruneCache, request,
        FromProto(request.wait()) + options_.patience);
  }

  absl::StatusOr<v1::GetVersionResponse> GetVersion() override {
    return Call<v1::GetVersionResponse>(*admin_, &AdminStub::GetVersion,
                                        v1::GetVersionRequest());
  }

  absl::StatusOr<v1::CreateTokenResponse> CreateToken(
      const v1::CreateTokenRequest& request) override {
    return Call<v1::CreateTokenResponse>(*access_, &AccessStub::CreateToken,
                                         request);
  }

  absl::StatusOr<v1::ListTokensResponse> ListTokens() override {
    return Call<v1::ListTokensResponse>(*access_, &AccessStub::ListTokens,
                                        v1::ListTokensRequest());
  }

  absl::StatusOr<v1::TokenInfo> RevokeToken(const std::string& id) override {
    v1::RevokeTokenRequest request;
    request.set_id(id);
    return Call<v1::TokenInfo>(*access_, &AccessStub::RevokeToken, request);
  }

  absl::StatusOr<v1::InviteWorkerResponse> InviteWorker(
      const v1::InviteWorkerRequest& request) override {
    return Call<v1::InviteWorkerResponse>(
        *enrollment_, &EnrollmentStub::InviteWorker, request);
  }

  absl::StatusOr<v1::ListAuditResponse> ListAudit(
      const v1::ListAuditRequest& request) override {
    return Call<v1::ListAuditResponse>(*access_, &AccessStub::ListAudit,
                                       request);
  }

  absl::StatusOr<v1::BackupTrailer> CreateBackup(ByteSink& sink) override {
    KSO_RETURN_IF_ERROR(trouble_);
    AwaitReconnect();
    grpc::ClientContext context;
    rpc::CallWatch::Call call(&watch_, [&context] { context.TryCancel(); }, {});
    const auto reader =
        backup_->CreateBackup(&context, v1::CreateBackupRequest());
    v1::CreateBackupResponse part;
    absl::Status written;
    while (call.Wait([&] { return reader->Read(&part); })) {
      if (!part.has_data() || !written.ok()) continue;
      written = sink.Write(part.data());
      if (!written.ok()) context.TryCancel();
    }
    const absl::Status status = rpc::FromGrpc(reader->Finish());
    KSO_RETURN_IF_ERROR(written);
    KSO_RETURN_IF_ERROR(call.verdict());
    KSO_RETURN_IF_ERROR(InWords(status, "CreateBackupRequest"));
    if (!part.has_trailer()) {
      return absl::DataLossError("the backup ended before its trailer");
    }
    MakeTextPrintable(part);
    return part.trailer();
  }

  NearbyBlobStore& blobs() override { return *blobs_; }

 private:
  using BuildStub = v1::BuildService::StubInterface;
  using AdminStub = v1::AdminService::StubInterface;
  using AccessStub = v1::AccessService::StubInterface;
  using EnrollmentStub = v1::EnrollmentService::StubInterface;

  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> Call(
      Stub& stub,
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request) {
    return Call<Response>(stub, method, request, options_.patience);
  }

  template <typename Response, typename Stub, typename Request>
  absl::StatusOr<Response> Call(
      Stub& stub,
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request, absl::Duration patience) {
    KSO_RETURN_IF_ERROR(trouble_);
    AwaitReconnect();
    const absl::Time begun = Clock::Real()->Now();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(patience));
    Response response;
    const absl::Status status =
        InWords(rpc::FromGrpc((stub.*method)(&context, request, &response)),
                Request::descriptor()->name());
    if (options_.trace) {
      options_.trace(absl::StrCat(
          Request::descriptor()->name(), " {",
          request.ShortDebugString().substr(0, kMostOfARequest), "} -> ",
          status.ok() ? "ok" : status.ToString(), ", ",
          absl::FormatDuration(absl::Trunc(Clock::Real()->Now() - begun,
                                           absl::Milliseconds(1)))));
    }
    KSO_RETURN_IF_ERROR(status);
    // Whatever ksoctl does with it, no text of another machine acts on the
    // terminal.
    MakeTextPrintable(response);
    return response;
  }

  // gRPC makes a lost connection anew only while a caller waits for it, and a
  // call on a lost connection fails at once instead of waiting.
  void AwaitReconnect() {
    const grpc_connectivity_state state = channel_->GetState(false);
    if (state == GRPC_CHANNEL_IDLE || state == GRPC_CHANNEL_READY) return;
    channel_->WaitForConnected(std::chrono::system_clock::now() +
                               absl::ToChronoMilliseconds(kReconnectWait));
  }

  const CoordinatorClientOptions options_;
  const absl::Status trouble_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::BuildService::StubInterface> builds_;
  const std::unique_ptr<v1::AdminService::StubInterface> admin_;
  const std::unique_ptr<v1::AccessService::StubInterface> access_;
  const std::unique_ptr<v1::EnrollmentService::StubInterface> enrollment_;
  const std::unique_ptr<v1::BackupService::StubInterface> backup_;
  const std::unique_ptr<v1::BlobService::StubInterface> blob_stub_;
  rpc::CallWatch watch_{Clock::Real()};
  NearbyPlace blob_place_;
  const std::unique_ptr<NearbyBlobStore> blobs_;
};

}  // namespace

std::unique_ptr<CoordinatorClient> CreateCoordinatorClient(
    const std::string& address, CoordinatorClientOptions options) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel =
      rpc::CreateSecureChannel(address, options.security);
  absl::Status trouble = options.trouble;
  trouble.Update(channel.status());
  // Nothing is sent over the channel that stands in.
  if (!channel.ok()) channel = rpc::CreateChannel(address);
  return std::make_unique<GrpcCoordinatorClient>(*channel, std::move(options),
                                                 std::move(trouble));
}

}  // namespace kso::cli
