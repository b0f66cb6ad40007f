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
}

TEST(WithoutLoginTest, WhatHasNoneIsShownAsItIs) {
  for (const char* text :
       {"quay.io/a/b:1", "quay.io/a/b@sha256:12", "nginx", "nginx:1.25",
        "registry:5000/a", "localhost:5000/a@sha256:12",
        "docker://127.0.0.1:5000/team", "oci-archive:/var/tmp/a.tar", ""}) {
    EXPECT_EQ(WithoutLogin(text), text);
  }
}

}  // namespace
}  // namespace kso
