// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/cross_check.h"

#include <string>
#include <vector>

#include "coordinator/core/flow/build_flow.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class CrossCheckTest : public ::testing::Test {
 protected:
  CrossCheckTest() {
    v1::Release release;
    release.set_cross_check(true);
    test_.AddBuild("b", {MakeTask("b/layer/1"), MakeTask("b/layer/2")},
                   v1::LAYERS, release);
  }

  const BuildEntry& build() const { return *test_.state.FindBuild("b"); }
  CrossCheck Compare() {
    test_.state.AdvanceTo(test_.time);
    return CompareLayers(build(), PoolOf(workers_));
  }
  // The worker makes the layer, from a file of that content.
  void Make(const std::string& task, const std::string& worker,
            const std::string& layer, const std::string& file = "") {
    v1::TaskResult result;
    v1::MadeLayer& made = *result.mutable_made_layer();
    made.mutable_layer()->set_digest("sha256:" + layer);
    made.set_diff_id("sha256:diff-" + layer);
    v1::MadeMember& member = *made.add_members();
    member.set_path("opt/k8s/kubelet");
    member.set_digest("sha256:" + (file.empty() ? layer : file));
    test_.Grant(task, worker);
    test_.Finish(task, result);
  }
  void Add(const std::vector<v1::Task>& tasks) {
    v1::JournalRecord record;
    record.mutable_tasks_added()->set_build_id("b");
    record.mutable_tasks_added()->set_phase(v1::LAYERS);
    *record.mutable_tasks_added()->mutable_tasks() = {tasks.begin(),
                                                      tasks.end()};
    test_.Apply(record);
  }
  // Both layers are made by "one", and "two" makes them again.
  void MakeTwice(const std::string& layer_of_two,
                 const std::string& file = "") {
    Make("b/layer/1", "one", "aa", "f");
    Make("b/layer/2", "one", "bb");
    Add(Compare().tasks);
    Make("b/layer/1/copy-1", "two", layer_of_two, file);
    Make("b/layer/2/copy-1", "two", "bb");
  }

  TestState test_;
  WorkerViews workers_ = {MakeWorker("one", "amd64"),
                          MakeWorker("two", "amd64")};
};

TEST_F(CrossCheckTest, EachLayerIsMadeAgainByAnotherWorker) {
  Make("b/layer/1", "one", "aa");
  Make("b/layer/2", "two", "bb");
  const CrossCheck check = Compare();
  EXPECT_THAT(check.failures, IsEmpty());
  ASSERT_THAT(check.tasks, SizeIs(2));
  EXPECT_EQ(check.tasks[0].task_id(), "b/layer/1/copy-1");
  EXPECT_EQ(check.tasks[0].make_layer().copy_of(), "b/layer/1");
  EXPECT_THAT(check.tasks[0].not_by(), ElementsAre("one"));
  EXPECT_THAT(check.tasks[1].not_by(), ElementsAre("two"));
}

TEST_F(CrossCheckTest, ACopyIsTheSameWorkUnderAnotherName) {
  v1::Task layer = MakeTask("b/layer/3");
  layer.set_fetch_group(7);
  Add({layer});
  Make("b/layer/3", "one", "cc");
  const CrossCheck check = Compare();
  ASSERT_THAT(check.tasks, SizeIs(1));
  EXPECT_EQ(check.tasks[0].name(), "task b/layer/3 (again, to compare)");
  EXPECT_EQ(check.tasks[0].fetch_group(), 0);
  EXPECT_EQ(check.tasks[0].make_layer().image(), "b/layer/3");
}

TEST_F(CrossCheckTest, WhatNoWorkerMadeForItIsNotCompared) {
  // It is taken over from the destination.
  v1::JournalRecord record;
  record.mutable_tasks_added()->set_build_id("b");
  record.mutable_tasks_added()->set_phase(v1::LAYERS);
  *record.mutable_tasks_added()->add_tasks() = MakeTask("b/layer/3");
  v1::ReusedResult& reused =
      (*record.mutable_tasks_added()->mutable_reused())["b/layer/3"];
  reused.set_worker("one");
  reused.mutable_result()->mutable_made_layer();
  test_.Apply(record);
  v1::Task base;
  base.set_task_id("b/base");
  base.mutable_copy_blobs();
  Add({base});
  v1::TaskResult copied;
  copied.mutable_copied_blobs();
  test_.Grant("b/base", "one");
  test_.Finish("b/base", copied);
  EXPECT_THAT(Compare().tasks, IsEmpty());
}

TEST_F(CrossCheckTest, WhereTwoAgreeTheBuildGoesOn) {
  MakeTwice("aa", "f");
  const CrossCheck check = Compare();
  EXPECT_THAT(check.tasks, IsEmpty());
  EXPECT_THAT(check.failures, IsEmpty());
  EXPECT_THAT(RedoDifferent(build()), IsEmpty());
  // Copies are no part of the images.
  EXPECT_THAT(LayersOf(build()), SizeIs(2));
}

TEST_F(CrossCheckTest, TwoThatDifferAreBothNamedAndNeitherIsBlamed) {
  MakeTwice("cc", "g");
  const CrossCheck check = Compare();
  EXPECT_THAT(check.tasks, IsEmpty());
  ASSERT_THAT(check.failures, SizeIs(1));
  const v1::Failure& failure = check.failures[0];
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.item(), "task b/layer/1");
  EXPECT_THAT(failure.reason(),
              AllOf(HasSubstr("one sha256:aa, two sha256:cc"),
                    HasSubstr("opt/k8s/kubelet (one: sha256:f, two: sha256:g)"),
                    Not(HasSubstr("alone"))));
  EXPECT_THAT(failure.advice(),
              AllOf(HasSubstr("third worker"), HasSubstr("ksoctl retry b")));
}

TEST_F(CrossCheckTest, ALayerOfTheSameFilesThatDiffersIsALie) {
  MakeTwice("cc", "f");
  EXPECT_THAT(Compare().failures[0].reason(),
              HasSubstr("does not pack what it says"));
}

TEST_F(CrossCheckTest, AFewOfTheFilesThatDifferAreNamed) {
  const auto differing = [&](int files) {
    const auto make = [&](const std::string& task, const std::string& worker) {
      v1::TaskResult result;
      v1::MadeLayer& made = *result.mutable_made_layer();
      made.mutable_layer()->set_digest("sha256:" + worker);
      for (int i = 0; i < 5; ++i) {
        v1::MadeMember& member = *made.add_members();
        member.set_path("opt/" + std::to_string(i));
        member.set_digest(i < files ? "by " + worker : "the same");
      }
      test_.Grant(task, worker);
      test_.Finish(task, result);
    };
    const std::string id = "b/of/" + std::to_string(files);
    Add({MakeTask(id)});
    make(id, "one");
    Add(Compare().tasks);
    make(id + "/copy-1", "two");
    for (const v1::Failure& failure : Compare().failures) {
      if (failure.item() == "task " + id) return failure.reason();
    }
    return std::string();
  };
  EXPECT_THAT(differing(1),
              AllOf(HasSubstr("these files differ: opt/0 (one: by one, two: by "
                              "two)"),
                    Not(HasSubstr("opt/1")), Not(HasSubstr("more"))));
  EXPECT_THAT(differing(3),
              AllOf(HasSubstr("opt/2 ("), Not(HasSubstr("more"))));
  EXPECT_THAT(differing(4),
              AllOf(HasSubstr("opt/2 ("), Not(HasSubstr("opt/3 (")),
                    HasSubstr(" and 1 more")));
}

TEST_F(CrossCheckTest, LayersOfOneDigestAreOfOneContent) {
  Make("b/layer/1", "one", "aa");
  Make("b/layer/2", "one", "bb");
  Add(Compare().tasks);
  v1::TaskResult result;
  result.mutable_made_layer()->mutable_layer()->set_digest("sha256:aa");
  result.mutable_made_layer()->set_diff_id("sha256:another");
  test_.Grant("b/layer/1/copy-1", "two");
  test_.Finish("b/layer/1/copy-1", result);
  Make("b/layer/2/copy-1", "two", "bb");
  EXPECT_THAT(Compare().failures, SizeIs(1));
}

TEST_F(CrossCheckTest, AThirdWorkerDecides) {
  workers_.push_back(MakeWorker("three", "amd64"));
  MakeTwice("cc", "g");
  const CrossCheck third = Compare();
  ASSERT_THAT(third.tasks, SizeIs(1));
  EXPECT_THAT(third.tasks[0].not_by(), ElementsAre("one", "two"));
  Add(third.tasks);
  Make("b/layer/1/copy-2", "three", "aa", "f");
  const CrossCheck decided = Compare();
  EXPECT_THAT(decided.tasks, IsEmpty());
  ASSERT_THAT(decided.failures, SizeIs(1));
  EXPECT_THAT(decided.failures[0].reason(), HasSubstr("two stands alone"));
  EXPECT_THAT(decided.failures[0].advice(),
              HasSubstr("ksoctl workers distrust two"));
}

TEST_F(CrossCheckTest, WhereAllThreeDifferNobodyStandsAlone) {
  workers_.push_back(MakeWorker("three", "amd64"));
  MakeTwice("cc", "g");
  Add(Compare().tasks);
  Make("b/layer/1/copy-2", "three", "dd", "h");
  EXPECT_THAT(Compare().failures[0].reason(), Not(HasSubstr("alone")));
}

TEST_F(CrossCheckTest, AThirdThatIsNotReadyIsNotWaitedFor) {
  workers_.push_back(MakeWorker("three", "amd64"));
  workers_.back().state = v1::WorkerStatus::LOST;
  MakeTwice("cc", "g");
  EXPECT_THAT(Compare().tasks, IsEmpty());
}

TEST_F(CrossCheckTest, ARetryHasWhatDiffersMadeAnewAndNoMore) {
  MakeTwice("cc", "g");
  const std::vector<v1::JournalRecord> records = RedoDifferent(build());
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_THAT(records[0].tasks_reopened().task_ids(),
              ElementsAre("b/layer/1", "b/layer/1/copy-1"));
  EXPECT_EQ(records[0].tasks_reopened().build_id(), "b");
  EXPECT_EQ(records[0].tasks_reopened().phase(), v1::LAYERS);
  EXPECT_EQ(records[0].tasks_reopened().reason(),
            "workers made 1 layer differently");
}

TEST_F(CrossCheckTest, AThirdThatFitsLessIsNotWaitedFor) {
  v1::Task layer = MakeTask("b/layer/3", "amd64");
  Add({layer});
  workers_.push_back(MakeWorker("three", "arm64"));
  Make("b/layer/3", "one", "aa", "f");
  Add(Compare().tasks);
  Make("b/layer/3/copy-1", "two", "cc", "g");
  const CrossCheck check = Compare();
  EXPECT_THAT(check.tasks, IsEmpty());
  EXPECT_THAT(check.failures, SizeIs(1));
}

// Another record would not fit the state, which ends the coordinator.
TEST_F(CrossCheckTest, ARetryBeforeTheThirdHasDecidedMakesNoMoreThanIsDone) {
  workers_.push_back(MakeWorker("three", "amd64"));
  MakeTwice("cc", "g");
  Add(Compare().tasks);
  ASSERT_NE(test_.state.FindTask("b/layer/1/copy-2"), nullptr);
  const std::vector<v1::JournalRecord> records = RedoDifferent(build());
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_THAT(records[0].tasks_reopened().task_ids(),
              ElementsAre("b/layer/1", "b/layer/1/copy-1"));
  test_.Apply(records[0]);
}

// After a retry the worker of the copy may have made the layer itself.
TEST_F(CrossCheckTest, OneWorkerTwiceIsNotTwoWorkers) {
  Make("b/layer/1", "one", "aa");
  Make("b/layer/2", "one", "bb");
  std::vector<v1::Task> copies = Compare().tasks;
  for (v1::Task& copy : copies) copy.clear_not_by();
  Add(copies);
  Make("b/layer/1/copy-1", "one", "aa");
  Make("b/layer/2/copy-1", "two", "bb");
  const CrossCheck check = Compare();
  ASSERT_THAT(check.tasks, SizeIs(1));
  EXPECT_EQ(check.tasks[0].task_id(), "b/layer/1/copy-2");
}

TEST_F(CrossCheckTest, TheBuildWaitsForTheCopies) {
  Make("b/layer/1", "one", "aa");
  Make("b/layer/2", "one", "bb");
  const WorkerPool pool = PoolOf(workers_);
  const auto records = AdvanceBuild(test_.state, build(), pool);
  ASSERT_THAT(records, SizeIs(1));
  ASSERT_TRUE(records[0].has_tasks_added());
  test_.Apply(records[0]);
  EXPECT_THAT(AdvanceBuild(test_.state, build(), pool), IsEmpty());
}

}  // namespace
}  // namespace kso::coordinator
