// SPDX-License-Identifier: Apache-2.0
#include "common/base/status_notes.h"

#include <gtest/gtest.h>

namespace kso {
namespace {

TEST(StatusNotesTest, NotesOutliveOtherWords) {
  const absl::Status status = RateLimited(
      RetryNotBefore(absl::ResourceExhaustedError("429"), absl::Seconds(30)));
  const absl::Status told =
      WithCode(Prefixed(status, "pulling a: "), absl::StatusCode::kUnavailable);
  EXPECT_EQ(told.message(), "pulling a: 429");
  EXPECT_EQ(told.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RetryDelay(told), absl::Seconds(30));
  EXPECT_TRUE(IsRateLimited(told));
}

TEST(StatusNotesTest, FirstDelayStays) {
  absl::Status status =
      RetryNotBefore(absl::UnavailableError("503"), absl::Seconds(3));
  status = RetryNotBefore(status, absl::Hours(1));
  EXPECT_EQ(RetryDelay(status), absl::Seconds(3));
}

TEST(StatusNotesTest, NothingIsSaidOfWhatWentWell) {
  EXPECT_TRUE(
      RateLimited(RetryNotBefore(absl::OkStatus(), absl::Hours(1))).ok());
  EXPECT_EQ(RetryDelay(absl::NotFoundError("404")), absl::ZeroDuration());
  EXPECT_FALSE(IsRateLimited(absl::NotFoundError("404")));
}

}  // namespace
}  // namespace kso
