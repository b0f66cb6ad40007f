// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/answer_cache.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::coordinator {
namespace {

class AnswerCacheTest : public ::testing::Test {
 protected:
  // Asks for `key`; the answer goes to answers_.
  void Get(const std::string& key) {
    cache_.Get(
        key,
        [this](AnswerCache::Take take) { making_.push_back(std::move(take)); },
        [this](AnswerCache::Answer answer) {
          answers_.push_back(*answer->body);
        });
  }
  // Ends what was begun first.
  void Make(const std::string& body) {
    auto answer = std::make_shared<SharedAnswer>();
    answer->body = std::make_shared<const std::string>(body);
    AnswerCache::Take take = std::move(making_.front());
    making_.erase(making_.begin());
    take(answer);
  }

  kso::testing::FakeClock clock_;
  AnswerCache cache_{&clock_};
  std::vector<AnswerCache::Take> making_;
  std::vector<std::string> answers_;
};

TEST_F(AnswerCacheTest, ManyViewersShareOneAnswer) {
  for (int i = 0; i < 200; ++i) Get("builds");
  ASSERT_EQ(making_.size(), 1u);
  Make("x");
  EXPECT_EQ(answers_.size(), 200u);
  Get("builds");
  EXPECT_EQ(answers_.size(), 201u);
  EXPECT_TRUE(making_.empty());
  Get("workers");
  EXPECT_EQ(making_.size(), 1u);
}

TEST_F(AnswerCacheTest, NobodySeesWhatWasBeforeAChange) {
  Get("builds");
  cache_.Invalidate();
  // The answer that is being made is of before.
  Get("builds");
  ASSERT_EQ(making_.size(), 2u);
  Make("old");
  EXPECT_EQ(answers_, std::vector<std::string>{"old"});
  Make("new");
  EXPECT_EQ(answers_.back(), "new");
  Get("builds");
  EXPECT_EQ(answers_.back(), "new");
  EXPECT_EQ(answers_.size(), 3u);
  EXPECT_TRUE(making_.empty());
}

TEST_F(AnswerCacheTest, AnAnswerStandsForASecond) {
  Get("builds");
  Make("1");
  clock_.Advance(absl::Milliseconds(1000));
  Get("builds");
  EXPECT_TRUE(making_.empty());
  clock_.Advance(absl::Milliseconds(1));
  Get("builds");
  ASSERT_EQ(making_.size(), 1u);
  Make("2");
  // The second begins with the question.
  clock_.Advance(absl::Milliseconds(1000));
  Get("builds");
  EXPECT_TRUE(making_.empty());
  EXPECT_EQ(answers_, (std::vector<std::string>{"1", "1", "2", "2"}));
}

TEST_F(AnswerCacheTest, TheLastOfTooManyKeysHasAllForgotten) {
  const auto ask = [this](int key) {
    Get(std::to_string(key));
    const bool is_new = !making_.empty();
    if (is_new) Make("x");
    return is_new;
  };
  for (int i = 0; i < 256; ++i) EXPECT_TRUE(ask(i)) << i;
  EXPECT_FALSE(ask(0));
  EXPECT_FALSE(ask(255));
  EXPECT_TRUE(ask(256));
  EXPECT_TRUE(ask(0));
  EXPECT_TRUE(ask(255));
}

TEST_F(AnswerCacheTest, ManyKeysTakeBoundedMemory) {
  for (int i = 0; i < 10'000; ++i) {
    Get(std::to_string(i));
    Make("x");
  }
  EXPECT_EQ(answers_.size(), 10'000u);
}

}  // namespace
}  // namespace kso::coordinator
