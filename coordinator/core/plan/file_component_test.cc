// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/file_component.h"

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(ComponentOfTest, StaysTheSameFromReleaseToRelease) {
  EXPECT_EQ(ComponentOf("github.com/etcd-io/etcd/releases/download/v3/x.tgz"),
            "github.com/etcd-io/etcd");
  EXPECT_EQ(ComponentOf("dl.k8s.io/release/v1.29.10/bin/linux/amd64/kubelet"),
            "dl.k8s.io/release");
  EXPECT_EQ(ComponentOf("get.helm.sh/helm-v3.14.4-linux-amd64.tar.gz"),
            "get.helm.sh");
}

}  // namespace
}  // namespace kso::coordinator
