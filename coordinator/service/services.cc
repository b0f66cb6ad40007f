// SPDX-License-Identifier: Apache-2.0
#include "coordinator/service/services.h"

#include <chrono>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/access/role.h"
#include "common/base/version.h"
#include "common/rpc/protocol_version.h"
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
  WorkerServiceImpl(Engine* engine, const Doors& doors)
      : engine_(engine), doors_(doors) {}

  Reactor* Sync(Context* context, const v1::SyncRequest* request,
                v1::SyncResponse* response) override {
    Reactor* reactor = context->DefaultReactor();
    const absl::Status named = CheckName(*context, request->worker().name());
    if (!named.ok()) {
      reactor->Finish(rpc::ToGrpc(named));
      return reactor;
    }
    engine_->Sync(*request,
                  {.patience = PatienceOf(*context),
                   .gone = [context] { return context->IsCancelled(); }},
                  AnswerTo(reactor, response));
    return reactor;
  }

 private:
  // The identity is the certificate's or token's; a name is only said.
  absl::Status CheckName(const Context& context, const std::string& name) {
    const Principal who = CallerOf(*doors_.authenticator, context);
    const absl::Status status = CheckWorkerName(who, name);
    if (!status.ok()) {
      Deed deed;
      deed.who = who;
      deed.what = "Sync";
      deed.on = absl::StrCat("worker ", name);
      deed.outcome = status;
      doors_.audit->Note(deed);
    }
    return status;
  }

  Engine* const engine_;
  const Doors doors_;
};

class BuildServiceImpl : public v1::BuildService::CallbackService {
 public:
  BuildServiceImpl(Engine* engine, const Doors& doors)
      : engine_(engine), doors_(doors) {}

  Reactor* SubmitBuild(Context* context, const v1::SubmitBuildRequest* request,
                       v1::Build* response) override {
    v1::SubmitBuildRequest named = *request;
    const Principal who = CallerOf(*doors_.authenticator, *context);
    named.set_submitted_by(who.name);
    named.clear_submitter_roles();
    for (std::string& role : RoleNames(who)) {
      named.add_submitter_roles(std::move(role));
    }
    return HandOverDeed(
        context, engine_, doors_, &Engine::SubmitBuild, "SubmitBuild",
        absl::StrCat("build ", request->build_id()), &named, response);
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
    v1::WatchBuildRequest named = *request;
    named.set_watched_by(CallerOf(*doors_.authenticator, *context).name);
    return HandOver(context, engine_, &Engine::WatchBuild, &named, response);
  }
  Reactor* CancelBuild(Context* context, const v1::CancelBuildRequest* request,
                       v1::Build* response) override {
    return HandOverDeed(
        context, engine_, doors_, &Engine::CancelBuild, "CancelBuild",
        absl::StrCat("build ", request->build_id()), request, response);
  }
  Reactor* RetryBuild(Context* context, const v1::RetryBuildRequest* request,
                      v1::Build* response) override {
    v1::RetryBuildRequest named = *request;
    named.set_retried_by(CallerOf(*doors_.authenticator, *context).name);
    return HandOverDeed(
        context, engine_, doors_, &Engine::RetryBuild, "RetryBuild",
        absl::StrCat("build ", request->build_id()), &named, response);
  }
  Reactor* ForgetBuild(Context* context, const v1::ForgetBuildRequest* request,
                       v1::ForgetBuildResponse* response) override {
    v1::ForgetBuildRequest named = *request;
    const Principal who = CallerOf(*doors_.authenticator, *context);
    named.set_forgotten_by(who.name);
    named.set_of_everybody(who.roles.Contains(access::Role::kAdmin));
    return HandOverDeed(
        context, engine_, doors_, &Engine::ForgetBuild, "ForgetBuild",
        absl::StrCat("build ", request->build_id()), &named, response);
  }
  Reactor* SetPriority(Context* context, const v1::SetPriorityRequest* request,
                       v1::Build* response) override {
    return HandOverDeed(
        context, engine_, doors_, &Engine::SetPriority, "SetPriority",
        absl::StrCat("build ", request->build_id()), request, response);
  }

 private:
  Engine* const engine_;
  const Doors doors_;
};

class AdminServiceImpl : public v1::AdminService::CallbackService {
 public:
  AdminServiceImpl(Engine* engine, const Doors& doors)
      : engine_(engine), doors_(doors) {}

  Reactor* ListWorkers(Context* context, const v1::ListWorkersRequest* request,
                       v1::ListWorkersResponse* response) override {
    return HandOver(context, engine_, &Engine::ListWorkers, request, response);
  }
  Reactor* DrainWorker(Context* context, const v1::DrainWorkerRequest* request,
                       v1::DrainWorkerResponse* response) override {
    return HandOverDeed(context, engine_, doors_, &Engine::DrainWorker,
                        "DrainWorker", absl::StrCat("worker ", request->name()),
                        request, response);
  }
  Reactor* UndrainWorker(Context* context,
                         const v1::UndrainWorkerRequest* request,
                         v1::UndrainWorkerResponse* response) override {
    return HandOverDeed(
        context, engine_, doors_, &Engine::UndrainWorker, "UndrainWorker",
        absl::StrCat("worker ", request->name()), request, response);
  }
  Reactor* DistrustWorker(Context* context,
                          const v1::DistrustWorkerRequest* request,
                          v1::DistrustWorkerResponse* response) override {
    return HandOverDeed(
        context, engine_, doors_, &Engine::DistrustWorker, "DistrustWorker",
        absl::StrCat("worker ", request->name()), request, response);
  }
  Reactor* TrustWorker(Context* context, const v1::TrustWorkerRequest* request,
                       v1::TrustWorkerResponse* response) override {
    return HandOverDeed(context, engine_, doors_, &Engine::TrustWorker,
                        "TrustWorker", absl::StrCat("worker ", request->name()),
                        request, response);
  }
  Reactor* PruneCache(Context* context, const v1::PruneCacheRequest* request,
                      v1::PruneCacheResponse* response) override {
    // Waiting for the end changes nothing, and is no deed.
    if (!request->has_pruning()) {
      return HandOver(context, engine_, &Engine::PruneCache, request, response);
    }
    return HandOverDeed(
        context, engine_, doors_, &Engine::PruneCache, "PruneCache",
        absl::StrCat("worker ", request->worker()), request, response);
  }
  Reactor* GetVersion(Context* context, const v1::GetVersionRequest*,
                      v1::GetVersionResponse* response) override {
    response->set_version(std::string(kVersion));
    response->set_protocol(rpc::kProtocol);
    response->set_plaintext_to_others(doors_.plaintext_to_others);
    response->set_open(doors_.authenticator->open());
    Reactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  Engine* const engine_;
  const Doors doors_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> CreateServices(Engine* engine,
                                                           const Doors& doors) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<BuildServiceImpl>(engine, doors));
  services.push_back(std::make_unique<WorkerServiceImpl>(engine, doors));
  services.push_back(std::make_unique<AdminServiceImpl>(engine, doors));
  return services;
}

}  // namespace kso::coordinator
