// SPDX-License-Identifier: Apache-2.0
#include "common/access/role.h"

#include "gtest/gtest.h"

namespace kso::access {
namespace {

TEST(RoleTest, EveryNameIsReadBackAndOthersAreRefused) {
  for (const Role role : kRoles) {
    EXPECT_EQ(ParseRole(RoleName(role)).value(), role);
  }
  for (const std::string_view name :
       {"", "Admin", "root", "view ", "view\n", "worker", "*"}) {
    EXPECT_EQ(ParseRole(name).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

TEST(RoleTest, AdminMayDoEverything) {
  for (const Role role : kRoles) {
    EXPECT_TRUE(RoleSet({Role::kAdmin}).Allows({role})) << RoleName(role);
  }
}

TEST(RoleTest, SubmitImpliesViewAndNothingElse) {
  const RoleSet submit = {Role::kSubmit};
  EXPECT_TRUE(submit.Allows({Role::kSubmit}));
  EXPECT_TRUE(submit.Allows({Role::kView}));
  EXPECT_FALSE(submit.Allows({Role::kWork}));
  EXPECT_FALSE(submit.Allows({Role::kAdmin}));
}

TEST(RoleTest, ViewAndWorkImplyNothing) {
  for (const Role role : kRoles) {
    EXPECT_EQ(RoleSet({Role::kView}).Allows({role}), role == Role::kView);
    EXPECT_EQ(RoleSet({Role::kWork}).Allows({role}), role == Role::kWork);
  }
}

TEST(RoleTest, OneOfTheRolesThatAreAskedForIsEnough) {
  EXPECT_TRUE(RoleSet({Role::kWork}).Allows({Role::kView, Role::kWork}));
  EXPECT_TRUE(RoleSet({Role::kView}).Allows({Role::kView, Role::kWork}));
}

TEST(RoleTest, NobodyMayDoWhatAsksForNoRole) {
  EXPECT_FALSE(RoleSet({Role::kAdmin}).Allows({}));
  EXPECT_FALSE(RoleSet().Allows({Role::kView}));
}

TEST(RoleTest, IsDescribedInWords) {
  EXPECT_EQ(DescribeRoles({Role::kWork, Role::kView}), "view or work");
  EXPECT_EQ(DescribeRoles({Role::kAdmin}), "admin");
  EXPECT_EQ(DescribeRoles({}), "");
}

}  // namespace
}  // namespace kso::access
