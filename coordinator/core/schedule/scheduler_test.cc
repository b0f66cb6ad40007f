// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/scheduler.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "coordinator/core/schedule/host_gate.h"
#include "coordinator/core/schedule/rate_budget.h"
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
    const Scheduler::Choice choice = scheduler_.Pick(
        test_.state, pool, *pool.Find(workers[worker].info.name()));
    for_others_ = choice.for_others;
    return choice.task == nullptr ? "none" : choice.task->id;
  }
  std::string PickAndGrant(const WorkerViews& workers, size_t worker) {
    const std::string task = Pick(workers, worker);
    if (task != "none") test_.Grant(task, workers[worker].info.name());
    return task;
  }
  std::vector<std::string> Waiting(const WorkerViews& workers,
                                   const HostGate* gate = nullptr) {
    test_.state.AdvanceTo(test_.time);
    return WaitingReasons(test_.state, *test_.state.FindBuild("b"),
                          PoolOf(workers), test_.time, gate);
  }
  void AddTasks(const std::string& build, v1::Phase phase,
                const std::vector<v1::Task>& tasks) {
    v1::JournalRecord entered;
    entered.mutable_phase_entered()->set_build_id(build);
    entered.mutable_phase_entered()->set_phase(phase);
    test_.Apply(entered);
    v1::JournalRecord added;
    added.mutable_tasks_added()->set_build_id(build);
    added.mutable_tasks_added()->set_phase(phase);
    *added.mutable_tasks_added()->mutable_tasks() = {tasks.begin(),
                                                     tasks.end()};
    test_.Apply(added);
  }
  // Has the worker make the layer.
  void Make(const std::string& task, const std::string& worker) {
    test_.Grant(task, worker);
    test_.Finish(task, {});
  }

  TestState test_;
  // Of the last choice.
  bool for_others_ = false;
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

TEST_F(SchedulerTest, AWorkerThatIsNotReadyGetsNothing) {
  test_.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  WorkerViews workers = {MakeWorker("w", "amd64")};
  workers[0].state = v1::WorkerStatus::DRAINING;
  EXPECT_EQ(Pick(workers, 0), "none");
  workers[0].state = v1::WorkerStatus::READY;
  EXPECT_EQ(Pick(workers, 0), "b/1");
  EXPECT_FALSE(for_others_);
}

TEST_F(SchedulerTest, TwoWorkersShareABuild) {
  test_.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/1");
  EXPECT_EQ(PickAndGrant(workers, 1), "b/2");
}

// A task that sends requests to the host.
v1::Task TaskAt(const std::string& host, const std::string& id,
                int64_t weight = 0) {
  v1::Task task = MakeTask(id, "", false, weight);
  task.mutable_make_layer()->add_members()->mutable_file()->set_url(
      "https://" + host + "/" + id);
  return task;
}

TEST_F(SchedulerTest, OfTasksForSeveralHostsTheHeaviestIsFirst) {
  test_.AddBuild("b",
                 {TaskAt("a.example", "b/1", 9), TaskAt("b.example", "b/2", 5),
                  TaskAt("c.example", "b/3", 12)},
                 v1::LAYERS);
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/3");
  EXPECT_EQ(PickAndGrant(workers, 0), "b/1");
  EXPECT_EQ(PickAndGrant(workers, 0), "b/2");
}

TEST_F(SchedulerTest, TasksOfTheWorkersOwnPlatformAreFirst) {
  test_.AddBuild(
      "b",
      {MakeTask("b/any", "", false, 100), MakeTask("b/amd", "amd64", false, 1),
       MakeTask("b/amd-2", "amd64", false, 2),
       MakeTask("b/arm", "arm64", false, 50)},
      v1::LAYERS);
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/amd-2");
  EXPECT_EQ(PickAndGrant(workers, 0), "b/amd");
  // No worker is better for arm64, so it counts as work for any.
  EXPECT_EQ(PickAndGrant(workers, 0), "b/any");
  EXPECT_EQ(PickAndGrant(workers, 0), "b/arm");
}

TEST_F(SchedulerTest, AWorkerThatMayNotHaveATaskIsPassedOver) {
  v1::Task copy = MakeTask("b/copy", "", false, 9);
  copy.add_not_by("one");
  copy.add_not_by("two");
  test_.AddBuild("b", {copy, MakeTask("b/1", "", false, 5)}, v1::LAYERS);
  const WorkerViews two = {MakeWorker("one", "amd64"),
                           MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(two, 0), "b/1");
  EXPECT_TRUE(for_others_);
  EXPECT_EQ(Pick(two, 1), "none");
  EXPECT_TRUE(for_others_);
  EXPECT_THAT(
      Waiting(two),
      ElementsAre("1 task waits: crossCheck needs another worker than one and "
                  "two, which made these layers; start one with kso-worker, or "
                  "build without crossCheck"));
  // One that takes nothing is no other worker.
  WorkerViews leaving = two;
  leaving.push_back(MakeWorker("three", "amd64"));
  leaving[2].state = v1::WorkerStatus::DRAINING;
  EXPECT_THAT(
      Waiting(leaving),
      ElementsAre(HasSubstr("crossCheck needs another worker than one and")));
  const WorkerViews three = {MakeWorker("one", "amd64"),
                             MakeWorker("three", "amd64")};
  EXPECT_THAT(Waiting(three), ElementsAre(HasSubstr("a free slot")));
  EXPECT_EQ(Pick(three, 1), "b/copy");
}

TEST_F(SchedulerTest, ToCompareALayerAWorkerOfItsPlatformIsNeeded) {
  v1::Task copy = MakeTask("b/1", "arm64");
  v1::Task other = MakeTask("b/2", "arm64");
  for (v1::Task* task : {&copy, &other}) task->add_not_by("arm");
  other.mutable_make_layer()->add_members()->mutable_file()->set_url(
      "https://a.example/b");
  test_.AddBuild("b", {copy, other}, v1::LAYERS);
  EXPECT_THAT(
      Waiting({MakeWorker("amd", "amd64"), MakeWorker("arm", "arm64")}),
      ElementsAre("2 tasks wait: crossCheck needs another worker for "
                  "linux/arm64 than arm, which made these layers; start one "
                  "with kso-worker, or build without crossCheck"));
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
  // Nobody waits for a worker that takes nothing, or that is gone.
  workers[0].state = v1::WorkerStatus::DRAINING;
  EXPECT_EQ(Pick(workers, 1), "b/packed");
  EXPECT_EQ(Pick({workers[1]}, 0), "b/packed");
}

TEST_F(SchedulerTest, WhatWasFetchedByAWorkerThatFitsLessIsFetchedAgain) {
  v1::Task copy = MakeTask("b/copy", "arm64", false, 9);
  v1::Task packed = MakeTask("b/packed", "arm64", false, 8);
  copy.set_fetch_group(1);
  packed.set_fetch_group(1);
  test_.AddBuild("b", {copy, packed}, v1::LAYERS);
  WorkerViews workers = {MakeWorker("amd", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/copy");
  workers.push_back(MakeWorker("arm", "arm64"));
  EXPECT_EQ(Pick(workers, 1), "b/packed");
}

TEST_F(SchedulerTest, WhatMayNotGoWhereItWasFetchedGoesElsewhere) {
  v1::Task original = MakeTask("b/original", "", false, 9);
  v1::Task packed = MakeTask("b/packed", "", false, 8);
  original.set_fetch_group(1);
  packed.set_fetch_group(1);
  packed.add_not_by("one");
  test_.AddBuild("b", {original, packed}, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/original");
  EXPECT_EQ(Pick(workers, 1), "b/packed");
}

TEST_F(SchedulerTest, ALayerThatIsMadeToBeComparedKeepsNothingForLater) {
  v1::Task again = MakeTask("b/again", "", false, 9);
  again.mutable_make_layer()->set_copy_of("b/original");
  again.set_fetch_group(1);
  v1::Task packed = MakeTask("b/packed", "", false, 8);
  packed.set_fetch_group(1);
  test_.AddBuild("b", {again, packed}, v1::LAYERS);
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/again");
  EXPECT_EQ(Pick(workers, 1), "b/packed");
}

v1::Task VerifyTask(const std::string& id) {
  v1::Task task = MakeTask(id, "amd64", true);
  task.mutable_verify_image()->set_image(id);
  return task;
}

TEST_F(SchedulerTest, AnImageIsVerifiedByTheWorkerThatMadeLeastOfIt) {
  v1::Task again = MakeTask("b/again", "", false, 100);
  again.mutable_make_layer()->set_copy_of("b/large");
  test_.AddBuild(
      "b",
      {MakeTask("b/large", "", false, 9), MakeTask("b/small", "", false, 5),
       MakeTask("b/tiny", "", false, 3), again},
      v1::LAYERS);
  Make("b/large", "one");
  Make("b/small", "two");
  Make("b/tiny", "two");
  // A layer that is made to be compared is not in the image.
  Make("b/again", "two");
  AddTasks("b", v1::VERIFY, {VerifyTask("b/verify")});
  WorkerViews workers = {MakeWorker("one", "amd64"),
                         MakeWorker("two", "amd64")};
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_EQ(Pick(workers, 1), "b/verify");
  // One that made nothing comes before both.
  workers.push_back(MakeWorker("three", "amd64"));
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_EQ(Pick(workers, 2), "b/verify");
  // Nobody waits for one that is lost, or cannot run the image.
  workers[2].state = v1::WorkerStatus::LOST;
  EXPECT_EQ(Pick(workers, 1), "b/verify");
  workers[2] = MakeWorker("three", "arm64");
  EXPECT_EQ(Pick(workers, 1), "b/verify");
  // Nor for one on which it has just failed.
  test_.Grant("b/verify", "two");
  test_.Requeue("b/verify", v1::Failure::TRANSIENT, "503",
                absl::ZeroDuration());
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_EQ(Pick(workers, 0), "b/verify");
}

TEST_F(SchedulerTest, WhoMadeAnEmptyLayerMadeSomething) {
  test_.AddBuild("b", {MakeTask("b/empty")}, v1::LAYERS);
  Make("b/empty", "one");
  AddTasks("b", v1::VERIFY, {VerifyTask("b/verify")});
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(Pick(workers, 0), "none");
  EXPECT_EQ(Pick(workers, 1), "b/verify");
  EXPECT_EQ(Pick({workers[0]}, 0), "b/verify");
}

TEST_F(SchedulerTest, TheSearchForATaskEnds) {
  // So many tasks that failed on the worker, and a lighter one that did not.
  const auto pick_behind = [](int failed) {
    TestState test;
    std::vector<v1::Task> tasks = {MakeTask("b/fresh", "", false, 1)};
    for (int i = 0; i < failed; ++i) {
      tasks.push_back(MakeTask(absl::StrCat("b/", i), "", false, 9));
    }
    test.AddBuild("b", tasks, v1::LAYERS);
    for (int i = 0; i < failed; ++i) {
      test.Grant(absl::StrCat("b/", i), "one");
      test.Requeue(absl::StrCat("b/", i), v1::Failure::TRANSIENT, "503",
                   absl::ZeroDuration());
    }
    const WorkerViews workers = {MakeWorker("one", "amd64"),
                                 MakeWorker("two", "amd64")};
    const WorkerPool pool = PoolOf(workers);
    Scheduler scheduler;
    const Scheduler::Choice choice =
        scheduler.Pick(test.state, pool, *pool.Find("one"));
    EXPECT_TRUE(choice.for_others);
    return choice.task != nullptr;
  };
  EXPECT_TRUE(pick_behind(1));
  EXPECT_TRUE(pick_behind(63));
  EXPECT_FALSE(pick_behind(64));
}

TEST_F(SchedulerTest, WhatIsFetchedInCommonStaysTogetherInEachBuild) {
  for (const std::string build : {"b", "c"}) {
    v1::Task first = MakeTask(build + "/first", "", false, 9);
    v1::Task second = MakeTask(build + "/second", "", false, 8);
    first.set_fetch_group(1);
    second.set_fetch_group(1);
    test_.AddBuild(build, {first, second}, v1::LAYERS);
  }
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(PickAndGrant(workers, 0), "b/first");
  // The other build is not held by it.
  EXPECT_EQ(PickAndGrant(workers, 1), "c/first");
  EXPECT_EQ(PickAndGrant(workers, 1), "c/second");
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_EQ(Pick(workers, 0), "b/second");
}

TEST_F(SchedulerTest, WhatIsFetchedByOneWorkerIsKeptForItWhenItHasMadeIt) {
  v1::Task first = MakeTask("b/first", "", false, 9);
  v1::Task second = MakeTask("b/second", "", false, 8);
  first.set_fetch_group(1);
  second.set_fetch_group(1);
  test_.AddBuild("b", {first, second}, v1::LAYERS);
  Make("b/first", "one");
  const WorkerViews workers = {MakeWorker("one", "amd64"),
                               MakeWorker("two", "amd64")};
  EXPECT_EQ(Pick(workers, 1), "none");
  EXPECT_EQ(Pick(workers, 0), "b/second");
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
  EXPECT_TRUE(for_others_);
  EXPECT_EQ(Pick(workers, 1), "b/1");
  EXPECT_FALSE(for_others_);
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
  EXPECT_THAT(Waiting(workers),
              ElementsAre("a task has failed; 1 running task will finish "
                          "before the build ends"));
  test_.Finish("b/2", {});
  EXPECT_THAT(Waiting(workers), IsEmpty());
}

TEST_F(SchedulerTest, ABuildThatHasEndedWaitsForNothing) {
  test_.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test_.Grant("b/1", "w");
  test_.Cancel("b");
  EXPECT_THAT(Waiting({MakeWorker("w", "amd64")}), IsEmpty());
  EXPECT_THAT(Waiting({}), IsEmpty());
}

TEST_F(SchedulerTest, TheBuildsThatHaveMostSlotsAreNamed) {
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  test_.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2"), MakeTask("b/3")},
                 v1::LAYERS);
  const auto add = [&](const std::string& build, int leased) {
    std::vector<v1::Task> tasks;
    for (int i = 0; i < leased; ++i) {
      tasks.push_back(MakeTask(absl::StrCat(build, "/", i)));
    }
    test_.AddBuild(build, tasks, v1::LAYERS);
    for (const v1::Task& task : tasks) test_.Grant(task.task_id(), "w");
  };
  EXPECT_THAT(Waiting(workers), ElementsAre("3 tasks wait for a free slot"));
  add("one", 1);
  add("two", 2);
  EXPECT_THAT(Waiting(workers),
              ElementsAre("3 tasks wait for a free slot; in use: 2 by build "
                          "two, 1 by build one"));
  test_.Grant("b/3", "w");
  EXPECT_THAT(Waiting(workers),
              ElementsAre("2 tasks wait for a free slot; in use: 2 by build "
                          "two, 1 by build one, 1 by this build"));
  add("three", 3);
  EXPECT_THAT(Waiting(workers),
              ElementsAre("2 tasks wait for a free slot; in use: 3 by build "
                          "three, 2 by build two, 1 by build one, and 1 more"));
  test_.Grant("b/2", "w");
  test_.Grant("b/1", "w");
  EXPECT_THAT(Waiting(workers), IsEmpty());
}

TEST_F(SchedulerTest, OfManyWorkersThatAreNotReadySomeAreNamed) {
  test_.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  WorkerViews workers;
  for (const char* name : {"a", "b", "c", "d"}) {
    workers.push_back(MakeWorker(name, "amd64"));
    workers.back().state = v1::WorkerStatus::DRAINING;
  }
  EXPECT_THAT(Waiting(workers),
              ElementsAre("layers: no worker is ready (worker a drains; worker "
                          "b drains; worker c drains; and 1 more); start one "
                          "with kso-worker"));
}

TEST_F(SchedulerTest, TasksThatMissTheSameAreOneSentence) {
  v1::Task other = MakeTask("b/2", "arm64", true);
  other.mutable_make_layer()->add_members()->mutable_file()->set_url(
      "https://a.example/b");
  test_.AddBuild("b", {MakeTask("b/1", "arm64", true), other}, v1::VERIFY);
  EXPECT_THAT(Waiting({}),
              ElementsAre(HasSubstr("no arm64 worker is connected")));
}

TEST_F(SchedulerTest, WhereThePlatformDoesNotMatterItIsNotAskedFor) {
  test_.AddBuild("b", {MakeTask("b/1", "arm64")}, v1::LAYERS);
  EXPECT_THAT(Waiting({}),
              ElementsAre("layers linux/arm64: no worker is connected; start "
                          "one with kso-worker"));
}

TEST_F(SchedulerTest, WhatRunsOnAnyPlatformNeedsAWorkerThatRunsImages) {
  test_.AddBuild("b", {MakeTask("b/1", "", true)}, v1::VERIFY);
  WorkerViews workers = {MakeWorker("w", "amd64")};
  workers[0].info.set_can_execute(false);
  EXPECT_THAT(Waiting(workers),
              ElementsAre("verify: no worker is ready (worker w cannot run "
                          "images); start one with kso-worker"));
}

TEST_F(SchedulerTest, SaysWhoseResultsAreWaitedFor) {
  const auto twin = [](const std::string& id, const std::string& work) {
    v1::Task task = MakeTask(id);
    task.mutable_make_layer()->set_image(work);
    return task;
  };
  test_.AddBuild("other", {twin("other/1", "x"), twin("other/2", "y")},
                 v1::LAYERS);
  test_.AddBuild(
      "b",
      {twin("b/1", "x"), twin("b/2", "y"), twin("b/3", "z"), twin("b/4", "z")},
      v1::LAYERS);
  for (const char* id : {"other/1", "other/2", "b/3"}) test_.Grant(id, "w");
  EXPECT_THAT(Waiting({MakeWorker("w", "amd64")}),
              ElementsAre("2 tasks wait for identical ones of build other, to "
                          "share what comes of them",
                          "1 task waits for an identical one, to share what "
                          "comes of it"));
}

TEST_F(SchedulerTest, OfManyRetriesTheNextAreNamed) {
  std::vector<v1::Task> tasks;
  for (int i = 1; i <= 6; ++i) {
    tasks.push_back(MakeTask(absl::StrCat("b/", i)));
  }
  test_.AddBuild("b", tasks, v1::LAYERS);
  const auto requeue = [&](int i, const std::string& reason) {
    const std::string id = absl::StrCat("b/", i);
    test_.Grant(id, "w");
    test_.Requeue(id, v1::Failure::TRANSIENT, reason, absl::Seconds(i));
  };
  const auto waiting = [&] {
    std::vector<std::string> retries;
    for (const std::string& text : Waiting({MakeWorker("w", "amd64")})) {
      if (text.find("free slot") == std::string::npos) retries.push_back(text);
    }
    return retries;
  };
  const std::string first = "retry of task b/1 in 1.0 s: 503";
  const std::string second = "retry of task b/2 in 2.0 s: 503";
  const std::string third = "retry of task b/3 in 3.0 s: 503";
  for (const int i : {1, 2, 3}) requeue(i, "503");
  EXPECT_THAT(waiting(), ElementsAre(first, second, third));
  requeue(4, "503");
  EXPECT_THAT(waiting(), ElementsAre(first, second, third,
                                     "1 more task waits for a retry"));
  // Two that wait for one host are two.
  for (const int i : {5, 6}) requeue(i, "https://a.example/b: HTTP 503");
  EXPECT_THAT(waiting(), ElementsAre(first, second, third,
                                     "3 more tasks wait for a retry"));
}

TEST_F(SchedulerTest, SaysWhichHostHoldsTasksBack) {
  test_.AddBuild("b",
                 {TaskAt("a.example", "b/1"), TaskAt("a.example", "b/2"),
                  TaskAt("b.example", "b/3")},
                 v1::LAYERS);
  RateBudget budget;
  v1::HostReport report;
  report.set_host("a.example");
  *report.mutable_retry_after() = ToProto(absl::Seconds(30));
  budget.Observe("w", "s", report, [] { return 0; }, test_.time);
  const HostGate gate(&test_.state, &budget, test_.time);
  const WorkerViews workers = {MakeWorker("w", "amd64")};
  EXPECT_THAT(Waiting(workers, &gate),
              ElementsAre("2 tasks wait: a.example wants no request for 30 s",
                          "1 task waits for a free slot"));
  // Of a task alone, too.
  const auto why = [&](const char* id, const WorkerViews& views) {
    const TaskEntry& task = *test_.state.FindTask(id);
    return WhyDemandWaits(*task.demand, task.phase, PoolOf(views), test_.time,
                          &gate);
  };
  EXPECT_EQ(why("b/1", workers), "a.example wants no request for 30 s");
  EXPECT_EQ(why("b/3", workers), "a free slot");
  EXPECT_EQ(why("b/3", {}),
            "layers: no worker is connected; start one with kso-worker");
  // The scheduler holds them back.
  Scheduler scheduler;
  const WorkerPool pool = PoolOf(workers);
  EXPECT_EQ(scheduler.Pick(test_.state, pool, *pool.Find("w"), &gate).task->id,
            "b/3");
}

TEST_F(SchedulerTest, OfATaskThatMayNotGoToTheOnlyWorkerItIsSaid) {
  v1::Task copy = MakeTask("b/copy");
  copy.add_not_by("one");
  test_.AddBuild("b", {copy}, v1::LAYERS);
  const TaskEntry& task = *test_.state.FindTask("b/copy");
  const WorkerViews workers = {MakeWorker("one", "amd64")};
  EXPECT_THAT(WhyDemandWaits(*task.demand, task.phase, PoolOf(workers),
                             test_.time, nullptr),
              HasSubstr("crossCheck needs another worker than one"));
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

class HostGateTest : public ::testing::Test {
 protected:
  // The host refuses, with so many tasks running at it.
  void Refuse(const std::string& host, int running) {
    v1::HostReport report;
    report.set_host(host);
    report.set_refusals(1);
    budget_.Observe("w", "s", report, [&] { return running; }, test_.time);
  }
  HostGate Gate() { return HostGate(&test_.state, &budget_, test_.time); }
  const Demand& DemandOf(const std::string& id) {
    return *test_.state.FindTask(id)->demand;
  }
  // "HOST: TASKS running, TASKS waiting" of each.
  std::vector<std::string> Limits(const BuildEntry* build) {
    std::vector<std::string> texts;
    for (const v1::HostLimit& limit : Gate().Limits(build)) {
      texts.push_back(absl::StrCat(limit.host(), ": ", limit.tasks_running(),
                                   " running, ", limit.tasks_waiting(),
                                   " waiting"));
    }
    return texts;
  }

  TestState test_;
  RateBudget budget_;
};

TEST_F(HostGateTest, WhatIsStartedInTheSameTurnCounts) {
  test_.AddBuild("b",
                 {TaskAt("a.example", "b/1"), TaskAt("a.example", "b/2"),
                  TaskAt("a.example", "b/3"), TaskAt("b.example", "b/4")},
                 v1::LAYERS);
  Refuse("a.example", 4);
  test_.time += absl::Seconds(1);
  test_.Grant("b/1", "w");
  HostGate gate = Gate();
  EXPECT_FALSE(gate.WhyNot(DemandOf("b/2")).has_value());
  test_.Grant("b/2", "w");
  gate.Started(*test_.state.FindTask("b/2"));
  EXPECT_EQ(gate.LoadOf("a.example").tasks, 2);
  EXPECT_EQ(gate.WhyNot(DemandOf("b/3")).value_or(""),
            "a.example has refused requests as too many and serves 2 tasks at "
            "a time");
  EXPECT_FALSE(gate.WhyNot(DemandOf("b/4")).has_value());
  EXPECT_EQ(gate.LoadOf("b.example").tasks, 0);
  // A task that starts before anybody asks is counted with the others, once.
  HostGate later = Gate();
  test_.Grant("b/3", "w");
  later.Started(*test_.state.FindTask("b/3"));
  EXPECT_EQ(later.LoadOf("a.example").tasks, 3);
  EXPECT_EQ(later.LoadOf("a.example").manifests, 0);
}

TEST_F(HostGateTest, TasksThatAskForManifestsAreCountedApart) {
  v1::Task resolve;
  resolve.set_task_id("b/1");
  resolve.mutable_resolve_image()->set_reference("quay.io/a/b:1");
  test_.AddBuild("b", {resolve}, v1::RESOLVE);
  test_.Grant("b/1", "w");
  EXPECT_EQ(Gate().LoadOf("quay.io").tasks, 1);
  EXPECT_EQ(Gate().LoadOf("quay.io").manifests, 1);
}

TEST_F(HostGateTest, TheLimitsOfABuildAreThoseOfItsHosts) {
  test_.AddBuild("b",
                 {TaskAt("a.example", "b/1"), TaskAt("a.example", "b/2"),
                  TaskAt("a.example", "b/3"), TaskAt("quiet.example", "b/4")},
                 v1::LAYERS);
  test_.AddBuild("c", {TaskAt("b.example", "c/1"), TaskAt("b.example", "c/2")},
                 v1::LAYERS);
  EXPECT_THAT(Limits(nullptr), IsEmpty());
  for (const char* host : {"a.example", "b.example", "c.example"}) {
    Refuse(host, 2);
  }
  test_.Grant("b/1", "w");
  test_.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(60));
  test_.Grant("c/1", "w");
  test_.Grant("c/2", "w");
  const std::string a = "a.example: 0 running, 3 waiting";
  const std::string b = "b.example: 2 running, 0 waiting";
  EXPECT_THAT(Limits(nullptr),
              ElementsAre(a, b, "c.example: 0 running, 0 waiting"));
  EXPECT_THAT(Limits(test_.state.FindBuild("b")), ElementsAre(a));
  EXPECT_THAT(Limits(test_.state.FindBuild("c")), ElementsAre(b));
}

}  // namespace
}  // namespace kso::coordinator
