// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/scheduler.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "coordinator/core/schedule/waiting.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SchedulerTest : public ::testing::Test {
 protected:
  std::string Pick(const WorkerViews& workers, size_t worker) {
    const WorkerPool pool = PoolOf(workers);
    test_.state.AdvanceTo(test_.time);
    const TaskEntry* task =
        scheduler_
            .Pick(test_.state, pool, *pool.Find(workers[worker].info.name()))
            .task;
    return task == nullptr ? "none" : task->id;
  }
  std::string PickAndGrant(const WorkerViews& workers, size_t worker) {
    const std::string task = Pick(workers, worker);
    if (task != "none") test_.Grant(task, workers[worker].info.name());
    return task;
  }
  std::vector<std::string> Waiting(const WorkerViews& workers) {
    test_.state.AdvanceTo(test_.time);
    return WaitingReasons(test_.state, *test_.state.FindBuild("b"),
                          PoolOf(workers), test_.time);
  }

  TestState test_;
  Scheduler scheduler_;
};

TEST_F(SchedulerTest, HeaviestFirst) {
  test_.AddBuild("b",
                 {MakeTask("b/1", "", false, 5), MakeTask("b/2", "", false, 9)},
                 v1::LAYERS);
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/2");
  EXPECT_EQ(PickAndGrant(workers, 0), "b/1");
  EXPECT_EQ(Pick(workers, 0), "none");
}

TEST_F(SchedulerTest, AWorkerThatMayNotHaveATaskIsPassedOver) {
  v1::Task copy = MakeTask("b/copy", "", false, 9);
  copy.add_not_by("one");
  copy.add_not_by("two");
  test_.AddBuild("b", {copy, MakeTask("b/1", "", false, 5)}, v1::LAYERS);
  const WorkerViews two = {MakeWorker("one", "amd64"),
                           MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(two, 0), "b/1");
  EXPECT_EQ(Pick(two, 1), "none");
  EXPECT_THAT(
      Waiting(two),
      ElementsAre(HasSubstr("crossCheck needs another worker than one and")));
  const WorkerViews three = {MakeWorker("one", "amd64"),
                             MakeWorker("three", "amd64")};
  EXPECT_THAT(Waiting(three), ElementsAre(HasSubstr("a free slot")));
  EXPECT_EQ(Pick(three, 1), "b/copy");
}

TEST_F(SchedulerTest, WhatIsFetchedByOneWorkerIsNotFetchedByAnother) {
  v1::Task copy = MakeTask("b/copy", "", false, 9);
  v1::Task packed = MakeTask("b/packed", "", false, 8);
  copy.set_fetch_group(1);
  packed.set_fetch_group(1);
  test_.AddBuild("b", {copy, packed, MakeTask("b/1", "", false, 5)},
                 v1::LAYERS);
  WorkerViews workers = {MakeWorker("one", "amd64"),
                         MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/copy");
  EXPECT_EQ(PickAndGrant(workers, 1), "b/1");
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_EQ(Pick(workers, 0), "b/packed");
  // Nobody waits for a worker that takes nothing.
  workers[0].state = v1::WorkerStatus::DRAINING;
  EXPECT_EQ(Pick(workers, 1), "b/packed");
}

TEST_F(SchedulerTest, WhatFailedWhereItWasFetchedGoesElsewhere) {
  v1::Task copy = MakeTask("b/copy", "", false, 9);
  v1::Task packed = MakeTask("b/packed", "", false, 8);
  copy.set_fetch_group(1);
  packed.set_fetch_group(1);
  test_.AddBuild("b", {copy, packed}, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/copy");
  EXPECT_EQ(PickAndGrant(workers, 0), "b/packed");
  test_.Requeue("b/packed", v1::Failure::TRANSIENT, "trouble",
                absl::ZeroDuration());
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_EQ(Pick(workers, 1), "b/packed");
}

TEST_F(SchedulerTest, BuildsTakeTurns) {
  test_.AddBuild("big", {MakeTask("big/1"), MakeTask("big/2")}, v1::LAYERS);
  test_.AddBuild("small", {MakeTask("small/1")}, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "big/1");
  EXPECT_EQ(PickAndGrant(workers, 0), "small/1");
  EXPECT_EQ(PickAndGrant(workers, 0), "big/2");
}

TEST_F(SchedulerTest, ANewBuildTakesItsShareAtOnceAndSavedNothingUp) {
  std::vector<v1::Task> many;
  for (int i = 0; i < 20; ++i)
    many.push_back(MakeTask(absl::StrCat("big/", i)));
  test_.AddBuild("big", many, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  for (int i = 0; i < 9; ++i) PickAndGrant(workers, 0);
  test_.AddBuild("small", {MakeTask("small/1"), MakeTask("small/2")},
                 v1::LAYERS);
  EXPECT_EQ(PickAndGrant(workers, 0), "small/1");
  EXPECT_THAT(PickAndGrant(workers, 0), HasSubstr("big/"));
  EXPECT_EQ(PickAndGrant(workers, 0), "small/2");
}

TEST_F(SchedulerTest, TurnsAreTakenAtEachKindOfWorkerForItself) {
  const auto add = [&](const std::string& id, const std::string& architecture,
                       int priority) {
    std::vector<v1::Task> tasks;
    for (int i = 0; i < 40; ++i) {
      tasks.push_back(MakeTask(absl::StrCat(id, i), architecture, true));
    }
    test_.AddBuild(id, tasks, v1::VERIFY, {}, priority);
  };
  add("elsewhere", "amd64", 0);
  add("plain", "arm64", 0);
  add("high", "arm64", 10);
  const WorkerViews workers = {MakeWorker("amd", "amd64"),
                               MakeWorker("arm", "arm64")};
  std::map<char, int> granted;
  for (int i = 0; i < 12; ++i) {
    for (int j = 0; j < 3; ++j) ++granted[PickAndGrant(workers, 0)[0]];
    ++granted[PickAndGrant(workers, 1)[0]];
  }
  EXPECT_EQ(granted['e'], 36);
  EXPECT_NEAR(granted['p'], 4, 1);
  EXPECT_NEAR(granted['h'], 8, 1);
}

TEST_F(SchedulerTest, TenMoreOfPriorityIsTwiceTheShare) {
  for (const auto& [id, priority] :
       std::map<std::string, int>{{"high", 10}, {"none", 0}, {"low", -10}}) {
    std::vector<v1::Task> tasks;
    for (int i = 0; i < 40; ++i) tasks.push_back(MakeTask(absl::StrCat(id, i)));
    test_.AddBuild(id, tasks, v1::LAYERS, {}, priority);
  }
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  std::map<char, int> granted;
  for (int i = 0; i < 70; ++i) ++granted[PickAndGrant(workers, 0)[0]];
  EXPECT_NEAR(granted['h'], 40, 1);
  EXPECT_NEAR(granted['n'], 20, 1);
  EXPECT_NEAR(granted['l'], 10, 1);
}

TEST_F(SchedulerTest, WhatRunsGoesToTheNativeWorkerOrAnEmulatorWithoutOne) {
  test_.AddBuild("b", {MakeTask("b/verify", "arm64", true)}, v1::VERIFY);
  WorkerView both = MakeWorker("both", "amd64");
  *both.info.add_platforms() = MakeWorker("", "arm64", false).info.platforms(0);
  WorkerViews workers = {both, MakeWorker("arm", "arm64"),
                         MakeWorker("amd", "amd64")};
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_EQ(Pick(workers, 1), "b/verify");
  EXPECT_EQ(Pick(workers, 2), "none");

  workers[1].state = v1::WorkerStatus::LOST;
  EXPECT_EQ(Pick(workers, 0), "b/verify");
  EXPECT_EQ(Pick(workers, 2), "none");

  workers[1].state = v1::WorkerStatus::READY;
  workers[1].info.set_can_execute(false);
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_EQ(Pick(workers, 0), "b/verify");
}

TEST_F(SchedulerTest, FetchingPrefersTheNativeWorkerAndFallsBack) {
  test_.AddBuild("b", {MakeTask("b/layer", "arm64")}, v1::LAYERS);
  WorkerViews workers = {MakeWorker("amd", "amd64"),
                         MakeWorker("arm", "arm64")};
  EXPECT_EQ(Pick(workers, 0), "none");
  workers[1].state = v1::WorkerStatus::LOST;
  EXPECT_EQ(Pick(workers, 0), "b/layer");
  // After a restart, wait a little for the worker that was there.
  workers[1].expected = true;
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_THAT(Waiting(workers), ElementsAre(HasSubstr("come back")));
}

TEST_F(SchedulerTest, ARetryGoesElsewhereWhenThereIsAnElsewhere) {
  test_.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test_.Grant("b/1", "one");
  test_.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(12));
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_THAT(Waiting(workers), ElementsAre("retry of task b/1 in 12 s: 503"));
  test_.time += absl::Seconds(12);
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_EQ(Pick(workers, 1), "b/1");
  EXPECT_EQ(Pick({workers[0]}, 0), "b/1");
}

TEST_F(SchedulerTest, WhatWaitsForAHostIsToldOfTheHost) {
  test_.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::RESOLVE);
  const auto requeue = [&](const char* id, const std::string& url) {
    test_.Grant(id, "one");
    test_.Requeue(id, v1::Failure::TRANSIENT,
                  url + ": Failed to connect to 127.0.0.1 port 1",
                  absl::Seconds(4));
  };
  const WorkerViews workers = {MakeWorker("one", "amd64")};
  requeue("b/1", "http://127.0.0.1:1/a");
  EXPECT_THAT(Waiting(workers),
              Contains("1 item waits for 127.0.0.1:1, which is tried again in "
                       "4.0 s: Failed to connect to 127.0.0.1 port 1"));
  requeue("b/2", "http://127.0.0.1:1/b");
  EXPECT_THAT(
      Waiting(workers),
      ElementsAre("2 items wait for 127.0.0.1:1, which is tried again in "
                  "4.0 s: Failed to connect to 127.0.0.1 port 1"));
}

TEST_F(SchedulerTest, AfterAFailureNothingNewIsGrantedPastResolve) {
  test_.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2"), MakeTask("b/3")},
                 v1::LAYERS);
  test_.AddBuild("r", {MakeTask("r/1"), MakeTask("r/2")}, v1::RESOLVE);
  for (const char* id : {"b/1", "b/2", "r/1"}) test_.Grant(id, "w");
  test_.Fail("b/1", {});
  test_.Fail("r/1", {});
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "r/2");
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_THAT(Waiting(workers), ElementsAre(HasSubstr("1 running task")));
}

TEST_F(SchedulerTest, SaysWhatIsMissing) {
  test_.AddBuild("b", {MakeTask("b/verify", "arm64", true)}, v1::VERIFY);
  WorkerViews workers = {MakeWorker("amd", "amd64")};
  EXPECT_THAT(Waiting(workers),
              ElementsAre("verify linux/arm64: no arm64 worker is connected; "
                          "start one with kso-worker --platform linux/arm64"));
  workers.push_back(MakeWorker("arm", "arm64"));
  workers[1].info.set_can_execute(false);
  workers[1].info.set_cannot_execute_reason("runc is not installed");
  EXPECT_THAT(Waiting(workers),
              ElementsAre(HasSubstr("arm cannot run images: runc is not")));
  workers[1].info.set_can_execute(true);
  EXPECT_THAT(Waiting(workers), ElementsAre("1 task waits for a free slot"));
  test_.AddBuild("other", {MakeTask("other/1")}, v1::LAYERS);
  test_.Grant("other/1", "arm");
  workers[0].state = v1::WorkerStatus::UNHEALTHY;
  workers[0].reason = "3 tasks in a row failed on it";
  workers[0].quarantined_until = test_.time + absl::Seconds(12);
  EXPECT_THAT(Waiting(workers),
              ElementsAre("1 task waits for a free slot; in use: 1 by build "
                          "other; worker amd: 3 tasks in a row failed on it; "
                          "it is tried again in 12 s"));
  test_.Grant("b/verify", "arm");
  EXPECT_THAT(Waiting(workers), IsEmpty());
}

TEST_F(SchedulerTest, OfIdenticalTasksOneRuns) {
  v1::Task first = MakeTask("b/1");
  v1::Task second = MakeTask("other/1");
  *second.mutable_make_layer() = first.make_layer();
  test_.AddBuild("other", {second}, v1::LAYERS);
  test_.AddBuild("b", {first}, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "other/1");
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_THAT(Waiting(workers),
              ElementsAre("1 task waits for an identical one of build other, "
                          "to share what comes of it"));
  // An identical task waits as long.
  test_.Requeue("other/1", v1::Failure::TRANSIENT, "503", absl::Seconds(4));
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_THAT(Waiting(workers), ElementsAre("retry of task b/1 in 4.0 s: 503"));
  test_.time += absl::Seconds(4);
  EXPECT_EQ(PickAndGrant(workers, 1), "b/1");
  EXPECT_EQ(Pick(workers, 0), "none");
  test_.Cancel("b");
  EXPECT_EQ(PickAndGrant(workers, 1), "other/1");
}

TEST_F(SchedulerTest, SaysThatThereIsNobody) {
  test_.AddBuild("b", {MakeTask("b/1")}, v1::RESOLVE);
  EXPECT_THAT(Waiting({}), ElementsAre("resolve: no worker is connected; start "
                                       "one with kso-worker"));
}

TEST_F(SchedulerTest, OfAWorkerThatIsNotReadyOneReasonIsSaid) {
  test_.AddBuild("b", {MakeTask("b/verify", "arm64", true)}, v1::VERIFY);
  WorkerViews workers = {MakeWorker("arm", "arm64")};
  workers[0].info.set_can_execute(false);
  workers[0].info.set_cannot_execute_reason("runc is not installed");
  workers[0].state = v1::WorkerStatus::UNHEALTHY;
  workers[0].reason = "disk full";
  EXPECT_THAT(Waiting(workers),
              ElementsAre("verify linux/arm64: no arm64 worker is ready "
                          "(worker arm: disk full); start one with kso-worker "
                          "--platform linux/arm64"));
  workers[0].state = v1::WorkerStatus::DRAINING;
  EXPECT_THAT(Waiting(workers), ElementsAre(HasSubstr("(worker arm drains)")));
  // Once it is back, what keeps it from running images is said.
  workers[0].state = v1::WorkerStatus::READY;
  EXPECT_THAT(Waiting(workers),
              ElementsAre(HasSubstr("(worker arm cannot run images: runc is "
                                    "not installed)")));
}

}  // namespace
}  // namespace kso::coordinator
