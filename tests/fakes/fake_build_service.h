// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_FAKE_BUILD_SERVICE_H_
#define KSO_TESTS_FAKES_FAKE_BUILD_SERVICE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "kso/v1/build.grpc.pb.h"

namespace kso::cli {

// A coordinator whose builds end as soon as they are submitted.
class FakeBuildService : public v1::BuildService::Service {
 public:
  grpc::Status SubmitBuild(grpc::ServerContext*,
                           const v1::SubmitBuildRequest* request,
                           v1::Build* build) override {
    absl::MutexLock lock(&mutex_);
    ids_.push_back(request->build_id());
    if (refusals_-- > 0) {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting");
    }
    build_.set_build_id(running_.empty() ? request->build_id() : running_);
    build_.set_name(request->release().name());
    build_.set_plan_only(request->plan_only());
    *build_.mutable_destination() = request->release().destination();
    build_.set_last_sequence(1);
    *build = build_;
    return grpc::Status::OK;
  }

  grpc::Status WatchBuild(grpc::ServerContext*,
                          const v1::WatchBuildRequest* request,
                          v1::WatchBuildResponse* response) override {
    absl::MutexLock lock(&mutex_);
    if (request->after_sequence() == 0) {
      response->add_events()->set_sequence(1);
      response->mutable_events(0)->set_text("the plan is made");
    }
    *response->mutable_build() = build_;
    return grpc::Status::OK;
  }

  grpc::Status GetBuild(grpc::ServerContext*,
                        const v1::GetBuildRequest* request,
                        v1::Build* build) override {
    absl::MutexLock lock(&mutex_);
    if (request->build_id() != build_.build_id()) {
      return grpc::Status(
          grpc::StatusCode::NOT_FOUND,
          absl::StrCat("there is no build '", request->build_id(), "'"));
    }
    *build = build_;
    return grpc::Status::OK;
  }

  grpc::Status ListBuilds(grpc::ServerContext*, const v1::ListBuildsRequest*,
                          v1::ListBuildsResponse* response) override {
    absl::MutexLock lock(&mutex_);
    *response->add_builds() = build_;
    return grpc::Status::OK;
  }

  grpc::Status SetPriority(grpc::ServerContext*,
                           const v1::SetPriorityRequest* request,
                           v1::Build* build) override {
    absl::MutexLock lock(&mutex_);
    build_.set_priority(request->priority());
    *build = build_;
    return grpc::Status::OK;
  }

  void EndAs(v1::Build build) {
    absl::MutexLock lock(&mutex_);
    build_ = std::move(build);
  }
  // Every request is that of this build, which runs already.
  void AlreadyRuns(const std::string& id) {
    absl::MutexLock lock(&mutex_);
    running_ = id;
  }
  void RefuseFirst(int count) {
    absl::MutexLock lock(&mutex_);
    refusals_ = count;
  }
  std::vector<std::string> ids() {
    absl::MutexLock lock(&mutex_);
    return ids_;
  }

 private:
  absl::Mutex mutex_;
  v1::Build build_ ABSL_GUARDED_BY(mutex_);
  std::string running_ ABSL_GUARDED_BY(mutex_);
  int refusals_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::cli

#endif  // KSO_TESTS_FAKES_FAKE_BUILD_SERVICE_H_
