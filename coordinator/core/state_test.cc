#include "coordinator/core/state.h"

#include "coordinator/core/core_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Texts(const BuildEntry& build) {
  std::vector<std::string> texts;
  for (const v1::Event& event : build.events) texts.push_back(event.text());
  return texts;
}

TEST(StateTest, ATaskIsRunnableLeasedAndDone) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/1", "w");
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kLeased);
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre("lease-b/1-1"));
  test.time += absl::Milliseconds(1200);
  v1::TaskResult result;
  result.mutable_made_layer();
  result.set_bytes_pushed(12 << 20);
  test.Finish("b/1", result);

  const BuildEntry* build = test.state.FindBuild("b");
  EXPECT_EQ(build->CountsOf(v1::LAYERS).done, 1);
  EXPECT_EQ(build->CountsOf(v1::LAYERS).leased, 0);
  EXPECT_EQ(build->bytes_pushed, 12 << 20);
  EXPECT_THAT(test.state.LeasesOf("w"), ElementsAre());
  EXPECT_THAT(Texts(*build),
              Contains("task b/1: done (12.0 MiB pushed, 1.2 s)"));
}

TEST(StateTest, EventsCountFromOneWithoutGaps) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(4));
  const BuildEntry* build = test.state.FindBuild("b");
  for (size_t i = 0; i < build->events.size(); ++i) {
    EXPECT_EQ(build->events[i].sequence(), static_cast<int64_t>(i) + 1);
  }
  EXPECT_THAT(Texts(*build), Contains("task b/1: 503; tried again in 4.0 s"));
}

TEST(StateTest, ALeaseThatIsOverCannotEndTwice) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  const v1::JournalRecord stale = test.FinishRecord("b/1", {});
  test.Requeue("b/1", v1::Failure::INFRASTRUCTURE, "lost", {});
  const absl::Status status = test.state.Apply(stale);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("lease-b/1-1"));
}

TEST(StateTest, CancellingDropsLeasesAndRetryingRunsWhatIsLeft) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1"), MakeTask("b/2")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Finish("b/1", {});
  test.Grant("b/2", "w");
  test.Cancel("b");
  EXPECT_TRUE(test.state.leases().empty());
  EXPECT_TRUE(test.state.running().empty());

  test.Retry("b");
  EXPECT_EQ(test.state.running().size(), 1u);
  EXPECT_EQ(test.state.FindTask("b/1")->state, TaskState::kDone);
  EXPECT_EQ(test.state.FindTask("b/2")->state, TaskState::kRunnable);
  EXPECT_EQ(test.state.FindBuild("b")->state, v1::Build::RUNNING);
}

TEST(StateTest, RetryForgetsDelays) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  test.Grant("b/1", "w");
  test.Requeue("b/1", v1::Failure::TRANSIENT, "503", absl::Seconds(60));
  EXPECT_EQ(test.state.delayed().size(), 1u);
  test.Cancel("b");
  test.Retry("b");
  EXPECT_TRUE(test.state.delayed().empty());
  EXPECT_EQ(test.state.FindTask("b/1")->transient_failures, 0);
}

TEST(StateTest, RefusesRecordsThatDoNotFit) {
  State state;
  EXPECT_EQ(state.Apply({}).code(), absl::StatusCode::kDataLoss);
  v1::JournalRecord record;
  record.mutable_phase_entered()->set_build_id("nobody");
  EXPECT_EQ(state.Apply(record).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace kso::coordinator
