// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_ENGINE_FIXTURE_H_
#define KSO_TESTS_FAKES_ENGINE_FIXTURE_H_

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/plan/plan_history.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/threaded_engine.h"
#include "coordinator/store/memory_state_store.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/made_layer.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {

// An answer of the engine that may come later.
template <typename Response>
class Answer {
 public:
  Engine::Done<Response> Done() {
    return [shared = shared_](absl::StatusOr<Response> response) {
      shared->response = std::move(response);
      shared->come.Notify();
    };
  }
  bool HasCome() const { return shared_->come.HasBeenNotified(); }
  // Waits for it.
  absl::StatusOr<Response> Get() {
    shared_->come.WaitForNotification();
    return shared_->response;
  }

 private:
  struct Shared {
    absl::Notification come;
    absl::StatusOr<Response> response;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

// Remembers the actions that were asked for, and answers when a test says how
// they went.
class FakeActions : public BuildActions {
 public:
  // All repositories can be pushed to, unless told otherwise.
  void CheckRepositories(RepositoriesRequest request,
                         absl::AnyInvocable<void(absl::Status)> done) override {
    absl::Status answer;
    {
      absl::MutexLock lock(&mutex_);
      asked_for_repositories_.push_back(std::move(request));
      answer = repositories_answer_;
    }
    done(answer);
  }
  void AnswerRepositories(const absl::Status& answer) {
    absl::MutexLock lock(&mutex_);
    repositories_answer_ = answer;
  }
  std::vector<RepositoriesRequest> asked_for_repositories() {
    absl::MutexLock lock(&mutex_);
    return asked_for_repositories_;
  }
  // The destination has whatever it is asked for, unless told otherwise.
  void Find(
      FindRequest request,
      absl::AnyInvocable<void(absl::StatusOr<FindOutcome>)> done) override {
    FindOutcome outcome;
    absl::Status error;
    {
      absl::MutexLock lock(&mutex_);
      if (hold_finds_) {
        finds_.emplace_back(std::move(request), std::move(done));
        return;
      }
      error = find_error_;
      for (const BlobQuestion& question : request.questions) {
        if (question.image == lost_image_) continue;
        outcome.present.push_back(
            BlobName(question.image, question.blob.digest()));
      }
    }
    if (!error.ok()) return done(error);
    done(std::move(outcome));
  }
  // No blob of the image is at the destination.
  void LoseAll(const std::string& image) {
    absl::MutexLock lock(&mutex_);
    lost_image_ = image;
  }
  void FailFind(const absl::Status& error) {
    absl::MutexLock lock(&mutex_);
    find_error_ = error;
  }
  // From now on the destination does not answer Find, until EndFind.
  void HoldFinds() {
    absl::MutexLock lock(&mutex_);
    hold_finds_ = true;
  }
  void Assemble(
      AssembleRequest request,
      absl::AnyInvocable<void(absl::StatusOr<AssembleOutcome>)> done) override {
    absl::MutexLock lock(&mutex_);
    if (abort_on_assemble_) std::abort();
    assembles_.emplace_back(std::move(request), std::move(done));
  }
  // From now on, to be asked to assemble ends the process.
  void AbortOnAssemble() {
    absl::MutexLock lock(&mutex_);
    abort_on_assemble_ = true;
  }
  void Tag(TagRequest request,
           absl::AnyInvocable<void(absl::StatusOr<TagOutcome>)> done) override {
    absl::MutexLock lock(&mutex_);
    tags_.emplace_back(std::move(request), std::move(done));
  }

  void Cancel(const std::string& build_id) override {
    absl::MutexLock lock(&mutex_);
    cancelled_.push_back(build_id);
  }
  void Sweep(BlobsInFarm needed) override {
    absl::MutexLock lock(&mutex_);
    sweeps_.push_back(std::move(needed));
  }

  std::vector<std::string> cancelled() {
    absl::MutexLock lock(&mutex_);
    return cancelled_;
  }
  // The blobs that were said to be needed, for each sweep.
  std::vector<BlobsInFarm> sweeps() {
    absl::MutexLock lock(&mutex_);
    return sweeps_;
  }

  // Waits for the action and ends it. All that is asked for is there.
  FindRequest EndFind() {
    auto [request, done] = Next(finds_);
    FindOutcome outcome;
    for (const BlobQuestion& question : request.questions) {
      outcome.present.push_back(
          BlobName(question.image, question.blob.digest()));
    }
    done(std::move(outcome));
    return request;
  }
  AssembleRequest EndAssemble(absl::StatusOr<AssembleOutcome> outcome) {
    auto [request, done] = Next(assembles_);
    done(std::move(outcome));
    return request;
  }
  TagRequest EndTag(absl::StatusOr<TagOutcome> outcome = TagOutcome()) {
    auto [request, done] = Next(tags_);
    done(std::move(outcome));
    return request;
  }

 private:
  template <typename Call>
  Call Next(std::deque<Call>& calls) {
    const auto some = [&calls] { return !calls.empty(); };
    absl::MutexLock lock(&mutex_, absl::Condition(&some));
    Call call = std::move(calls.front());
    calls.pop_front();
    return call;
  }

  absl::Mutex mutex_;
  absl::Status repositories_answer_ ABSL_GUARDED_BY(mutex_);
  std::vector<RepositoriesRequest> asked_for_repositories_
      ABSL_GUARDED_BY(mutex_);
  bool hold_finds_ = false;
  bool abort_on_assemble_ = false;
  std::deque<std::pair<FindRequest,
                       absl::AnyInvocable<void(absl::StatusOr<FindOutcome>)>>>
      finds_;
  std::deque<std::pair<AssembleRequest, absl::AnyInvocable<void(
                                            absl::StatusOr<AssembleOutcome>)>>>
      assembles_;
  std::deque<std::pair<TagRequest,
                       absl::AnyInvocable<void(absl::StatusOr<TagOutcome>)>>>
      tags_;
  std::string lost_image_;
  absl::Status find_error_;
  std::vector<std::string> cancelled_;
  std::vector<BlobsInFarm> sweeps_;
};

// A worker as the protocol sees it.
class ScriptedWorker {
 public:
  ScriptedWorker(const std::string& name, const std::string& architecture,
                 const std::string& session, int slots = 100)
      : slots_(slots) {
    request.mutable_worker()->set_name(name);
    request.mutable_worker()->set_slots(slots);
    request.mutable_worker()->set_can_execute(true);
    v1::PlatformSupport* support = request.mutable_worker()->add_platforms();
    support->mutable_platform()->set_os("linux");
    support->mutable_platform()->set_architecture(architecture);
    support->set_native(true);
    request.set_session(session);
  }

  // Begins a Sync that tells what the worker holds.
  Answer<v1::SyncResponse> Begin(Engine& engine) {
    request.set_sequence(request.sequence() + 1);
    request.clear_held();
    for (const auto& [id, lease] : held) {
      v1::HeldLease& report = *request.add_held();
      report = report_of_each;
      report.set_lease_id(id);
    }
    request.set_free_slots(slots_ - static_cast<int>(held.size()));
    Answer<v1::SyncResponse> answer;
    engine.Sync(request, caller, answer.Done());
    request.clear_results();
    return answer;
  }
  // Takes up what the answer says.
  v1::SyncResponse End(Answer<v1::SyncResponse> answer) {
    const absl::StatusOr<v1::SyncResponse> response = answer.Get();
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    const std::map<std::string, v1::Lease> before = std::exchange(held, {});
    for (const v1::Lease& lease : response->leases()) {
      // The task of a lease that is held is not told again.
      const auto known = before.find(lease.lease_id());
      held[lease.lease_id()] = known == before.end() ? lease : known->second;
    }
    return *response;
  }
  v1::LeaseResult& AddResult(v1::Lease lease) {
    v1::LeaseResult& result = *request.add_results();
    result.set_lease_id(lease.lease_id());
    result.set_task_id(lease.task().task_id());
    held.erase(lease.lease_id());
    return result;
  }

  // Ends all that it holds well.
  void FinishAll(const Resolved& resolved) {
    for (const auto& [id, lease] : std::map(held)) Finish(lease, resolved);
  }
  void Finish(v1::Lease lease, const Resolved& resolved) {
    const v1::Task& task = lease.task();
    v1::TaskResult& result = *AddResult(lease).mutable_result();
    if (task.has_resolve_file()) {
      *result.mutable_resolved_file() =
          resolved.files.at(task.resolve_file().url());
    } else if (task.has_resolve_image()) {
      *result.mutable_resolved_image() =
          resolved.images.at(task.resolve_image().reference());
    } else if (task.has_make_layer()) {
      *result.mutable_made_layer() = kso::testing::MadeOf(task);
    } else if (task.has_copy_blobs()) {
      result.mutable_copied_blobs();
    } else {
      result.mutable_verified_image()->set_native(true);
    }
  }

  v1::SyncRequest request;
  // The report on each lease that it holds.
  v1::HeldLease report_of_each;
  Engine::Caller caller{absl::Seconds(15), nullptr};
  std::map<std::string, v1::Lease> held;

 private:
  const int slots_;
};

// An engine whose time stands still, and a release of one file and one image.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    release_.AddFile("https://dl.example.com/a", {"amd64", "arm64"});
    release_.AddImage("registry.example.com/pause:3.9");
    Restart();
  }

  void Restart() {
    engine_.reset();
    auto engine =
        CreateThreadedEngine(options_, &clock_, store_.get(), &actions_);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  // A request for the release of this test.
  v1::SubmitBuildRequest RequestOf(const std::string& id) const {
    v1::SubmitBuildRequest request;
    request.set_build_id(id);
    *request.mutable_release() = release_.release;
    return request;
  }
  absl::StatusOr<v1::Build> Submit(const v1::SubmitBuildRequest& request) {
    Answer<v1::Build> answer;
    engine_->SubmitBuild(request, answer.Done());
    return answer.Get();
  }
  absl::StatusOr<v1::Build> Submit(const std::string& id = "b1",
                                   bool plan_only = false) {
    v1::SubmitBuildRequest request = RequestOf(id);
    request.set_plan_only(plan_only);
    return Submit(request);
  }

  absl::StatusOr<v1::Build> Cancel(const std::string& id = "b1") {
    Settle();
    v1::CancelBuildRequest request;
    request.set_build_id(id);
    Answer<v1::Build> answer;
    engine_->CancelBuild(request, answer.Done());
    return answer.Get();
  }
  absl::StatusOr<v1::Build> Retry(const std::string& id = "b1") {
    v1::RetryBuildRequest request;
    request.set_build_id(id);
    Answer<v1::Build> answer;
    engine_->RetryBuild(request, answer.Done());
    return answer.Get();
  }
  absl::Status Drain(const std::string& worker) {
    v1::DrainWorkerRequest request;
    request.set_name(worker);
    Answer<v1::DrainWorkerResponse> answer;
    engine_->DrainWorker(request, answer.Done());
    return answer.Get().status();
  }

  v1::Build Get(const std::string& id = "b1") {
    Settle();
    v1::GetBuildRequest request;
    request.set_build_id(id);
    Answer<v1::Build> answer;
    engine_->GetBuild(request, answer.Done());
    const absl::StatusOr<v1::Build> build = answer.Get();
    EXPECT_TRUE(build.ok()) << build.status();
    return build.value_or(v1::Build());
  }

  // Moves time and lets the engine see it.
  void Advance(absl::Duration duration) {
    Settle();
    clock_.Advance(duration);
    Settle();
  }

  // Returns when the engine has done and answered all that it was asked for. A
  // turn answers reads before parked calls, hence twice.
  void Settle() {
    for (int i = 0; i < 2; ++i) {
      Answer<v1::ListWorkersResponse> answer;
      engine_->ListWorkers({}, answer.Done());
      answer.Get().IgnoreError();
    }
  }

  v1::Task VerifyTask(const std::string& architecture) {
    v1::Task task;
    task.set_task_id("b1/verify/" + architecture);
    task.set_name("verify kubespray-files linux/" + architecture);
    task.mutable_platform()->set_os("linux");
    task.mutable_platform()->set_architecture(architecture);
    task.set_must_execute(true);
    task.mutable_verify_image()->set_variant("kubespray-files");
    return task;
  }

  // Makes a Sync, which is either answered at once or stays parked. A parked
  // one changes nothing, and the next one takes its place.
  v1::SyncResponse Sync(ScriptedWorker& worker) {
    Answer<v1::SyncResponse> answer = worker.Begin(*engine_);
    Settle();
    return answer.HasCome() ? worker.End(answer) : v1::SyncResponse();
  }

  // Submits build b1 and brings it to ASSEMBLE, then to VERIFY with a task for
  // each architecture.
  void RunToAssemble(const std::vector<ScriptedWorker*>& workers) {
    ASSERT_TRUE(Submit().ok());
    while (ComesAfter(v1::ASSEMBLE, Get().phase())) {
      for (ScriptedWorker* worker : workers) {
        Sync(*worker);
        worker->FinishAll(release_.resolved);
        Sync(*worker);
      }
    }
  }
  void RunToVerify(const std::vector<ScriptedWorker*>& workers) {
    RunToAssemble(workers);
    AssembleWell();
  }
  // Submits build b1 and brings it to TAG.
  void RunToTag(const std::vector<ScriptedWorker*>& workers) {
    RunToVerify(workers);
    Verify(workers);
    ASSERT_EQ(Get().phase(), v1::TAG);
  }
  void Verify(const std::vector<ScriptedWorker*>& workers) {
    for (ScriptedWorker* worker : workers) {
      Sync(*worker);
      worker->FinishAll(release_.resolved);
      Sync(*worker);
    }
  }
  void AssembleWell() {
    AssembleOutcome outcome;
    outcome.images.emplace_back().set_name("kubespray-files");
    outcome.verify_tasks = {VerifyTask("amd64"), VerifyTask("arm64")};
    actions_.EndAssemble(outcome);
  }

  kso::testing::FakeClock clock_;
  EngineOptions options_;
  std::unique_ptr<StateStore> store_ = CreateMemoryStateStore();
  FakeActions actions_;
  kso::testing::ResolvedRelease release_;
  std::unique_ptr<Engine> engine_;
};

// The same with two workers of one kind, and what is said of them and of build
// b1.
class TwoWorkersTest : public EngineTest {
 protected:
  v1::ListWorkersResponse Workers() {
    Answer<v1::ListWorkersResponse> answer;
    engine_->ListWorkers({}, answer.Done());
    return *answer.Get();
  }
  v1::WatchBuildResponse Log() {
    v1::WatchBuildRequest request;
    request.set_build_id("b1");
    Answer<v1::WatchBuildResponse> answer;
    engine_->WatchBuild(request, answer.Done());
    return *answer.Get();
  }
  int Running() { return Get().progress(0).running(); }
  int Done() { return Get().progress(0).done(); }

  ScriptedWorker one_{"one", "amd64", "s1"};
  ScriptedWorker two_{"two", "amd64", "s2"};
};

}  // namespace kso::coordinator

#endif  // KSO_TESTS_FAKES_ENGINE_FIXTURE_H_
