// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/runc_version.h"

#include <string>

#include "common/base/strings.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

std::string RemarkOn(std::string_view version, std::string_view package) {
  return RuncRemark(Concat("runc version ", version, "\ncommit: ", package,
                           "\nspec: 1.0.2-dev\ngo: go1.19.8\n"));
}

bool Names(const std::string& remark, std::string_view hole) {
  return remark.find(hole) != std::string::npos;
}

TEST(RuncVersionTest, AnOldOneIsNamedWithItsHoles) {
  const std::string remark = RemarkOn("1.1.5", "v1.1.5-0-gf19387a6");
  EXPECT_TRUE(Names(remark, "runc 1.1.5 (v1.1.5-0-gf19387a6) may")) << remark;
  EXPECT_TRUE(Names(remark, "CVE-2024-21626")) << remark;
  EXPECT_TRUE(Names(remark, "CVE-2025-31133")) << remark;
}

TEST(RuncVersionTest, DebianMendedTheFirstWithoutANewVersion) {
  const std::string remark = RemarkOn("1.1.5+ds1", "1.1.5+ds1-1+deb12u1");
  EXPECT_FALSE(Names(remark, "CVE-2024-21626")) << remark;
  EXPECT_TRUE(Names(remark, "CVE-2025-52881")) << remark;
}

TEST(RuncVersionTest, HolesEndWithTheVersionsThatMendThem) {
  EXPECT_TRUE(Names(RemarkOn("1.1.11", "x"), "CVE-2024-21626"));
  EXPECT_FALSE(Names(RemarkOn("1.1.12", "x"), "CVE-2024-21626"));
  EXPECT_TRUE(Names(RemarkOn("1.1.15+ds1", "x"), "CVE-2025-52565"));
  EXPECT_TRUE(Names(RemarkOn("1.2.7", "x"), "CVE-2025-52565"));
  EXPECT_EQ(RemarkOn("1.2.8", "x"), "");
  EXPECT_TRUE(Names(RemarkOn("1.3.0", "x"), "CVE-2025-52565"));
  EXPECT_TRUE(Names(RemarkOn("1.3.2", "x"), "CVE-2025-52565"));
  EXPECT_EQ(RemarkOn("1.3.3", "x"), "");
  EXPECT_EQ(RemarkOn("1.4.0", "x"), "");
  EXPECT_EQ(RemarkOn("2.0.0", "x"), "");
}

TEST(RuncVersionTest, WhatIsNoVersionIsNotJudged) {
  EXPECT_EQ(RuncRemark(""), "");
  EXPECT_EQ(RuncRemark("crun version 1.8.1\ncommit: f8a096be\n"), "");
  EXPECT_EQ(RemarkOn("unknown", "x"), "");
  EXPECT_EQ(RemarkOn("1.1", "x"), "");
  EXPECT_EQ(RemarkOn("1.1.5.6", "x"), "");
}

}  // namespace
}  // namespace kso::worker
