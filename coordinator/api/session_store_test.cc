// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/session_store.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::coordinator {
namespace {

TEST(SessionStoreTest, ASessionLastsForItsTime) {
  kso::testing::FakeClock clock;
  SessionStore sessions(&clock, absl::Hours(1));
  const std::string id = sessions.Begin("token");
  // 256 bits in hex.
  EXPECT_EQ(id.size(), 64u);
  clock.Advance(absl::Minutes(59));
  ASSERT_TRUE(sessions.Find(id).has_value());
  EXPECT_EQ(sessions.Find(id)->token, "token");
  clock.Advance(absl::Minutes(1));
  EXPECT_FALSE(sessions.Find(id).has_value());
}

TEST(SessionStoreTest, AnIdIsGoodForNothingElse) {
  kso::testing::FakeClock clock;
  SessionStore sessions(&clock);
  const std::string one = sessions.Begin("one");
  const std::string two = sessions.Begin("one");
  EXPECT_NE(one, two);
  EXPECT_FALSE(sessions.Find("").has_value());
  EXPECT_FALSE(sessions.Find(one.substr(1)).has_value());
  sessions.End(one);
  EXPECT_FALSE(sessions.Find(one).has_value());
  EXPECT_TRUE(sessions.Find(two).has_value());
  sessions.End("none");
}

TEST(SessionStoreTest, SessionsAreBounded) {
  kso::testing::FakeClock clock;
  SessionStore sessions(&clock, absl::Hours(1), 2);
  const std::string first = sessions.Begin("1");
  clock.Advance(absl::Seconds(1));
  const std::string second = sessions.Begin("2");
  clock.Advance(absl::Seconds(1));
  const std::string third = sessions.Begin("3");
  EXPECT_FALSE(sessions.Find(first).has_value());
  EXPECT_TRUE(sessions.Find(second).has_value());
  EXPECT_TRUE(sessions.Find(third).has_value());
}

TEST(SessionStoreTest, SessionsThatWereEndedMakeRoom) {
  kso::testing::FakeClock clock;
  SessionStore sessions(&clock, absl::Hours(1), 2);
  const std::string ended = sessions.Begin("0");
  clock.Advance(absl::Seconds(1));
  const std::string first = sessions.Begin("1");
  sessions.End(ended);
  clock.Advance(absl::Seconds(1));
  const std::string second = sessions.Begin("2");
  EXPECT_TRUE(sessions.Find(first).has_value());
  EXPECT_TRUE(sessions.Find(second).has_value());
  clock.Advance(absl::Seconds(1));
  const std::string third = sessions.Begin("3");
  EXPECT_FALSE(sessions.Find(first).has_value());
  EXPECT_TRUE(sessions.Find(second).has_value());
  EXPECT_TRUE(sessions.Find(third).has_value());
}

}  // namespace
}  // namespace kso::coordinator
