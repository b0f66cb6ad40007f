// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/services.h"

#include <chrono>
#include <string>

#include "common/base/version.h"
#include "coordinator/service/unary.h"
#include "kso/v1/admin.grpc.pb.h"
#include "kso/v1/build.grpc.pb.h"
#include "kso/v1/worker.grpc.pb.h"

namespace kso::coordinator {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

// The time for which the client waits.
absl::Duration PatienceOf(const Context& context) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  return absl::FromChrono(left);
}

class WorkerServiceImpl : public v1::WorkerService::CallbackService {
 public:
  explicit WorkerServiceImpl(Engine* engine) : engine_(engine) {}

  Reactor* Sync(Context* context, const v1::SyncRequest* request,
                v1::SyncResponse* response) override {
    Reactor* reactor = context->DefaultReactor();
    engine_->Sync(*request,
                  {.patience = PatienceOf(*context),
                   .gone = [context] { return context->IsCancelled(); }},
                  AnswerTo(reactor, response));
    return reactor;
  }

 private:
  Engine* const engine_;
};

class BuildServiceImpl : public v1::BuildService::CallbackService {
 public:
  explicit BuildServiceImpl(Engine* engine) : engine_(engine) {}

  Reactor* SubmitBuild(Context* context, const v1::SubmitBuildRequest* request,
                       v1::Build* response) override {
    return HandOver(context, engine_, &Engine::SubmitBuild, request, response);
  }
  Reactor* GetBuild(Context* context, const v1::GetBuildRequest* request,
                    v1::Build* response) override {
    return HandOver(context, engine_, &Engine::GetBuild, request, response);
  }
  Reactor* ListBuilds(Context* context, const v1::ListBuildsRequest* request,
                      v1::ListBuildsResponse* response) override {
    return HandOver(context, engine_, &Engine::ListBuilds, request, response);
  }
  Reactor* WatchBuild(Context* context, const v1::WatchBuildRequest* request,
                      v1::WatchBuildResponse* response) override {
    return HandOver(context, engine_, &Engine::WatchBuild, request, response);
  }
  Reactor* CancelBuild(Context* context, const v1::CancelBuildRequest* request,
                       v1::Build* response) override {
    return HandOver(context, engine_, &Engine::CancelBuild, request, response);
  }
  Reactor* RetryBuild(Context* context, const v1::RetryBuildRequest* request,
                      v1::Build* response) override {
    return HandOver(context, engine_, &Engine::RetryBuild, request, response);
  }

 private:
  Engine* const engine_;
};

class AdminServiceImpl : public v1::AdminService::CallbackService {
 public:
  explicit AdminServiceImpl(Engine* engine) : engine_(engine) {}

  Reactor* ListWorkers(Context* context, const v1::ListWorkersRequest* request,
                       v1::ListWorkersResponse* response) override {
    return HandOver(context, engine_, &Engine::ListWorkers, request, response);
  }
  Reactor* DrainWorker(Context* context, const v1::DrainWorkerRequest* request,
                       v1::DrainWorkerResponse* response) override {
    return HandOver(context, engine_, &Engine::DrainWorker, request, response);
  }
  Reactor* DistrustWorker(Context* context,
                          const v1::DistrustWorkerRequest* request,
                          v1::DistrustWorkerResponse* response) override {
    return HandOver(context, engine_, &Engine::DistrustWorker, request,
                    response);
  }
  Reactor* TrustWorker(Context* context, const v1::TrustWorkerRequest* request,
                       v1::TrustWorkerResponse* response) override {
    return HandOver(context, engine_, &Engine::TrustWorker, request, response);
  }
  Reactor* GetVersion(Context* context, const v1::GetVersionRequest*,
                      v1::GetVersionResponse* response) override {
    response->set_version(std::string(kVersion));
    Reactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  Engine* const engine_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> CreateServices(Engine* engine) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<BuildServiceImpl>(engine));
  services.push_back(std::make_unique<WorkerServiceImpl>(engine));
  services.push_back(std::make_unique<AdminServiceImpl>(engine));
  return services;
}

}  // namespace kso::coordinator
