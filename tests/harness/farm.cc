// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/farm.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_image_store.h"
#include "common/blob/blob_service.h"
#include "common/rpc/channel.h"
#include "common/run/clock.h"
#include "coordinator/engine/threaded_engine.h"
#include "coordinator/registry/registry_actions.h"
#include "coordinator/service/services.h"
#include "coordinator/store/memory_state_store.h"

namespace kso::testing {

absl::StatusOr<std::unique_ptr<Farm>> Farm::Start(
    const std::filesystem::path& directory,
    const coordinator::EngineOptions& options) {
  std::unique_ptr<Farm> farm(new Farm(directory, options));
  farm->store_ = coordinator::CreateMemoryStateStore();
  KSO_ASSIGN_OR_RETURN(farm->blobs_,
                       DiskBlobStore::Create(directory / "coordinator"));
  KSO_RETURN_IF_ERROR(farm->StartCoordinator("127.0.0.1:0"));
  farm->builds_ =
      v1::BuildService::NewStub(rpc::CreateChannel(farm->server_->address()));
  return farm;
}

absl::Status Farm::StartCoordinator(const std::string& address) {
  actions_ = coordinator::CreateRegistryActions(
      [blobs = blobs_.get()](const v1::Destination&, const std::stop_token&)
          -> absl::StatusOr<std::shared_ptr<oci::ImageStore>> {
        return CreateBlobImageStore(blobs);
      });
  KSO_ASSIGN_OR_RETURN(
      engine_, coordinator::CreateThreadedEngine(options_, Clock::Real(),
                                                 store_.get(), actions_.get()));
  services_ = coordinator::CreateServices(engine_.get());
  services_.push_back(std::make_unique<BlobServiceImpl>(blobs_.get()));
  std::vector<grpc::Service*> services;
  for (const auto& service : services_) services.push_back(service.get());
  KSO_ASSIGN_OR_RETURN(server_, rpc::StartServer(address, services));
  return absl::OkStatus();
}

void Farm::StopCoordinator() {
  if (engine_ != nullptr) engine_->Stop();
  if (server_ != nullptr) server_->Shutdown(absl::ZeroDuration());
  // Actions that still run call back into the engine.
  actions_.reset();
}

absl::Status Farm::RestartCoordinator() {
  const std::string address = server_->address();
  StopCoordinator();
  server_.reset();
  services_.clear();
  engine_.reset();
  return StartCoordinator(address);
}

Farm::~Farm() {
  workers_.clear();
  StopCoordinator();
}

absl::Status Farm::AddWorker(const std::string& name,
                             const std::string& architecture,
                             HarnessWorker::BeforeTask before_task) {
  // A directory of its own, also for a worker that comes again.
  const std::filesystem::path directory =
      directory_ / absl::StrCat("worker-", ++workers_started_);
  KSO_ASSIGN_OR_RETURN(
      workers_[name],
      HarnessWorker::Start({.name = name,
                            .architecture = architecture,
                            .coordinator = server_->address(),
                            .directory = directory,
                            .before_task = std::move(before_task)}));
  return absl::OkStatus();
}

void Farm::KillWorker(const std::string& name) { workers_.erase(name); }

absl::Status Farm::Submit(const v1::Release& release,
                          const std::string& build_id) {
  v1::SubmitBuildRequest request;
  request.set_build_id(build_id);
  *request.mutable_release() = release;
  grpc::ClientContext context;
  v1::Build build;
  return rpc::FromGrpc(builds_->SubmitBuild(&context, request, &build));
}

absl::StatusOr<v1::Build> Farm::AwaitEnd(const std::string& build_id) {
  v1::WatchBuildRequest request;
  request.set_build_id(build_id);
  request.mutable_wait()->set_seconds(20);
  while (true) {
    grpc::ClientContext context;
    v1::WatchBuildResponse response;
    KSO_RETURN_IF_ERROR(
        rpc::FromGrpc(builds_->WatchBuild(&context, request, &response)));
    for (const v1::Event& event : response.events()) {
      request.set_after_sequence(event.sequence());
    }
    if (response.build().state() != v1::Build::RUNNING &&
        request.after_sequence() == response.build().last_sequence()) {
      return response.build();
    }
  }
}

absl::StatusOr<v1::Build> Farm::Run(const v1::Release& release,
                                    const std::string& build_id) {
  KSO_RETURN_IF_ERROR(Submit(release, build_id));
  return AwaitEnd(build_id);
}

}  // namespace kso::testing
