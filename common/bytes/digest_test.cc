// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace kso {
namespace {

// FIPS 180-4's example message "abc".
constexpr char kAbcSha256[] =
    "sha256:"
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(DigestTest, ParsesWhatItPrints) {
  const auto digest = Digest::Parse(kAbcSha256);
  ASSERT_TRUE(digest.ok()) << digest.status();
  EXPECT_EQ(digest->ToString(), kAbcSha256);
  EXPECT_EQ(digest->algorithm_name(), "sha256");
  const std::string sha512 = "sha512:" + std::string(128, 'a');
  EXPECT_EQ(Digest::Parse(sha512)->ToString(), sha512);
}

TEST(DigestTest, RefusesWhatCouldEscapeFromAPath) {
  const std::string hex(64, 'a');
  for (const std::string& text :
       {std::string(), std::string("sha256"), std::string("sha256:"),
        "sha256:" + hex + "a", "sha256:" + hex.substr(1),
        "sha256:" + std::string(64, 'A'), "sha512:" + hex, "md5:" + hex,
        "sha256:../" + hex.substr(3), "sha256:" + hex + "\n", " sha256:" + hex,
        "sha256:" + hex.substr(1) + std::string(1, '\0')}) {
    EXPECT_EQ(Digest::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(HasherTest, HashesAStreamInPieces) {
  Hasher hasher;
  hasher.Update("a");
  hasher.Update("bc");
  EXPECT_EQ(hasher.Finish().ToString(), kAbcSha256);
  EXPECT_EQ(Sha256Of("abc").ToString(), kAbcSha256);
}

TEST(HasherTest, KnowsSha512) {
  Hasher hasher(Digest::Algorithm::kSha512);
  hasher.Update("abc");
  EXPECT_EQ(hasher.Finish().hex().substr(0, 16), "ddaf35a193617aba");
}

}  // namespace
}  // namespace kso
