// SPDX-License-Identifier: Apache-2.0
#include "common/blob/stream_limit.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(StreamLimitTest, OneCallerLeavesRoomForOthers) {
  StreamLimit limit(/*of_one=*/2, /*of_all=*/3);
  std::vector<std::shared_ptr<const void>> places;
  for (const char* caller : {"a", "a", "b"}) {
    auto place = limit.Take(caller);
    ASSERT_TRUE(place.ok()) << caller;
    places.push_back(*std::move(place));
    EXPECT_EQ(limit.Take("a").ok(), places.size() < 2);
  }
  EXPECT_EQ(limit.Take("c").status().code(),
            absl::StatusCode::kResourceExhausted);
  places.pop_back();
  EXPECT_TRUE(limit.Take("c").ok());
  EXPECT_FALSE(limit.Take("a").ok());
  places.clear();
  EXPECT_TRUE(limit.Take("a").ok());
}

}  // namespace
}  // namespace kso
