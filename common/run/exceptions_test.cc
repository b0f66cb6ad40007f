// SPDX-License-Identifier: Apache-2.0
#include "common/run/exceptions.h"

#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

#include "absl/status/statusor.h"
#include "common/base/status_notes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

using ::testing::HasSubstr;

TEST(ExceptionsTest, WhatIsReturnedStaysAsItIs) {
  EXPECT_TRUE(WithoutExceptions([] { return absl::OkStatus(); }).ok());
  EXPECT_EQ(
      WithoutExceptions([]() -> absl::StatusOr<int> { return 7; }).value_or(0),
      7);
}

TEST(ExceptionsTest, WhatIsThrownIsAnError) {
  const absl::Status memory =
      WithoutExceptions([]() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_EQ(ExhaustedResource(memory), Resource::kMemory);

  const auto length = WithoutExceptions([]() -> absl::StatusOr<int> {
    throw std::length_error("vector::reserve\xff");
  });
  EXPECT_EQ(length.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(length.status().message()),
              HasSubstr("vector::reserve\xef\xbf\xbd"));

  const absl::Status thread = WithoutExceptions([]() -> absl::Status {
    throw std::system_error(EAGAIN, std::generic_category());
  });
  EXPECT_EQ(thread.code(), absl::StatusCode::kResourceExhausted);

  EXPECT_EQ(WithoutExceptions([]() -> absl::Status { throw 1; }).code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace kso
