// SPDX-License-Identifier: Apache-2.0
#include "common/http/content_length.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace kso::http {
namespace {

Response WithLengths(const std::vector<std::string>& lengths) {
  Response response;
  response.effective_url = "https://dl.example.com/tool";
  for (const std::string& length : lengths) {
    response.headers.emplace_back("content-length", length);
  }
  return response;
}

TEST(ContentLengthTest, OneNumberIsALength) {
  for (const char* length : {"0", "5", "007", "9223372036854775807",
                             "99999999999999999999999999", "5, 5", "5,5 ,5"}) {
    EXPECT_TRUE(CheckContentLength(WithLengths({length})).ok()) << length;
  }
  EXPECT_TRUE(CheckContentLength(WithLengths({})).ok());
  EXPECT_TRUE(CheckContentLength(WithLengths({"5", "5"})).ok());
}

TEST(ContentLengthTest, WhatReadersReadDifferentlyIsRefusedByName) {
  for (const char* length : {"5.5", "0x10", "+5", "-1", "many", "5 5", "5;",
                             "5,", ",5", "5, 6", "\xb2", "1e3"}) {
    const absl::Status status = CheckContentLength(WithLengths({length}));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << length;
    EXPECT_NE(status.message().find("dl.example.com/tool"), std::string::npos);
  }
  EXPECT_FALSE(CheckContentLength(WithLengths({"5", "6"})).ok());
}

}  // namespace
}  // namespace kso::http
