// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/build_flow.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::Contains;
using ::testing::Property;

// A plan that was drafted before the destination was asked, and what becomes of
// it by the answers.
class DraftTest : public ::testing::Test {
 protected:
  DraftTest() {
    test_.AddBuild("b", {}, v1::RESOLVE);
    for (const char* digest : {"sha256:1", "sha256:2"}) {
      BlobQuestion question;
      question.image = "kubespray-files";
      question.blob.set_digest(digest);
      draft_.questions.push_back(question);
    }
  }

  // Returns whether the draft becomes the plan.
  bool Stands(const std::vector<std::string>& present) {
    const std::vector<v1::JournalRecord> records =
        AfterCheck(*test_.state.FindBuild("b"), draft_, present);
    // The answers are kept in any case.
    EXPECT_THAT(
        records,
        Contains(Property(&v1::JournalRecord::has_destination_checked, true)));
    return std::any_of(records.begin(), records.end(),
                       [](const auto& each) { return each.has_plan_made(); });
  }

  TestState test_;
  Plan draft_;
  const std::string one_ = "kubespray-files@sha256:1";
  const std::string two_ = "kubespray-files@sha256:2";
};

TEST_F(DraftTest, IsThePlanWhereAllIsThereThatItAskedFor) {
  EXPECT_TRUE(Stands({two_, one_}));
  EXPECT_FALSE(Stands({one_}));
  EXPECT_FALSE(Stands({}));
  // The same blob in another repository is not the one.
  EXPECT_FALSE(Stands({one_, "kubespray-images@sha256:2"}));
}

TEST_F(DraftTest, IsMadeAnewWhereItGaveLayersUpThatItDidNotAskFor) {
  // Tells whether they are there was not asked, and may change the grouping.
  draft_.gives_up_layers = true;
  EXPECT_FALSE(Stands({one_, two_}));
}

}  // namespace
}  // namespace kso::coordinator
