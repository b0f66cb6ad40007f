// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/build_guard.h"

#include <signal.h>

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coordinator/store/sqlite_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using ::testing::SizeIs;
using Records = std::vector<v1::JournalRecord>;

v1::JournalRecord Submitted(const std::string& id) {
  v1::JournalRecord record;
  record.mutable_build_submitted()->set_build_id(id);
  return record;
}

class DecisionTest : public ::testing::Test {
 protected:
  DecisionTest() {
    turn_.Record(Submitted("b1"));
    turn_.Record(Submitted("b2"));
  }
  const BuildEntry& Build(std::string_view id) { return *state_.FindBuild(id); }

  State state_;
  Transaction turn_{&state_, absl::UnixEpoch() + absl::Hours(1)};
  const BuildGuard guard_{nullptr};
};

TEST_F(DecisionTest, WhatADecisionThrowsFailsItsBuildAndNoOther) {
  EXPECT_TRUE(guard_.Decide(turn_, Build("b1"),
                            []() -> Records { throw std::bad_alloc(); }));
  EXPECT_TRUE(turn_.status().ok());
  EXPECT_EQ(Build("b1").state, v1::Build::FAILED);
  ASSERT_THAT(Build("b1").failures, SizeIs(1));
  EXPECT_THAT(Build("b1").failures[0].reason(),
              HasSubstr("not enough memory on this machine"));
  EXPECT_THAT(Build("b1").failures[0].advice(), HasSubstr("ksoctl retry b1"));
  EXPECT_TRUE(Build("b2").running());
  EXPECT_FALSE(
      guard_.Decide(turn_, Build("b2"), []() -> Records { return {}; }));
}

TEST_F(DecisionTest, WhatThePreparationOfAnActionThrowsIsAnError) {
  const absl::Status status = guard_.Run(
      "b1", [] { throw std::length_error("vector::_M_range_insert"); });
  EXPECT_THAT(std::string(status.message()), HasSubstr("_M_range_insert"));
}

TEST_F(DecisionTest, ARecordOverWhatTheJournalTakesFailsItsBuild) {
  EXPECT_TRUE(guard_.Decide(turn_, Build("b1"), []() -> Records {
    Records records(1, Submitted("b3"));
    records[0].mutable_build_submitted()->mutable_release()->set_name(
        std::string(kLargestRecord, 'x'));
    return records;
  }));
  EXPECT_EQ(state_.FindBuild("b3"), nullptr);
  ASSERT_THAT(Build("b1").failures, SizeIs(1));
  EXPECT_THAT(Build("b1").failures[0].reason(),
              HasSubstr("over the limit of 256.0 MiB"));
}

// Runs of a coordinator, each in a process of its own.
class InterruptedTest : public EngineTest {
 protected:
  // The engine of the fixture has a thread, which a fork would leave behind.
  InterruptedTest() {
    engine_.reset();
    store_.reset();
  }

  void Start() {
    store_ = *OpenSqliteStateStore(directory_.path());
    mark_ = *OpenWorkMark(directory_.path());
    options_.work_mark = mark_.get();
    Restart();
    Settle();
  }
  // A run that ends since the action that a decision asked for aborts.
  void RunUntilItAborts(bool submit) {
    actions_.AbortOnAssemble();
    Start();
    ScriptedWorker worker("w", "amd64", "s1");
    if (submit) RunToAssemble({&worker});
    Settle();
    std::_Exit(1);
  }

  kso::testing::TempDirectory directory_;
  std::unique_ptr<WorkMark> mark_;
};

TEST_F(InterruptedTest, ABuildThatEndsTheProcessTwiceInARowIsSetAside) {
  EXPECT_EXIT(RunUntilItAborts(/*submit=*/true), KilledBySignal(SIGABRT), "");
  EXPECT_EXIT(RunUntilItAborts(/*submit=*/false), KilledBySignal(SIGABRT), "");
  Start();
  const v1::Build build = Get();
  EXPECT_EQ(build.state(), v1::Build::FAILED);
  ASSERT_THAT(build.failures(), SizeIs(1));
  EXPECT_THAT(build.failures(0).reason(),
              AllOf(HasSubstr("it was set aside"),
                    HasSubstr("2 times in a row"), HasSubstr("in assemble")));
  EXPECT_THAT(build.failures(0).advice(), HasSubstr("ksoctl retry b1"));

  // It may be let loose again, and then gets where it can.
  ASSERT_TRUE(Retry().ok());
  AssembleWell();
  EXPECT_EQ(Get().phase(), v1::VERIFY);
}

TEST_F(InterruptedTest, ABuildThatGetsOnAfterACrashIsNotSetAsideAtTheNext) {
  EXPECT_EXIT(RunUntilItAborts(/*submit=*/true), KilledBySignal(SIGABRT), "");
  const auto goes_on_then_aborts = [&] {
    Start();
    // The build loses a layer, and is assembled once more.
    AssembleOutcome lost;
    lost.missing = {"sha256:gone"};
    actions_.AbortOnAssemble();
    actions_.EndAssemble(lost);
    Settle();
    std::_Exit(1);
  };
  EXPECT_EXIT(goes_on_then_aborts(), KilledBySignal(SIGABRT), "");
  Start();
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
}

TEST_F(InterruptedTest, ABuildThatOnlyWaitedIsNotSetAside) {
  const auto is_killed_while_it_waits = [&](bool submit) {
    Start();
    if (submit && !Submit().ok()) std::_Exit(1);
    Settle();
    raise(SIGKILL);
  };
  for (const bool submit : {true, false, false}) {
    EXPECT_EXIT(is_killed_while_it_waits(submit), KilledBySignal(SIGKILL), "");
  }
  Start();
  EXPECT_EQ(Get().state(), v1::Build::RUNNING);
}

}  // namespace
}  // namespace kso::coordinator
