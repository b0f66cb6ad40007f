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
  Advance(absl::Minutes(2));
  EXPECT_EQ(count(v1::WorkerStatus::LOST), 2);
  EXPECT_EQ(count(v1::WorkerStatus::READY), 0);
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
