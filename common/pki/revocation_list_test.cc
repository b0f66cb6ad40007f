// SPDX-License-Identifier: Apache-2.0
#include "common/pki/revocation_list.h"

#include <functional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::pki {
namespace {

using ::testing::HasSubstr;

constexpr char kBox[] = "spiffe://farm/kso/work/box-1";

std::function<std::string()> Serial(std::string text) {
  return [text = std::move(text)] { return text; };
}

TEST(RevocationListTest, ASerialEndsOneCertificateAndAnIdentityAll) {
  const auto list = RevocationList::Parse(
      "# lost\n"
      "\n"
      "serial:0a:1B:2c  2026-11-30 laptop lost\r\n"
      "spiffe://farm/kso/work/box-1\tdisk stolen");
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->size(), 2U);
  EXPECT_THAT(
      std::string(list->Check("spiffe://farm/kso/submit/ann", Serial("A1b2C"))
                      .message()),
      HasSubstr("is revoked: 2026-11-30 laptop lost"));
  EXPECT_TRUE(list->Check("spiffe://farm/kso/submit/ann", Serial("a1b2")).ok());
  EXPECT_THAT(std::string(list->Check(kBox, Serial("1")).message()),
              HasSubstr("work/box-1 is revoked: disk stolen"));
  for (const char* other :
       {"spiffe://farm/kso/work/box-11", "spiffe://farm/kso/admin/box-1",
        "spiffe://other/kso/work/box-1"}) {
    EXPECT_TRUE(list->Check(other, Serial("1")).ok()) << other;
  }
}

TEST(RevocationListTest, AnEmptyOneRevokesNothingAndReadsNoSerial) {
  const auto list = RevocationList::Parse("# nothing yet\n");
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->Check(kBox,
                          [] {
                            ADD_FAILURE() << "nobody needs the serial";
                            return std::string();
                          })
                  .ok());
}

TEST(RevocationListTest, ACertificateWithoutAReadableSerialIsNotTheEmptyOne) {
  const auto list = RevocationList::Parse("serial:0\n");
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->Check(kBox, Serial("")).ok());
  EXPECT_FALSE(list->Check(kBox, Serial("00")).ok());
}

TEST(RevocationListTest, WhatIsMisspeltIsNamedAndNeverPassedOver) {
  for (const char* bad :
       {"box-1", "serial:", "serial:0x12", "serial:12g", "serial: 12",
        "spiffe://farm/kso/root/box-1", "spiffe://farm/kso/work/",
        "SPIFFE//farm/kso/work/box-1", "12345"}) {
    const auto list = RevocationList::Parse(std::string("# one\n") + bad);
    EXPECT_THAT(std::string(list.status().message()), HasSubstr("line 2"))
        << bad;
    EXPECT_FALSE(RevocationLine(bad, "").ok()) << bad;
  }
}

TEST(RevocationListTest, ALineThatIsMadeIsRead) {
  const auto line = RevocationLine("serial:00AB", "it was\nstolen");
  ASSERT_TRUE(line.ok());
  const auto list = RevocationList::Parse(*line);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->size(), 1U);
  EXPECT_FALSE(list->Check(kBox, Serial("ab")).ok());
}

}  // namespace
}  // namespace kso::pki
