// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_status.h"

#include "gtest/gtest.h"

namespace kso::cli {
namespace {

// Scripts depend on the numbers.
TEST(ExitStatusTest, TellsWhatToDoNext) {
  const auto of = [](const absl::Status& status) {
    return static_cast<int>(ExitStatusOf(status));
  };
  EXPECT_EQ(of(absl::OkStatus()), 0);
  EXPECT_EQ(of(absl::DataLossError("")), 1);
  EXPECT_EQ(of(absl::InvalidArgumentError("")), 2);
  EXPECT_EQ(of(absl::NotFoundError("")), 2);
  EXPECT_EQ(of(absl::UnavailableError("")), 3);
  EXPECT_EQ(of(absl::DeadlineExceededError("")), 3);
  EXPECT_EQ(of(absl::UnauthenticatedError("")), 4);
  EXPECT_EQ(of(absl::PermissionDeniedError("")), 4);
}

}  // namespace
}  // namespace kso::cli
