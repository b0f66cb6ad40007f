// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/phases.h"

#include <set>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(PhasesTest, EveryPhaseOfTheEnumHasItsPlaceInTheTable) {
  std::set<v1::Phase> in_table;
  for (const PhaseRule& rule : PhaseRules()) in_table.insert(rule.phase);
  for (int number = 1; number < v1::Phase_ARRAYSIZE; ++number) {
    ASSERT_TRUE(v1::Phase_IsValid(number)) << number;
    EXPECT_TRUE(in_table.contains(static_cast<v1::Phase>(number)))
        << v1::Phase_Name(number);
  }
}

TEST(PhasesTest, EachPhaseIsFollowedByTheNextRowAndTheLastByNone) {
  const absl::Span<const PhaseRule> rules = PhaseRules();
  for (size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(rules[i].next, i + 1 < rules.size() ? rules[i + 1].phase
                                                  : v1::PHASE_UNSPECIFIED);
    EXPECT_NE(rules[i].work, PhaseWork::kNone);
  }
}

TEST(PhasesTest, OrderIsThatOfTheTableAndNotOfTheNumbers) {
  EXPECT_TRUE(ComesAfter(v1::CHECK, v1::RESOLVE));
  EXPECT_TRUE(ComesAfter(v1::LAYERS, v1::CHECK));
  EXPECT_TRUE(ComesAfter(v1::TAG, v1::CHECK));
  EXPECT_FALSE(ComesAfter(v1::CHECK, v1::LAYERS));
  EXPECT_FALSE(ComesAfter(v1::RESOLVE, v1::RESOLVE));
  EXPECT_TRUE(ComesAfter(v1::RESOLVE, v1::PHASE_UNSPECIFIED));
  EXPECT_FALSE(ComesAfter(v1::PHASE_UNSPECIFIED, v1::TAG));
}

TEST(PhasesTest, APhaseOfALaterVersionDoesNothing) {
  EXPECT_EQ(RuleOf(static_cast<v1::Phase>(99)).work, PhaseWork::kNone);
}

}  // namespace
}  // namespace kso::coordinator
