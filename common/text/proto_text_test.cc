// SPDX-License-Identifier: Apache-2.0
#include "common/text/proto_text.h"

#include "common/text/printable_text.h"
#include "gtest/gtest.h"
#include "kso/v1/worker.pb.h"

namespace kso {
namespace {

TEST(MakeTextValidTest, WhatWasWrittenCanBeReadAgain) {
  v1::SyncRequest request;
  request.set_session("s\xff");
  v1::LeaseResult& result = *request.add_results();
  result.set_lease_id("lease");
  result.mutable_failure()->set_reason("caf\xe9");
  result.mutable_failure()->set_item("good");
  v1::SyncRequest read;
  ASSERT_FALSE(read.ParseFromString(request.SerializeAsString()));

  EXPECT_TRUE(MakeTextValid(request));
  ASSERT_TRUE(read.ParseFromString(request.SerializeAsString()));
  EXPECT_EQ(read.results(0).failure().reason(), "caf\xEF\xBF\xBD");
  EXPECT_EQ(read.results(0).failure().item(), "good");
  EXPECT_FALSE(MakeTextValid(request));
}

TEST(MakeTextPrintableTest, NoFieldActsOnATerminal) {
  v1::SyncRequest request;
  request.set_session("s");
  v1::LeaseResult& result = *request.add_results();
  result.mutable_failure()->set_reason(
      "\x1b]0;title\x07"
      "a\nNote: b");
  result.mutable_failure()->set_item(std::string(10000, 'x'));
  EXPECT_TRUE(MakeTextPrintable(request));
  EXPECT_EQ(request.results(0).failure().reason(),
            "\uFFFD]0;title\uFFFD"
            "a Note: b");
  EXPECT_EQ(request.results(0).failure().item().size(), 10000u);
  EXPECT_FALSE(MakeTextPrintable(request));
}

TEST(MakeTextValidTest, ListsOfStringsAreSeenToo) {
  v1::SyncResponse response;
  response.add_acknowledged_lease_ids("good");
  response.add_acknowledged_lease_ids("\xc0\xaf");
  EXPECT_TRUE(MakeTextValid(response));
  EXPECT_EQ(response.acknowledged_lease_ids(0), "good");
  EXPECT_TRUE(IsUtf8(response.acknowledged_lease_ids(1)));
  EXPECT_FALSE(MakeTextValid(response));
}

}  // namespace
}  // namespace kso
