// SPDX-License-Identifier: Apache-2.0
#include "worker/task/failure.h"

#include "common/base/status_notes.h"
#include "common/text/printable_text.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

TEST(FailureTest, CodesDecideTheKind) {
  EXPECT_EQ(ToFailure(absl::UnavailableError("cut"), "x").kind(),
            v1::Failure::TRANSIENT);
  EXPECT_EQ(ToFailure(absl::ResourceExhaustedError("429"), "x").kind(),
            v1::Failure::TRANSIENT);
  EXPECT_EQ(ToFailure(absl::NotFoundError("404"), "x").kind(),
            v1::Failure::PERMANENT);
  EXPECT_EQ(ToFailure(absl::DataLossError("other bytes"), "x").kind(),
            v1::Failure::PERMANENT);
  EXPECT_EQ(ToFailure(absl::InternalError("fork"), "x").kind(),
            v1::Failure::INFRASTRUCTURE);
}

TEST(FailureTest, TellsWhatIsNearestToTheTrouble) {
  absl::Status status = About(absl::NotFoundError("HTTP 404"), "https://a/b",
                              "files.list:3", "correct the list");
  status = About(status, "layer 7", "", "look elsewhere");

  const v1::Failure failure = ToFailure(status, "task");
  EXPECT_EQ(failure.item(), "https://a/b");
  EXPECT_EQ(failure.location(), "files.list:3");
  EXPECT_EQ(failure.advice(), "correct the list");
  EXPECT_EQ(failure.reason(), "HTTP 404");
}

TEST(FailureTest, WrongLayersAreNamedWithTheRest) {
  const absl::Status status = OfWrongLayers(
      About(absl::DataLossError("other bytes"), "a", "b"), {"sha256:1"});
  const v1::Failure failure = ToFailure(status, "x");
  ASSERT_EQ(failure.wrong_layers_size(), 1);
  EXPECT_EQ(failure.wrong_layers(0), "sha256:1");
  EXPECT_EQ(failure.item(), "a");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
}

TEST(FailureTest, FullDiskIsTheWorkersTrouble) {
  const absl::Status status =
      WorkerTrouble(absl::ResourceExhaustedError("no space left"));
  EXPECT_EQ(ToFailure(status, "x").kind(), v1::Failure::INFRASTRUCTURE);
  // Also where nobody said whose trouble it is.
  for (const Resource resource : {Resource::kDisk, Resource::kMemory}) {
    EXPECT_EQ(ToFailure(Exhausted(resource, "full"), "x").kind(),
              v1::Failure::INFRASTRUCTURE);
  }
}

TEST(FailureTest, WhatIsTooLargeStaysTooLarge) {
  EXPECT_EQ(ToFailure(Exhausted(Resource::kSizeBound, "9 GiB"), "x").kind(),
            v1::Failure::PERMANENT);
}

TEST(FailureTest, FailureKindIsTheKindOfTheFailure) {
  for (const absl::Status& status :
       {absl::UnavailableError("cut"), absl::NotFoundError("404"),
        absl::InternalError("fork"), Exhausted(Resource::kDisk, "full"),
        WorkerTrouble(absl::UnavailableError("cut"))}) {
    EXPECT_EQ(FailureKind(status), ToFailure(status, "x").kind()) << status;
  }
}

TEST(FailureTest, CarriesTextWhateverTheOutsideSays) {
  const v1::Failure failure = ToFailure(
      About(absl::NotFoundError("realm \xff\x1b[2J" + std::string(9000, 'x')),
            "https://a/b", "files.list:3"),
      "x");
  v1::Failure read;
  ASSERT_TRUE(read.ParseFromString(failure.SerializeAsString()));
  EXPECT_EQ(read.reason().substr(0, 16), "realm \xEF\xBF\xBD\xEF\xBF\xBD[2Jx");
  EXPECT_LE(read.reason().size(), kLongestText);
  EXPECT_EQ(read.item(), "https://a/b");
}

TEST(FailureTest, CarriesWhatTheOtherSideAskedFor) {
  const absl::Status status = RetryNotBefore(
      Exhausted(Resource::kRateLimit, "429"), absl::Milliseconds(29500));
  const v1::Failure failure = ToFailure(status, "x");
  EXPECT_EQ(failure.retry_after().seconds(), 30);
  EXPECT_TRUE(failure.rate_limited());
  EXPECT_FALSE(ToFailure(absl::UnavailableError("503"), "x").has_retry_after());
}

}  // namespace
}  // namespace kso::worker
