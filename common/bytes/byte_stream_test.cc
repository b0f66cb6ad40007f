// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/byte_stream.h"

#include <gtest/gtest.h>

#include <string>

#include "common/bytes/sinks.h"

namespace kso {
namespace {

TEST(ByteStreamTest, CopiesFromAnOffset) {
  const std::string bytes(1 << 20, 'x');
  StringSink sink;
  auto source = SourceOfString(bytes, 24);
  const auto count = CopyBytes(*source, sink);
  ASSERT_TRUE(count.ok());
  EXPECT_EQ(*count, (1 << 20) - 24);
  EXPECT_EQ(sink.content(), bytes.substr(24));
}

TEST(ByteStreamTest, AnOffsetPastTheEndIsTheEnd) {
  auto source = SourceOfString("abc", 7);
  EXPECT_EQ(*ReadAll(*source, 10), "");
  auto before = SourceOfString("abc", -1);
  EXPECT_EQ(*ReadAll(*before, 10), "abc");
}

TEST(ByteStreamTest, ReadAllKeepsToItsLimit) {
  auto fits = SourceOfString("12345");
  EXPECT_EQ(*ReadAll(*fits, 5), "12345");
  auto too_long = SourceOfString("123456");
  EXPECT_EQ(ReadAll(*too_long, 5).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace kso
