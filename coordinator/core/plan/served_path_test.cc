// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/served_path.h"

#include <string>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(ServedPathTest, IsHostAndPath) {
  EXPECT_EQ(*ServedPath("https://dl.k8s.io/release/v1/kubelet"),
            "dl.k8s.io/release/v1/kubelet");
  EXPECT_EQ(*ServedPath("http://mirror:8080/a/b.tar.gz"),
            "mirror:8080/a/b.tar.gz");
}

TEST(ServedPathTest, DecodesAsNginxDoes) {
  EXPECT_EQ(*ServedPath("https://github.com/k3s/v1%2Bk3s1/k3s"),
            "github.com/k3s/v1+k3s1/k3s");
}

TEST(ServedPathTest, RefusesWhatIsNotACleanPath) {
  for (const char* url : {
           "ftp://host/file",
           "dl.k8s.io/file",
           "https:///file",
           "https://host",
           "https://host/",
           "https://host/dir/",
           "https://host//file",
           "https://host/./file",
           "https://host/a/../../etc/passwd",
           "https://host/a/%2e%2e/file",
           "https://host/a%2fb",
           "https://host/a%00b",
           "https://host/a%0ab",
           "https://host/a%",
           "https://host/a%2",
           "https://host/a%zz",
           "https://host/a b",
           "https://host/a\\b",
           "https://host/file?version=1",
           "https://host/file#part",
           "https://user:secret@host/file",
           "https://ho st/file",
           "https://../file",
       }) {
    EXPECT_FALSE(ServedPath(url).ok()) << url;
  }
  EXPECT_FALSE(ServedPath("https://host/" + std::string(256, 'a')).ok());
}

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
