// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_ENGINE_HARNESS_H_
#define KSO_TESTS_FUZZ_ENGINE_HARNESS_H_

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "coordinator/core/plan/plan_history.h"
#include "coordinator/engine/engine_core.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace kso::fuzz {

// The largest message that gRPC is told to take.
inline constexpr size_t kLargestMessage = 64 << 20;

// Requires that a message arrives as it was sent.
inline void RequireSendable(const google::protobuf::Message& message,
                            std::string_view promise) {
  std::string bytes;
  const std::unique_ptr<google::protobuf::Message> copy(message.New());
  Require(message.SerializeToString(&bytes) && bytes.size() < kLargestMessage &&
              copy->ParseFromString(bytes),
          promise);
}

// A destination that answers at once, as the input decides.
class InputActions : public coordinator::BuildActions {
 public:
  explicit InputActions(Input* input) : input_(*input) {}

  void CheckRepositories(coordinator::RepositoriesRequest,
                         absl::AnyInvocable<void(absl::Status)> done) override {
    done(input_.OneIn(8) ? Error() : absl::OkStatus());
  }

  void Find(coordinator::FindRequest request,
            absl::AnyInvocable<void(absl::StatusOr<coordinator::FindOutcome>)>
                done) override {
    if (input_.OneIn(8)) return done(Error());
    coordinator::FindOutcome outcome;
    for (const coordinator::BlobQuestion& question : request.questions) {
      if (input_.OneIn(2)) continue;
      outcome.present.push_back(
          coordinator::BlobName(question.image, question.blob.digest()));
    }
    done(std::move(outcome));
  }

  void Assemble(
      coordinator::AssembleRequest request,
      absl::AnyInvocable<void(absl::StatusOr<coordinator::AssembleOutcome>)>
          done) override {
    if (input_.OneIn(8)) return done(Error());
    coordinator::AssembleOutcome outcome;
    if (input_.OneIn(8)) {
      for (const auto& [id, layer] : request.layers) {
        outcome.missing.push_back(layer.layer().digest());
        if (input_.OneIn(2)) break;
      }
      if (!outcome.missing.empty()) return done(std::move(outcome));
    }
    v1::ImageResult& image = outcome.images.emplace_back();
    image.set_name("kubespray-files");
    for (const v1::Platform& platform : request.release.platforms()) {
      v1::Task& task = outcome.verify_tasks.emplace_back();
      task.set_task_id(absl::StrCat(request.build_id, "/verify/",
                                    outcome.verify_tasks.size()));
      task.set_name("verify");
      *task.mutable_platform() = platform;
      task.mutable_verify_image()->set_variant("kubespray-files");
    }
    done(std::move(outcome));
  }

  void Tag(coordinator::TagRequest,
           absl::AnyInvocable<void(absl::StatusOr<coordinator::TagOutcome>)>
               done) override {
    if (input_.OneIn(8)) return done(Error());
    coordinator::TagOutcome outcome;
    if (input_.OneIn(16)) outcome.missing = {"sha256:1"};
    done(std::move(outcome));
  }

  void Cancel(const std::string&) override {}
  void Sweep(coordinator::BlobsInFarm) override {}

 private:
  absl::Status Error() {
    constexpr absl::StatusCode kCodes[] = {
        absl::StatusCode::kUnavailable,     absl::StatusCode::kNotFound,
        absl::StatusCode::kUnauthenticated, absl::StatusCode::kDataLoss,
        absl::StatusCode::kInvalidArgument, absl::StatusCode::kCancelled};
    return absl::Status(input_.Pick(kCodes),
                        absl::string_view("the registry says caf\xe9"));
  }

  Input& input_;
};

// An engine on a journal, whose turns run where its owner says.
class EngineRoom {
 public:
  EngineRoom(Input* input, coordinator::StateStore* store)
      : store_(*store), actions_(input) {}

  // Starts the engine, or starts it again from the journal.
  absl::Status Start() {
    engine_ = nullptr;
    coordinator::EngineOptions options;
    options.new_lease_id = [this] { return absl::StrCat("lease-", ++leases_); };
    engine_ =
        std::make_unique<coordinator::EngineCore>(options, &store_, &actions_);
    return engine_->Start(now_);
  }

  // Runs turns until nothing is due.
  void Settle() {
    for (int i = 0; i < 10; ++i) {
      std::deque<coordinator::Mailbox::Command> commands =
          engine_->mailbox().TakeNow();
      const bool called = !commands.empty();
      const absl::StatusOr<absl::Time> due = engine_->Turn(now_, commands);
      Require(due.ok(), "a turn succeeds");
      if (!called && *due > now_) return;
    }
  }

  void Advance(absl::Duration by) {
    now_ += by;
    Settle();
  }

  coordinator::EngineCore& engine() { return *engine_; }

 private:
  coordinator::StateStore& store_;
  InputActions actions_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  int64_t leases_ = 0;
  std::unique_ptr<coordinator::EngineCore> engine_;
};

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_ENGINE_HARNESS_H_
