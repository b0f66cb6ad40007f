// SPDX-License-Identifier: Apache-2.0
#include "common/release/image_patterns.h"

#include "gtest/gtest.h"

namespace kso::release {
namespace {

TEST(ImagePatternsTest, StarStandsForAnyRun) {
  EXPECT_TRUE(MatchesGlob("docker.io/amazon/*", "docker.io/amazon/a/b"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a*b*c", "a-bb-b-c"));
  EXPECT_TRUE(MatchesGlob("*/x", "host/y/x"));
  EXPECT_FALSE(MatchesGlob("docker.io/amazon/*", "docker.io/amazonx/a"));
  EXPECT_FALSE(MatchesGlob("a*b", "a-b-c"));
  EXPECT_FALSE(MatchesGlob("a.c", "abc"));
  EXPECT_FALSE(MatchesGlob("", "a"));
}

TEST(ImagePatternsTest, AnExactPatternIsAReferenceAsDockerTakesIt) {
  const oci::Reference nginx = *oci::Reference::Parse("nginx:1.25");
  EXPECT_TRUE(MatchesImage("nginx", nginx));
  EXPECT_TRUE(MatchesImage("nginx:1.25", nginx));
  EXPECT_TRUE(MatchesImage("library/nginx:1.25", nginx));
  EXPECT_TRUE(MatchesImage("index.docker.io/library/nginx", nginx));
  EXPECT_TRUE(MatchesImage("docker.io/library/nginx:1.25", nginx));
  EXPECT_TRUE(MatchesImage("*nginx:1.25", nginx));
  EXPECT_FALSE(MatchesImage("nginx:1.26", nginx));
  EXPECT_FALSE(MatchesImage("nginx:latest", nginx));
  EXPECT_FALSE(MatchesImage("quay.io/library/nginx", nginx));
  EXPECT_FALSE(MatchesImage("", nginx));
}

TEST(ImagePatternsTest, APatternHasTheCharactersOfReferences) {
  EXPECT_TRUE(IsImagePattern("docker.io/amazon/*"));
  EXPECT_FALSE(IsImagePattern(""));
  EXPECT_FALSE(IsImagePattern("a b"));
}

}  // namespace
}  // namespace kso::release
