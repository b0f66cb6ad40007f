// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/token_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "tests/fakes/fake_clock.h"

namespace kso::oci {
namespace {

constexpr char kRegistry[] = "https://quay.io:443";
constexpr char kScope[] = "repository:a:pull";

class TokenCacheTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Get() {
    return cache_.Get(kRegistry, kScope,
                      [this]() -> absl::StatusOr<TokenCache::Token> {
                        const int count = ++fetched_;
                        return TokenCache::Token{
                            "Bearer " + std::to_string(count),
                            clock_.Now() + absl::Minutes(5)};
                      },
                      {});
  }

  testing::FakeClock clock_;
  TokenCache cache_{&clock_};
  std::atomic<int> fetched_ = 0;
};

TEST_F(TokenCacheTest, FetchesOnceUntilItIsTimeToRenew) {
  EXPECT_EQ(*Get(), "Bearer 1");
  EXPECT_EQ(*Get(), "Bearer 1");
  clock_.Advance(absl::Minutes(5));
  EXPECT_EQ(*Get(), "Bearer 2");
}

TEST_F(TokenCacheTest, ManyThreadsShareOneFetch) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_EQ(*Get(), "Bearer 1"); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fetched_, 1);
}

TEST_F(TokenCacheTest, ARefusedTokenIsDroppedOnlyWhileItIsTheCurrentOne) {
  EXPECT_EQ(*Get(), "Bearer 1");
  cache_.Drop(kRegistry, kScope, "Bearer 1");
  EXPECT_EQ(*Get(), "Bearer 2");
  // Another thread learns late that the first one was refused.
  cache_.Drop(kRegistry, kScope, "Bearer 1");
  EXPECT_EQ(*Get(), "Bearer 2");
}

TEST_F(TokenCacheTest, AFailedFetchIsTheNextOnesToTry) {
  const auto failed = cache_.Get(kRegistry, kScope,
                                 []() -> absl::StatusOr<TokenCache::Token> {
                                   return absl::CancelledError("cancelled");
                                 },
                                 {});
  EXPECT_TRUE(absl::IsCancelled(failed.status()));
  EXPECT_EQ(*Get(), "Bearer 1");
}

TEST_F(TokenCacheTest, WhoWaitsCanBeCancelled) {
  std::atomic<bool> fetching = false;
  std::atomic<bool> release = false;
  std::thread fetcher([&] {
    const auto token = cache_.Get(kRegistry, kScope,
                                  [&]() -> absl::StatusOr<TokenCache::Token> {
                                    fetching = true;
                                    fetching.notify_all();
                                    release.wait(false);
                                    return TokenCache::Token{
                                        "Bearer x", absl::InfiniteFuture()};
                                  },
                                  {});
    EXPECT_EQ(*token, "Bearer x");
  });
  fetching.wait(false);
  std::stop_source stop;
  std::thread waiter([&] {
    const auto waiting = cache_.Get(
        kRegistry, kScope,
        []() -> absl::StatusOr<TokenCache::Token> {
          return absl::InternalError("not its turn");
        },
        stop.get_token());
    EXPECT_TRUE(absl::IsCancelled(waiting.status())) << waiting.status();
  });
  clock_.AwaitWaiters(1);
  stop.request_stop();
  waiter.join();
  release = true;
  release.notify_all();
  fetcher.join();
}

TEST_F(TokenCacheTest, DemandsAreKeptByRegistry) {
  cache_.SetDemand(kRegistry, {.basic = true, .tokens = std::nullopt});
  EXPECT_TRUE(cache_.DemandOf(kRegistry).basic);
  EXPECT_FALSE(cache_.DemandOf("https://ghcr.io:443").basic);
}

}  // namespace
}  // namespace kso::oci
