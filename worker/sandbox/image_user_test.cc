// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/image_user.h"

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

absl::StatusOr<std::string> ReadExample(std::string_view path) {
  if (path == "etc/passwd") {
    return "root:x:0:0:root:/root:/bin/sh\nbroken\n"
           "nginx:x:101:102:nginx:/nonexistent:/bin/false\n";
  }
  if (path == "etc/group") {
    return "root:x:0:\nnginx:x:102:\nadm:x:4:root,nginx\nweb:x:33:nginx\n";
  }
  return absl::NotFoundError("");
}

absl::StatusOr<std::string> ReadNothing(std::string_view) {
  return absl::NotFoundError("");
}

// "UID GID GROUP,GROUP".
std::string Resolve(std::string_view user) {
  const auto found = ResolveImageUser(user, ReadExample);
  if (!found.ok()) return std::string(found.status().message());
  std::string text =
      std::to_string(found->uid) + " " + std::to_string(found->gid);
  for (const uint32_t group : found->groups) {
    text += " " + std::to_string(group);
  }
  return text;
}

TEST(ImageUserTest, FindsNamesInTheImage) {
  EXPECT_EQ(Resolve(""), "0 0");
  EXPECT_EQ(Resolve("nginx"), "101 102 4 33");
  EXPECT_EQ(Resolve("nginx:web"), "101 33");
  EXPECT_EQ(Resolve("nginx:7"), "101 7");
}

TEST(ImageUserTest, NumbersNeedNoName) {
  EXPECT_EQ(Resolve("101"), "101 102 4 33");
  EXPECT_EQ(Resolve("65532"), "65532 0");
  EXPECT_EQ(Resolve("65532:65533"), "65532 65533");
  const auto bare = ResolveImageUser("65532:65533", ReadNothing);
  ASSERT_TRUE(bare.ok());
  EXPECT_EQ(bare->gid, 65533u);
}

TEST(ImageUserTest, SaysWhichNameIsNotThere) {
  EXPECT_EQ(Resolve("nobody"),
            "the image runs as the user \"nobody\", which its etc/passwd does "
            "not have");
  EXPECT_EQ(Resolve("nginx:staff"),
            "the image runs as the group \"staff\", which its etc/group does "
            "not have");
  EXPECT_FALSE(ResolveImageUser("root", ReadNothing).ok());
}

}  // namespace
}  // namespace kso::worker
