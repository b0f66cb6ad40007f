// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/work_mark.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkMarkTest : public ::testing::Test {
 protected:
  // The mark as the next process finds it.
  std::unique_ptr<WorkMark> Open() {
    auto mark = OpenWorkMark(temp_.path());
    EXPECT_TRUE(mark.ok()) << mark.status();
    return mark.ok() ? *std::move(mark) : nullptr;
  }

  const kso::testing::TempDirectory temp_;
};

TEST_F(WorkMarkTest, TheNextProcessKnowsWhatWasNotEnded) {
  {
    const auto mark = Open();
    EXPECT_THAT(mark->interrupted(), IsEmpty());
    const int first = mark->Begin("build-1");
    const int second = mark->Begin("build-2");
    EXPECT_NE(first, second);
    mark->End(first);
  }
  // It is told once: the build may be tried again.
  EXPECT_THAT(Open()->interrupted(), ElementsAre("build-2"));
  EXPECT_THAT(Open()->interrupted(), IsEmpty());
}

TEST_F(WorkMarkTest, ASlotIsUsedAgainWhenItsWorkHasEnded) {
  {
    const auto mark = Open();
    std::vector<int> slots;
    for (int i = 0; i < 16; ++i) {
      slots.push_back(mark->Begin("b" + std::to_string(i)));
      EXPECT_GE(slots.back(), 0);
    }
    // Where all are taken there is no mark, and nothing is overwritten.
    EXPECT_LT(mark->Begin("one-too-many"), 0);
    mark->End(slots[7]);
    EXPECT_EQ(mark->Begin("in-its-place"), slots[7]);
  }
  const auto next = Open();
  EXPECT_EQ(next->interrupted().size(), 16u);
  EXPECT_TRUE(next->interrupted().contains("in-its-place"));
  EXPECT_FALSE(next->interrupted().contains("b7"));
  EXPECT_TRUE(next->interrupted().contains("b15"));
  EXPECT_FALSE(next->interrupted().contains("one-too-many"));
}

TEST_F(WorkMarkTest, AShorterIdLeavesNothingOfTheOneBefore) {
  {
    const auto mark = Open();
    mark->End(mark->Begin("a-long-name-of-a-build"));
    mark->Begin("short");
  }
  EXPECT_THAT(Open()->interrupted(), ElementsAre("short"));
}

TEST_F(WorkMarkTest, AnIdThatIsTooLongMarksNothing) {
  {
    const auto mark = Open();
    mark->Begin(std::string(300, 'b'));
    mark->Begin("build-2");
  }
  EXPECT_THAT(Open()->interrupted(), ElementsAre("build-2"));
}

TEST_F(WorkMarkTest, AMarkedWorkEndsWithItsScope) {
  const auto mark = Open();
  {
    const MarkedWork work(mark.get(), "build-1");
    const MarkedWork unmarked(nullptr, "build-2");
  }
  EXPECT_THAT(Open()->interrupted(), IsEmpty());
  const MarkedWork work(mark.get(), "build-3");
  EXPECT_THAT(Open()->interrupted(), ElementsAre("build-3"));
}

TEST_F(WorkMarkTest, AFileOfAnotherOriginMarksNothing) {
  std::ofstream(temp_.path() / "deciding") << "\x07not ids\x03" << "\xff\xfe";
  EXPECT_THAT(Open()->interrupted(), IsEmpty());
  EXPECT_FALSE(OpenWorkMark(temp_.path() / "nowhere").ok());
}

}  // namespace
}  // namespace kso::coordinator
