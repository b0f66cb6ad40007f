// SPDX-License-Identifier: Apache-2.0
// The questions that pages ask the engine.
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EngineFarmTest : public TwoWorkersTest {
 protected:
  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(
      void (FarmQueries::*method)(Request, EngineDone<Response>),
      const Request& request = {}) {
    Settle();
    Answer<Response> answer;
    (engine_.get()->*method)(request, answer.Done());
    return answer.Get();
  }

  std::vector<std::string> Ids(const v1::ListBuildSummariesResponse& page) {
    std::vector<std::string> ids;
    for (const auto& build : page.builds()) ids.push_back(build.build_id());
    return ids;
  }

  v1::ListTasksResponse Tasks(const v1::ListTasksRequest& request) {
    return *Ask(&FarmQueries::ListTasks, request);
  }

  ScriptedWorker arm_{"arm", "arm64", "s3"};

  // Asks what is different. The answer comes at once, or when time moves on.
  Answer<v1::WatchFarmResponse> Watch(int64_t known) {
    v1::WatchFarmRequest request;
    request.set_known_revision(known);
    *request.mutable_wait() = ToProto(absl::Seconds(20));
    Answer<v1::WatchFarmResponse> answer;
    engine_->WatchFarm(request, answer.Done());
    Settle();
    return answer;
  }
};

TEST_F(EngineFarmTest, BuildsComeInPagesAndAreFiltered) {
  for (const std::string id : {"b1", "b2", "b3"}) {
    v1::SubmitBuildRequest request = RequestOf(id);
    request.set_priority(id.back());
    ASSERT_TRUE(Submit(request).ok());
  }
  ASSERT_TRUE(Cancel("b2").ok());
  v1::ListBuildSummariesRequest request;
  request.set_page_size(2);
  auto page = *Ask(&FarmQueries::ListBuildSummaries, request);
  EXPECT_THAT(Ids(page), ElementsAre("b3", "b2"));
  EXPECT_EQ(page.total(), 3);
  request.set_page_token(page.next_page_token());
  page = *Ask(&FarmQueries::ListBuildSummaries, request);
  EXPECT_THAT(Ids(page), ElementsAre("b1"));
  EXPECT_EQ(page.next_page_token(), "");

  request.Clear();
  request.add_states(v1::Build::CANCELLED);
  page = *Ask(&FarmQueries::ListBuildSummaries, request);
  EXPECT_THAT(Ids(page), ElementsAre("b2"));
  request.Clear();
  request.set_text("B3");
  EXPECT_THAT(Ids(*Ask(&FarmQueries::ListBuildSummaries, request)),
              ElementsAre("b3"));
  request.Clear();
  request.set_release("another");
  EXPECT_THAT(Ids(*Ask(&FarmQueries::ListBuildSummaries, request)), IsEmpty());

  for (const std::string token : {"0", "-1", "x", "1x"}) {
    request.Clear();
    request.set_page_token(token);
    EXPECT_TRUE(absl::IsInvalidArgument(
        Ask(&FarmQueries::ListBuildSummaries, request).status()))
        << token;
  }
}

TEST_F(EngineFarmTest, TasksSayWhereTheyAreAndWhatTheyWaitFor) {
  ASSERT_TRUE(Submit().ok());
  v1::ListTasksRequest request;
  request.set_build_id("b1");
  auto page = Tasks(request);
  ASSERT_THAT(page.tasks(), ::testing::Not(IsEmpty()));
  EXPECT_EQ(page.total(), page.tasks_size());
  EXPECT_THAT(page.tasks(0).waits_for(), HasSubstr("no worker is connected"));

  Sync(one_);
  Advance(absl::Seconds(3));
  request.add_states(v1::TaskStatus::RUNNING);
  page = Tasks(request);
  ASSERT_THAT(page.tasks(), SizeIs(one_.held.size()));
  EXPECT_EQ(page.tasks(0).worker(), "one");
  EXPECT_EQ(FromProto(page.tasks(0).started()),
            clock_.Now() - absl::Seconds(3));
  request.set_worker("two");
  EXPECT_EQ(Tasks(request).total(), 0);
  request.Clear();
  request.set_build_id("b1");
  request.set_text("DL.EXAMPLE.COM");
  EXPECT_EQ(Tasks(request).total(), 1);
  request.Clear();
  request.set_build_id("b1");
  request.add_phases(v1::VERIFY);
  EXPECT_EQ(Tasks(request).total(), 0);
  request.set_build_id("none");
  EXPECT_TRUE(absl::IsNotFound(Ask(&FarmQueries::ListTasks, request).status()));
}

TEST_F(EngineFarmTest, TasksComeInPages) {
  ASSERT_TRUE(Submit().ok());
  v1::ListTasksRequest request;
  request.set_build_id("b1");
  const int total = Tasks(request).total();
  request.set_page_size(1);
  std::vector<std::string> ids;
  do {
    const auto page = Tasks(request);
    ASSERT_THAT(page.tasks(), SizeIs(1));
    EXPECT_EQ(page.total(), total);
    ids.push_back(page.tasks(0).task_id());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(ids, SizeIs(total));
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_F(EngineFarmTest, ALogIsReadInPagesAndFiltered) {
  RunToTag({&one_, &arm_});
  v1::ListEventsRequest request;
  request.set_build_id("b1");
  request.set_page_size(3);
  int64_t read = 0;
  do {
    const auto page = *Ask(&FarmQueries::ListEvents, request);
    for (const v1::Event& event : page.events()) {
      EXPECT_EQ(event.sequence(), ++read);
    }
    request.set_after_sequence(page.next_after());
    EXPECT_LE(page.events_size(), 3);
  } while (request.after_sequence() > 0);
  request.Clear();
  request.set_build_id("b1");
  const auto all = *Ask(&FarmQueries::ListEvents, request);
  EXPECT_EQ(all.last_sequence(), read);
  request.set_text("PHASE layers");
  EXPECT_THAT(Ask(&FarmQueries::ListEvents, request)->events(), SizeIs(1));
  request.add_levels(v1::Event::ERROR);
  EXPECT_THAT(Ask(&FarmQueries::ListEvents, request)->events(), IsEmpty());
}

TEST_F(EngineFarmTest, ABuildHasItsPhasesLayersAndImages) {
  RunToTag({&one_, &arm_});
  v1::GetBuildDetailsRequest request;
  request.set_build_id("b1");
  const v1::BuildDetails details = *Ask(&FarmQueries::GetBuildDetails, request);
  EXPECT_EQ(details.summary().build_id(), "b1");
  ASSERT_GT(details.phases_size(), 3);
  EXPECT_TRUE(details.phases(0).started().seconds() > 0);
  EXPECT_TRUE(details.phases(0).ended().seconds() > 0);
  ASSERT_THAT(details.layers(), SizeIs(details.build().plan().layers_size()));
  for (const v1::LayerStatus& layer : details.layers()) {
    EXPECT_EQ(layer.state(), v1::TaskStatus::DONE);
    EXPECT_NE(layer.layer().digest(), "");
  }
  EXPECT_THAT(details.platform_images(), ::testing::Not(IsEmpty()));
  EXPECT_THAT(details.events(), ::testing::Not(IsEmpty()));
}

TEST_F(EngineFarmTest, AWatcherHearsWhatIsDifferentAndNothingElse) {
  auto first = Watch(0);
  ASSERT_TRUE(first.HasCome());
  int64_t known = first.Get()->revision();

  auto parked = Watch(known);
  EXPECT_FALSE(parked.HasCome());
  ASSERT_TRUE(Submit().ok());
  Advance(absl::Seconds(1));
  ASSERT_TRUE(parked.HasCome());
  v1::WatchFarmResponse change = *parked.Get();
  ASSERT_THAT(change.builds(), SizeIs(1));
  EXPECT_EQ(change.builds(0).build_id(), "b1");
  EXPECT_THAT(change.workers(), IsEmpty());
  known = change.revision();

  parked = Watch(known);
  Sync(one_);
  Advance(absl::Seconds(1));
  ASSERT_TRUE(parked.HasCome());
  change = *parked.Get();
  EXPECT_THAT(change.workers(), ElementsAre("one"));
  known = change.revision();

  // Nothing changes, and the call ends by its time.
  parked = Watch(known);
  Advance(absl::Seconds(15));
  EXPECT_FALSE(parked.HasCome());
  Advance(absl::Seconds(6));
  EXPECT_TRUE(parked.HasCome());
}

TEST_F(EngineFarmTest, TheFarmCountsItsQueuesAndWorkers) {
  ASSERT_TRUE(Submit().ok());
  v1::FarmStatus farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  EXPECT_EQ(farm.builds_running(), 1);
  EXPECT_GT(farm.tasks_waiting(), 0);
  ASSERT_THAT(farm.queues(), ::testing::Not(IsEmpty()));
  EXPECT_THAT(farm.queues(0).reasons(0), HasSubstr("no worker"));
  Sync(one_);
  farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  ASSERT_THAT(farm.platforms(), SizeIs(1));
  EXPECT_EQ(farm.platforms(0).platform(), "linux/amd64");
  EXPECT_EQ(farm.platforms(0).workers_ready(), 1);
  EXPECT_EQ(farm.platforms(0).slots_used(), farm.tasks_running());
  one_.FinishAll(release_.resolved);
  Sync(one_);
  EXPECT_GT(
      Ask(&FarmQueries::GetFarm, v1::GetFarmRequest())->totals().tasks_done(),
      0);
}

TEST_F(EngineFarmTest, TheFarmCountsWorkersThatAreLostOrDrainToo) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  ASSERT_TRUE(Drain("one").ok());
  Sync(two_);
  const auto count = [this](v1::WorkerStatus::State state) {
    const auto farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
    for (const v1::WorkerCount& each : farm.workers()) {
      if (each.state() == state) return each.count();
    }
    return 0;
  };
  EXPECT_EQ(count(v1::WorkerStatus::DRAINING), 1);
  EXPECT_EQ(count(v1::WorkerStatus::READY), 1);
  // The parked call of "two" is answered first, and no other follows.
  Advance(absl::Minutes(2));
  Advance(absl::Minutes(2));
  EXPECT_EQ(count(v1::WorkerStatus::LOST), 2);
  EXPECT_EQ(count(v1::WorkerStatus::READY), 0);
}

TEST_F(EngineFarmTest, AQueueSaysHowLongItIsAndWhatItWaitsFor) {
  const absl::Time started = clock_.Now();
  ASSERT_TRUE(Submit().ok());
  Advance(absl::Seconds(5));
  v1::FarmStatus farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  EXPECT_EQ(FromProto(farm.started()), started);
  EXPECT_EQ(FromProto(farm.now()), started + absl::Seconds(5));
  EXPECT_EQ(farm.builds_total(), 1);
  EXPECT_EQ(farm.tasks_running(), 0);
  EXPECT_EQ(farm.tasks_waiting(), 4);
  EXPECT_EQ(farm.workers_ready(), 0);
  EXPECT_THAT(farm.workers(), IsEmpty());
  ASSERT_THAT(farm.queues(), SizeIs(1));
  EXPECT_EQ(farm.queues(0).platform(), "");
  EXPECT_FALSE(farm.queues(0).must_execute());
  EXPECT_EQ(farm.queues(0).ready(), 4);
  EXPECT_EQ(farm.queues(0).delayed(), 0);
  EXPECT_EQ(FromProto(farm.queues(0).oldest()), absl::Seconds(5));
  EXPECT_THAT(farm.queues(0).reasons(),
              ElementsAre("resolve: no worker is connected; start one with "
                          "kso-worker"));

  Sync(one_);
  arm_.request.mutable_worker()->mutable_platforms(0)->set_native(false);
  Sync(arm_);
  farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  EXPECT_EQ(farm.tasks_running(), 4);
  EXPECT_EQ(farm.tasks_waiting(), 0);
  EXPECT_THAT(farm.queues(), IsEmpty());
  EXPECT_EQ(farm.workers_ready(), 2);
  ASSERT_THAT(farm.workers(), SizeIs(1));
  EXPECT_EQ(farm.workers(0).state(), v1::WorkerStatus::READY);
  EXPECT_EQ(farm.workers(0).count(), 2);
  ASSERT_THAT(farm.platforms(), SizeIs(2));
  EXPECT_EQ(farm.platforms(0).platform(), "linux/amd64");
  EXPECT_EQ(farm.platforms(0).workers_native(), 1);
  EXPECT_EQ(farm.platforms(0).slots(), 100);
  EXPECT_EQ(farm.platforms(0).slots_used(), 4);
  EXPECT_EQ(farm.platforms(1).platform(), "linux/arm64");
  EXPECT_EQ(farm.platforms(1).workers_native(), 0);
  EXPECT_EQ(farm.platforms(1).slots_used(), 0);

  v1::Failure* failure =
      one_.AddResult(one_.held.begin()->second).mutable_failure();
  failure->set_kind(v1::Failure::TRANSIENT);
  failure->set_reason("503");
  failure->mutable_retry_after()->set_seconds(7);
  Sync(one_);
  farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  EXPECT_EQ(farm.tasks_running(), 3);
  EXPECT_EQ(farm.tasks_waiting(), 1);
  ASSERT_THAT(farm.queues(), SizeIs(1));
  EXPECT_EQ(farm.queues(0).ready(), 0);
  EXPECT_EQ(farm.queues(0).delayed(), 1);
  EXPECT_EQ(FromProto(farm.queues(0).oldest()), absl::Seconds(5));
  EXPECT_THAT(farm.queues(0).reasons(), ElementsAre("503"));

  one_.FinishAll(release_.resolved);
  for (v1::LeaseResult& result : *one_.request.mutable_results()) {
    result.mutable_result()->set_bytes_fetched(100);
    result.mutable_result()->set_bytes_pushed(10);
  }
  Sync(one_);
  farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  EXPECT_EQ(farm.totals().tasks_done(), 3);
  EXPECT_EQ(farm.totals().bytes_fetched(), 300);
  EXPECT_EQ(farm.totals().bytes_pushed(), 30);
  // The totals are those since the coordinator was started.
  Restart();
  farm = *Ask(&FarmQueries::GetFarm, v1::GetFarmRequest());
  EXPECT_EQ(FromProto(farm.started()), started + absl::Seconds(5));
  EXPECT_EQ(farm.builds_total(), 1);
  EXPECT_EQ(farm.totals().tasks_done(), 0);
  EXPECT_EQ(farm.totals().bytes_fetched(), 0);
  EXPECT_EQ(farm.totals().bytes_pushed(), 0);
}

TEST_F(EngineFarmTest, ATaskTellsWhatItDoesOrWaitsFor) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  one_.report_of_each.set_activity("fetching a");
  one_.report_of_each.set_host("dl.example.com");
  one_.report_of_each.set_bytes_fetched(9);
  one_.report_of_each.set_bytes_pushed(5);
  Sync(one_);
  v1::ListTasksRequest request;
  request.set_build_id("b1");
  request.add_states(v1::TaskStatus::RUNNING);
  v1::TaskStatus task = Tasks(request).tasks(0);
  EXPECT_EQ(task.activity(), "fetching a");
  EXPECT_EQ(task.host(), "dl.example.com");
  EXPECT_EQ(task.bytes_done(), 9);
  EXPECT_EQ(task.waits_for(), "");
  one_.report_of_each.set_bytes_pushed(12);
  Sync(one_);
  EXPECT_EQ(Tasks(request).tasks(0).bytes_done(), 12);

  // The same work of another build waits for it.
  release_.release.set_name("another");
  ASSERT_TRUE(Submit("b2").ok());
  request.Clear();
  request.set_build_id("b2");
  request.add_states(v1::TaskStatus::SHARED);
  ASSERT_EQ(Tasks(request).total(), 4);
  EXPECT_EQ(Tasks(request).tasks(0).waits_for(),
            "an identical task, to share what comes of it");

  v1::Failure* failure =
      one_.AddResult(one_.held.begin()->second).mutable_failure();
  failure->set_kind(v1::Failure::TRANSIENT);
  failure->set_reason("503");
  failure->mutable_retry_after()->set_seconds(7);
  Sync(one_);
  request.Clear();
  request.set_build_id("b1");
  request.add_states(v1::TaskStatus::DELAYED);
  ASSERT_EQ(Tasks(request).total(), 1);
  task = Tasks(request).tasks(0);
  EXPECT_EQ(FromProto(task.retry_at()), clock_.Now() + absl::Seconds(7));
  EXPECT_EQ(task.waits_for(), "503");
}

TEST_F(EngineFarmTest, TasksThatAreForgottenAreListedLikeTheOthers) {
  RunToTag({&one_, &arm_});
  v1::ListTasksRequest request;
  request.set_build_id("b1");
  const int before = Tasks(request).total();
  actions_.EndTag();
  ASSERT_EQ(Get().state(), v1::Build::SUCCEEDED);
  const v1::ListTasksResponse after = Tasks(request);
  EXPECT_EQ(after.total(), before);
  // In the order of the phases.
  EXPECT_EQ(after.tasks(0).phase(), v1::RESOLVE);
  EXPECT_EQ(after.tasks(after.tasks_size() - 1).phase(), v1::VERIFY);
  request.add_phases(v1::RESOLVE);
  EXPECT_EQ(Tasks(request).total(), 4);
  request.set_text("RESOLVE https://dl.example.com/a");
  ASSERT_EQ(Tasks(request).total(), 1);
  EXPECT_EQ(Tasks(request).tasks(0).name(), "resolve https://dl.example.com/a");
  request.set_worker("nobody");
  EXPECT_EQ(Tasks(request).total(), 0);
  request.Clear();
  request.set_build_id("b1");
  request.add_states(v1::TaskStatus::FAILED);
  EXPECT_EQ(Tasks(request).total(), 0);
  request.add_states(v1::TaskStatus::DONE);
  EXPECT_EQ(Tasks(request).total(), before);
  int by_worker = 0;
  for (const char* worker : {"one", "arm"}) {
    request.set_worker(worker);
    by_worker += Tasks(request).total();
  }
  EXPECT_EQ(by_worker, before);
}

TEST_F(EngineFarmTest, APageThatIsNoneIsRefused) {
  ASSERT_TRUE(Submit().ok());
  v1::ListTasksRequest tasks;
  tasks.set_build_id("b1");
  tasks.set_page_size(-1);
  EXPECT_TRUE(
      absl::IsInvalidArgument(Ask(&FarmQueries::ListTasks, tasks).status()));
  tasks.set_page_size(0);
  for (const char* token : {"0", "-1", "x"}) {
    tasks.set_page_token(token);
    EXPECT_TRUE(
        absl::IsInvalidArgument(Ask(&FarmQueries::ListTasks, tasks).status()))
        << token;
  }
  tasks.set_page_token("1");
  EXPECT_EQ(Tasks(tasks).tasks_size(), 3);
  v1::ListEventsRequest events;
  events.set_build_id("b1");
  events.set_page_size(-1);
  EXPECT_TRUE(
      absl::IsInvalidArgument(Ask(&FarmQueries::ListEvents, events).status()));
  v1::ListBuildSummariesRequest builds;
  builds.set_page_size(-1);
  EXPECT_TRUE(absl::IsInvalidArgument(
      Ask(&FarmQueries::ListBuildSummaries, builds).status()));
}

TEST_F(EngineFarmTest, ALogIsReadByTaskAndLevel) {
  RunToTag({&one_, &arm_});
  v1::ListEventsRequest request;
  request.set_build_id("b1");
  request.set_after_sequence(-5);
  const auto all = *Ask(&FarmQueries::ListEvents, request);
  const int total = all.events_size();
  EXPECT_EQ(all.events(0).sequence(), 1);
  EXPECT_EQ(all.last_sequence(), total);
  EXPECT_EQ(all.next_after(), 0);
  // A page that holds all is the last.
  request.set_page_size(total);
  EXPECT_EQ(Ask(&FarmQueries::ListEvents, request)->next_after(), 0);
  request.set_page_size(total - 1);
  EXPECT_EQ(Ask(&FarmQueries::ListEvents, request)->next_after(), total - 1);
  request.set_page_size(0);
  request.set_task_id("b1/verify/amd64");
  const auto of_task = *Ask(&FarmQueries::ListEvents, request);
  EXPECT_THAT(of_task.events(), SizeIs(2));
  for (const v1::Event& event : of_task.events()) {
    EXPECT_EQ(event.task_id(), "b1/verify/amd64");
  }
  request.add_levels(v1::Event::INFO);
  EXPECT_THAT(Ask(&FarmQueries::ListEvents, request)->events(), SizeIs(2));
  request.set_task_id("b1/nobody");
  EXPECT_THAT(Ask(&FarmQueries::ListEvents, request)->events(), IsEmpty());
}

TEST_F(EngineFarmTest, ASummarySaysWhatABuildIsOf) {
  v1::SubmitBuildRequest submit = RequestOf("b1");
  submit.set_priority(7);
  submit.set_submitted_by("alice");
  submit.set_fresh(true);
  ASSERT_TRUE(Submit(submit).ok());
  Sync(one_);
  one_.Finish(one_.held.begin()->second, release_.resolved);
  one_.request.mutable_results(0)->mutable_result()->set_bytes_fetched(5);
  one_.request.mutable_results(0)->mutable_result()->set_bytes_pushed(6);
  Sync(one_);
  const auto page =
      *Ask(&FarmQueries::ListBuildSummaries, v1::ListBuildSummariesRequest());
  ASSERT_THAT(page.builds(), SizeIs(1));
  const v1::BuildSummary& summary = page.builds(0);
  const v1::Build build = Get();
  EXPECT_EQ(summary.build_id(), "b1");
  EXPECT_EQ(summary.name(), release_.release.name());
  EXPECT_EQ(summary.state(), v1::Build::RUNNING);
  EXPECT_EQ(summary.phase(), v1::RESOLVE);
  EXPECT_GT(summary.revision(), 1);
  EXPECT_FALSE(summary.plan_only());
  EXPECT_TRUE(summary.fresh());
  EXPECT_EQ(summary.priority(), 7);
  EXPECT_EQ(summary.submitted_by(), "alice");
  EXPECT_EQ(FromProto(summary.created()), FromProto(build.created()));
  EXPECT_EQ(summary.destination().location(),
            release_.release.destination().location());
  EXPECT_THAT(summary.platforms(), SizeIs(2));
  EXPECT_EQ(summary.file_count(), 1);
  EXPECT_EQ(summary.image_count(), 1);
  // One task of the destination's in each of ASSEMBLE and TAG.
  EXPECT_EQ(summary.progress().total(), 6);
  EXPECT_EQ(summary.progress().done(), 1);
  EXPECT_EQ(summary.progress().running(), 3);
  EXPECT_EQ(summary.progress().failed(), 0);
  EXPECT_EQ(summary.bytes_fetched(), 5);
  EXPECT_EQ(summary.bytes_pushed(), 6);
  EXPECT_EQ(summary.failure_count(), 0);
  EXPECT_EQ(summary.last_sequence(), build.last_sequence());
  EXPECT_GT(summary.last_sequence(), 0);
}

TEST_F(EngineFarmTest, TheDetailsOfABuildSayWhoDidWhat) {
  RunToTag({&one_, &arm_});
  v1::GetBuildDetailsRequest request;
  request.set_build_id("b1");
  v1::BuildDetails details = *Ask(&FarmQueries::GetBuildDetails, request);
  EXPECT_EQ(details.phases(0).phase(), v1::RESOLVE);
  for (const v1::LayerStatus& layer : details.layers()) {
    EXPECT_THAT(layer.task_id(), HasSubstr("b1/layer/"));
    EXPECT_THAT(layer.worker(), ::testing::AnyOf("one", "arm"));
  }
  std::set<std::string> verified;
  for (const v1::PlatformImageStatus& image : details.platform_images()) {
    if (image.state() != v1::TaskStatus::DONE) continue;
    EXPECT_EQ(image.variant(), "kubespray-files");
    EXPECT_FALSE(image.has_failure());
    verified.insert(image.platform().architecture() + " by " + image.worker());
  }
  EXPECT_THAT(verified, ElementsAre("amd64 by one", "arm64 by arm"));
  EXPECT_EQ(details.events(details.events_size() - 1).sequence(),
            details.build().last_sequence());
  EXPECT_EQ(details.previous_build_id(), "");
  actions_.EndTag();

  // A later build names the one that it follows, and no plan.
  for (const char* id : {"p1", "p2"}) {
    ASSERT_TRUE(Submit(id, /*plan_only=*/true).ok());
    while (Get(id).state() == v1::Build::RUNNING) {
      Sync(one_);
      one_.FinishAll(release_.resolved);
      Sync(one_);
    }
    request.set_build_id(id);
    details = *Ask(&FarmQueries::GetBuildDetails, request);
    EXPECT_EQ(details.build().plan().previous_release(),
              release_.release.name());
    EXPECT_EQ(details.previous_build_id(), "b1");
  }
}

TEST_F(EngineFarmTest, AnImageThatDoesNotWorkSaysWhy) {
  RunToVerify({&one_, &arm_});
  Sync(one_);
  ASSERT_THAT(one_.held, SizeIs(1));
  v1::Failure* failure =
      one_.AddResult(one_.held.begin()->second).mutable_failure();
  failure->set_kind(v1::Failure::PERMANENT);
  failure->set_reason("etcd is missing");
  Sync(one_);
  v1::GetBuildDetailsRequest request;
  request.set_build_id("b1");
  const v1::BuildDetails details = *Ask(&FarmQueries::GetBuildDetails, request);
  std::vector<std::string> failed;
  for (const v1::PlatformImageStatus& image : details.platform_images()) {
    if (image.state() != v1::TaskStatus::FAILED) continue;
    failed.push_back(image.platform().architecture() + ": " +
                     image.failure().reason());
  }
  EXPECT_THAT(failed, ElementsAre("amd64: etcd is missing"));
}

TEST_F(EngineFarmTest, ReleasesThatWereMadeAreListedWithTheirSizes) {
  EXPECT_THAT(
      Ask(&FarmQueries::ListReleases, v1::ListReleasesRequest())->releases(),
      IsEmpty());
  options_.keep_builds = 1;
  Restart();
  RunToVerify({&one_, &arm_});
  Advance(absl::Seconds(3));
  Verify({&one_, &arm_});
  actions_.EndTag();
  ASSERT_EQ(Get().state(), v1::Build::SUCCEEDED);
  const auto releases = [&] {
    return *Ask(&FarmQueries::ListReleases, v1::ListReleasesRequest());
  };
  ASSERT_THAT(releases().releases(), SizeIs(1));
  const v1::ReleaseStatus release = releases().releases(0);
  EXPECT_EQ(release.name(), release_.release.name());
  EXPECT_THAT(release.destination(),
              HasSubstr(release_.release.destination().location()));
  EXPECT_EQ(release.build_id(), "b1");
  EXPECT_TRUE(release.build_kept());
  EXPECT_EQ(FromProto(release.took()), absl::Seconds(3));
  EXPECT_GT(release.layers(), 1);
  // Each of its layers has a recipe of some bytes.
  EXPECT_GT(release.bytes(), release.layers());
  // The release outlives its build.
  ASSERT_TRUE(Submit("b2").ok());
  ASSERT_TRUE(Cancel("b2").ok());
  Settle();
  EXPECT_FALSE(releases().releases(0).build_kept());
}

TEST_F(EngineFarmTest, TheTasksAtAHostAreCounted) {
  ASSERT_TRUE(Submit().ok());
  const auto running = [&](const std::string& name) {
    const v1::ListHostsResponse found =
        *Ask(&FarmQueries::ListHosts, v1::ListHostsRequest());
    for (const v1::HostLimit& host : found.hosts()) {
      if (host.host() == name) return host.tasks_running();
    }
    return -1;
  };
  EXPECT_EQ(running("dl.example.com"), 0);
  EXPECT_EQ(running("elsewhere.example.com"), -1);
  Sync(one_);
  EXPECT_EQ(running("dl.example.com"), 1);
}

TEST_F(EngineFarmTest, AWatcherHearsWhatIsGone) {
  options_.keep_builds = 1;
  Restart();
  ASSERT_TRUE(Submit("b1").ok());
  ASSERT_TRUE(Cancel("b1").ok());
  auto first = Watch(0);
  ASSERT_TRUE(first.HasCome());
  const v1::WatchFarmResponse seen = *first.Get();
  ASSERT_THAT(seen.builds(), SizeIs(1));
  EXPECT_EQ(seen.builds(0).state(), v1::Build::CANCELLED);
  EXPECT_EQ(seen.builds(0).phase(), v1::RESOLVE);
  EXPECT_EQ(seen.builds(0).last_sequence(), Get("b1").last_sequence());
  EXPECT_GT(seen.builds(0).revision(), 0);
  EXPECT_THAT(seen.removed_builds(), IsEmpty());
  ASSERT_TRUE(Submit("b2").ok());
  ASSERT_TRUE(Cancel("b2").ok());
  Advance(absl::Seconds(1));
  auto parked = Watch(seen.revision());
  ASSERT_TRUE(parked.HasCome());
  const v1::WatchFarmResponse change = *parked.Get();
  EXPECT_THAT(change.removed_builds(), ElementsAre("b1"));
  ASSERT_THAT(change.builds(), SizeIs(1));
  EXPECT_EQ(change.builds(0).build_id(), "b2");
  EXPECT_FALSE(change.hosts());
  // A new watcher is told, too.
  EXPECT_THAT(Watch(0).Get()->removed_builds(), ElementsAre("b1"));
}

TEST_F(EngineFarmTest, AWatcherHearsOfHostsAndOfWorkersThatGo) {
  options_.forget_worker_after = absl::Seconds(60);
  Restart();
  int64_t known = Watch(0).Get()->revision();
  const auto change = [&] {
    Advance(absl::Seconds(1));
    auto answer = Watch(known);
    EXPECT_TRUE(answer.HasCome());
    v1::WatchFarmResponse response;
    if (answer.HasCome()) response = *answer.Get();
    known = response.revision();
    return response;
  };
  v1::HostReport* report = one_.request.mutable_worker()->add_hosts();
  report->set_host("quay.io");
  report->mutable_retry_after()->set_seconds(3600);
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  v1::WatchFarmResponse heard = change();
  EXPECT_TRUE(heard.hosts());
  EXPECT_THAT(heard.workers(), ElementsAre("one"));
  one_.report_of_each.set_bytes_fetched(7);
  Sync(one_);
  heard = change();
  EXPECT_FALSE(heard.hosts());
  EXPECT_THAT(heard.workers(), ElementsAre("one"));
  // It is lost, and then forgotten.
  Advance(absl::Seconds(10));
  Advance(absl::Seconds(30));
  EXPECT_THAT(change().workers(), ElementsAre("one"));
  Advance(absl::Seconds(60));
  EXPECT_THAT(change().workers(), ElementsAre("one"));
  Answer<v1::ListWorkersResponse> workers;
  engine_->ListWorkers({}, workers.Done());
  EXPECT_THAT(workers.Get()->workers(), IsEmpty());
}

TEST_F(EngineFarmTest, AWorkerShowsItsTasksAndItsOrder) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  ASSERT_TRUE(Drain("one").ok());
  v1::ListWorkerDetailsRequest request;
  request.set_name("one");
  auto workers = *Ask(&FarmQueries::ListWorkerDetails, request);
  ASSERT_THAT(workers.workers(), SizeIs(1));
  EXPECT_TRUE(workers.workers(0).drain_ordered());
  EXPECT_THAT(workers.workers(0).tasks(), SizeIs(one_.held.size()));

  v1::UndrainWorkerRequest undrain;
  undrain.set_name("one");
  ASSERT_TRUE(Ask(&FarmQueries::UndrainWorker, undrain).ok());
  workers = *Ask(&FarmQueries::ListWorkerDetails, request);
  EXPECT_FALSE(workers.workers(0).drain_ordered());
  // It stays so after a restart.
  Restart();
  Sync(one_);
  workers = *Ask(&FarmQueries::ListWorkerDetails, request);
  EXPECT_FALSE(workers.workers(0).drain_ordered());

  undrain.set_name("none");
  EXPECT_TRUE(
      absl::IsNotFound(Ask(&FarmQueries::UndrainWorker, undrain).status()));
  request.set_name("none");
  EXPECT_TRUE(
      absl::IsNotFound(Ask(&FarmQueries::ListWorkerDetails, request).status()));
}

TEST_F(EngineFarmTest, APriorityIsChangedWhileABuildRuns) {
  ASSERT_TRUE(Submit().ok());
  v1::SetPriorityRequest request;
  request.set_build_id("b1");
  request.set_priority(30);
  ASSERT_TRUE(Ask(&FarmQueries::SetPriority, request).ok());
  Restart();
  EXPECT_EQ(Get().priority(), 30);
  // The request is the same, whatever became of its priority.
  EXPECT_EQ(Submit("b2")->build_id(), "b1");
  request.set_priority(101);
  EXPECT_TRUE(absl::IsInvalidArgument(
      Ask(&FarmQueries::SetPriority, request).status()));
  request.set_priority(0);
  ASSERT_TRUE(Cancel().ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(
      Ask(&FarmQueries::SetPriority, request).status()));
}

TEST_F(EngineFarmTest, HostsThatTasksUseAreListed) {
  ASSERT_TRUE(Submit().ok());
  const v1::ListHostsResponse found =
      *Ask(&FarmQueries::ListHosts, v1::ListHostsRequest());
  std::vector<std::string> hosts;
  for (const v1::HostLimit& host : found.hosts()) hosts.push_back(host.host());
  EXPECT_THAT(hosts, ::testing::IsSupersetOf(
                         {"dl.example.com", "registry.example.com"}));
}

TEST_F(EngineFarmTest, TheBytesOfAHostAreThoseOfAllWorkers) {
  const auto moved = [](ScriptedWorker& worker, const std::string& host,
                        int64_t received, int64_t sent) {
    v1::HostTraffic* traffic = worker.request.mutable_worker()->add_traffic();
    traffic->set_host(host);
    traffic->set_bytes_received(received);
    traffic->set_bytes_sent(sent);
  };
  moved(one_, "dl.example.com", 100, 1);
  moved(one_, "quay.io", std::numeric_limits<int64_t>::max(), 0);
  moved(two_, "dl.example.com", 20, 3);
  moved(two_, "quay.io", 5, 0);
  Sync(one_);
  Sync(two_);
  const v1::ListHostsResponse found =
      *Ask(&FarmQueries::ListHosts, v1::ListHostsRequest());
  ASSERT_EQ(found.hosts_size(), 2);
  EXPECT_EQ(found.hosts(0).host(), "dl.example.com");
  EXPECT_EQ(found.hosts(0).bytes_received(), 120);
  EXPECT_EQ(found.hosts(0).bytes_sent(), 4);
  EXPECT_EQ(found.hosts(1).host(), "quay.io");
  EXPECT_GT(found.hosts(1).bytes_received(), 0);
}

}  // namespace
}  // namespace kso::coordinator
