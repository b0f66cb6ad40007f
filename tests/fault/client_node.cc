// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/client_node.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"

namespace kso::testing {
namespace {

using coordinator::Engine;

constexpr absl::Duration kCallTimeout = absl::Seconds(30);

bool WorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

}  // namespace

void ClientNode::Later(absl::Duration delay, std::function<void()> what) {
  loop_.After(delay, [this, run = run_, what = std::move(what)] {
    if (run == run_) what();
  });
}

void ClientNode::Begin() {
  if (run_ == 0) StartAnew();
}

void ClientNode::Submit() {
  coordinator_.Call<v1::Build>(
      name_, kCallTimeout,
      [request = submit_](Engine& engine, Engine::Done<v1::Build> done) {
        engine.SubmitBuild(request, std::move(done));
      },
      [this, run = run_](const absl::StatusOr<v1::Build>& build) {
        if (run != run_) return;
        if (build.ok()) {
          build_id_ = build->build_id();
          return Watch();
        }
        if (!WorthAnotherTry(build.status())) {
          findings_.Broken(Concat(name_, ": the submit was refused: ",
                                  ToStd(build.status().ToString())));
          return;
        }
        Later(dice_.Between(absl::Milliseconds(200), absl::Seconds(5)),
              [this] { Submit(); });
      });
}

void ClientNode::StartAnew() {
  findings_.Tell(Concat(name_, ": starts"));
  ++run_;
  events_.clear();
  told_the_end_ = false;
  Submit();
}

void ClientNode::WatchOn() {
  if (!told_the_end_) return;
  told_the_end_ = false;
  Watch();
}

void ClientNode::Watch() {
  v1::WatchBuildRequest request;
  request.set_build_id(build_id());
  request.set_after_sequence(static_cast<int64_t>(events_.size()));
  request.mutable_wait()->set_seconds(20);
  coordinator_.Call<v1::WatchBuildResponse>(
      name_, kCallTimeout,
      [request](Engine& engine, Engine::Done<v1::WatchBuildResponse> done) {
        engine.WatchBuild(request, std::move(done));
      },
      [this,
       run = run_](const absl::StatusOr<v1::WatchBuildResponse>& response) {
        if (run == run_) OnWatched(response);
      });
}

void ClientNode::OnWatched(
    const absl::StatusOr<v1::WatchBuildResponse>& response) {
  if (absl::IsNotFound(response.status()) && audit_.WasForgotten(build_id_)) {
    findings_.Tell(Concat(name_, ": told that the build is forgotten"));
    told_the_end_ = true;
    last_state_ = v1::Build::STATE_UNSPECIFIED;
    return;
  }
  if (!response.ok()) {
    if (!WorthAnotherTry(response.status())) {
      findings_.Broken(Concat(name_, ": the watch was refused: ",
                              ToStd(response.status().ToString())));
      return;
    }
    return Later(dice_.Between(absl::Milliseconds(200), absl::Seconds(5)),
                 [this] { Watch(); });
  }
  if (audit_.WasForgotten(build_id_) &&
      response->build().last_sequence() <
          static_cast<int64_t>(events_.size())) {
    // This is another build under the same id.
    events_.clear();
    return Watch();
  }
  for (const v1::Event& event : response->events()) {
    const auto expected = static_cast<int64_t>(events_.size()) + 1;
    if (event.sequence() != expected) {
      findings_.Broken(Concat(name_, ": saw event ", event.sequence(),
                              " in place of ", expected));
    }
    findings_.Tell(Concat(name_, " reads: ", event.text()));
    events_.push_back(event);
  }
  last_state_ = response->build().state();
  const auto seen = static_cast<int64_t>(events_.size());
  if (response->build().last_sequence() < seen) {
    findings_.Broken(Concat(name_, ": the log became shorter"));
  }
  if (last_state_ != v1::Build::RUNNING &&
      response->build().last_sequence() == seen) {
    findings_.Tell(
        Concat(name_, ": told the end, ", v1::Build::State_Name(last_state_)));
    told_the_end_ = true;
    return;
  }
  Watch();
}

void ClientNode::Cancel() {
  findings_.Tell(Concat(name_, ": cancels"));
  v1::CancelBuildRequest request;
  request.set_build_id(build_id());
  coordinator_.Call<v1::Build>(
      name_, kCallTimeout,
      [request](Engine& engine, Engine::Done<v1::Build> done) {
        engine.CancelBuild(request, std::move(done));
      },
      [](const absl::StatusOr<v1::Build>&) {});
}

void ClientNode::Retry() {
  findings_.Tell(Concat(name_, ": retries"));
  v1::RetryBuildRequest request;
  request.set_build_id(build_id());
  coordinator_.Call<v1::Build>(
      name_, kCallTimeout,
      [request](Engine& engine, Engine::Done<v1::Build> done) {
        engine.RetryBuild(request, std::move(done));
      },
      [](const absl::StatusOr<v1::Build>&) {});
}

void ClientNode::CheckLog(const std::vector<v1::Event>& events) {
  if (audit_.WasForgotten(build_id_)) return;
  for (size_t i = 0; i < std::min(events.size(), events_.size()); ++i) {
    if (events[i].SerializeAsString() == events_[i].SerializeAsString()) {
      continue;
    }
    findings_.Broken(Concat(name_, ": was told \"", events_[i].text(),
                            "\", but the log says \"", events[i].text(), "\""));
    return;
  }
  if (events_.size() > events.size()) {
    findings_.Broken(Concat(name_, ": was told more than the log says"));
  }
}

}  // namespace kso::testing
