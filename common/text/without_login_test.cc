// SPDX-License-Identifier: Apache-2.0
#include "common/text/without_login.h"

#include <gtest/gtest.h>

namespace kso {
namespace {

TEST(WithoutLoginTest, ImagesAndDestinationsAreShownWithoutTheirLogins) {
  EXPECT_EQ(WithoutLogin("u:secret@quay.io/a/b:1"), "quay.io/a/b:1");
  EXPECT_EQ(WithoutLogin("u:secret/more@quay.io/a/b:1"), "***");
  EXPECT_EQ(WithoutLogin("u:secret@quay.io/a@sha256:12"), "***");
  EXPECT_EQ(WithoutLogin("docker://u:secret@quay.io/team"),
            "docker://quay.io/team");
  EXPECT_EQ(WithoutLogin("docker://u:secret/more@quay.io/team"),
            "docker://***");
  EXPECT_EQ(WithoutLogin("secret/more@quay.io/a"), "***");
  EXPECT_EQ(WithoutLogin("localhost:p1/more@quay.io/a"), "***");
  EXPECT_EQ(WithoutLogin("http://[u:secret/more@quay.io"), "http://***");
}

TEST(WithoutLoginTest, ASchemeMayHaveMoreThanLetters) {
  EXPECT_EQ(WithoutLogin("a1+b-c.d://u:secret@quay.io/a"),
            "a1+b-c.d://quay.io/a");
  EXPECT_EQ(WithoutLogin("no scheme://u:secret@quay.io/a"), "***");
}

TEST(WithoutLoginTest, QueriesAndFragmentsAreNotShown) {
  EXPECT_EQ(WithoutLogin("https://quay.io/a?token=secret"),
            "https://quay.io/a");
  EXPECT_EQ(WithoutLogin("https://u:p@quay.io#secret"), "https://quay.io");
}

TEST(WithoutLoginTest, WhatHasNoneIsShownAsItIs) {
  for (const char* text :
       {"quay.io/a/b:1", "quay.io/a/b@sha256:12", "nginx", "nginx:1.25",
        "registry:5000/a", "localhost:5000/a@sha256:12",
        "docker://127.0.0.1:5000/team", "[::1]:5000/a@sha256:12",
        "oci-archive:/var/tmp/a.tar", ""}) {
    EXPECT_EQ(WithoutLogin(text), text);
  }
}

}  // namespace
}  // namespace kso
