// SPDX-License-Identifier: Apache-2.0
#include "common/base/status_notes.h"

#include <gtest/gtest.h>

namespace kso {
namespace {

TEST(StatusNotesTest, NotesOutliveOtherWords) {
  const absl::Status status =
      RetryNotBefore(Exhausted(Resource::kRateLimit, "429"), absl::Seconds(30));
  const absl::Status told =
      WithCode(Prefixed(status, "pulling a: "), absl::StatusCode::kUnavailable);
  EXPECT_EQ(told.message(), "pulling a: 429");
  EXPECT_EQ(told.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RetryDelay(told), absl::Seconds(30));
  EXPECT_TRUE(IsRateLimited(told));
  EXPECT_TRUE(IsRateLimited(WithMessage(told, "busy")));
  EXPECT_EQ(WithMessage(told, "busy").message(), "busy");
}

TEST(StatusNotesTest, FirstDelayStays) {
  absl::Status status =
      RetryNotBefore(absl::UnavailableError("503"), absl::Seconds(3));
  status = RetryNotBefore(status, absl::Hours(1));
  EXPECT_EQ(RetryDelay(status), absl::Seconds(3));
}

TEST(StatusNotesTest, ADelayOfNothingLeavesRoomForAnother) {
  absl::Status status =
      RetryNotBefore(absl::UnavailableError("503"), absl::ZeroDuration());
  status = RetryNotBefore(status, absl::Milliseconds(1) / 2);
  EXPECT_EQ(RetryDelay(status), absl::Milliseconds(1));
}

TEST(StatusNotesTest, NothingIsSaidOfWhatWentWell) {
  EXPECT_TRUE(RetryNotBefore(absl::OkStatus(), absl::Hours(1)).ok());
  EXPECT_TRUE(WithMessage(absl::OkStatus(), "busy").ok());
  EXPECT_TRUE(Prefixed(absl::OkStatus(), "pulling a: ").ok());
  EXPECT_TRUE(WithCode(absl::OkStatus(), absl::StatusCode::kUnavailable).ok());
  EXPECT_EQ(RetryDelay(absl::NotFoundError("404")), absl::ZeroDuration());
  EXPECT_FALSE(IsRateLimited(absl::NotFoundError("404")));
}

TEST(StatusNotesTest, SaysWhatIsExhausted) {
  for (const Resource resource : {Resource::kRateLimit, Resource::kDisk,
                                  Resource::kMemory, Resource::kSizeBound}) {
    const absl::Status status = Exhausted(resource, "no more");
    EXPECT_TRUE(absl::IsResourceExhausted(status));
    EXPECT_EQ(ExhaustedResource(status), resource);
  }
  EXPECT_EQ(ExhaustedResource(absl::ResourceExhaustedError("gRPC")),
            Resource::kUnknown);
  EXPECT_FALSE(IsRateLimited(Exhausted(Resource::kDisk, "full")));
}

}  // namespace
}  // namespace kso
