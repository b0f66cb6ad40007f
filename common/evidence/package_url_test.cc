// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/package_url.h"

#include "gtest/gtest.h"

namespace kso::evidence {
namespace {

TEST(PackageUrlTest, AReleaseOfGithubIsNamedByItsRepository) {
  EXPECT_EQ(
      PackageUrlOfFile("https://github.com/Containerd/containerd/releases/"
                       "download/v1.7.2/containerd-1.7.2.tar.gz"),
      "pkg:github/containerd/containerd@v1.7.2?download_url=https%3A%2F%2F"
      "github.com%2FContainerd%2Fcontainerd%2Freleases%2Fdownload%2F"
      "v1.7.2%2Fcontainerd-1.7.2.tar.gz&file_name=containerd-1.7.2.tar.gz");
}

TEST(PackageUrlTest, WhatHasAMeaningInOneIsEncoded) {
  EXPECT_EQ(PackageUrlOfFile("https://github.com/o@x/r!/releases/download/v1/f")
                .substr(0, 29),
            "pkg:github/o%40x/r%21@v1?down");
}

TEST(PackageUrlTest, OtherFilesAreGeneric) {
  EXPECT_EQ(
      PackageUrlOfFile("https://dl.k8s.io/release/v1.29.10/bin/kubelet"),
      "pkg:generic/kubelet@1.29.10?download_url=https%3A%2F%2Fdl.k8s.io%2F"
      "release%2Fv1.29.10%2Fbin%2Fkubelet&file_name=kubelet");
  EXPECT_EQ(
      PackageUrlOfFile("https://example.com/latest/tool"),
      "pkg:generic/tool?download_url=https%3A%2F%2Fexample.com%2Flatest%2F"
      "tool&file_name=tool");
}

TEST(PackageUrlTest, AnImageIsNamedByItsDigest) {
  EXPECT_EQ(PackageUrlOfImage("registry.k8s.io/pause:3.9", "sha256:ab"),
            "pkg:oci/pause@sha256%3Aab?repository_url=registry.k8s.io%2Fpause"
            "&tag=3.9");
}

TEST(PackageUrlTest, VersionsAreFoundInPaths) {
  for (const auto& [url, version] :
       {std::pair("https://h/v1.29.10/kubelet", "1.29.10"),
        {"https://h/etcd-v3.5.12-linux-amd64.tar.gz", "3.5.12"},
        {"https://h/1.24/crictl-v1.29.0.tgz?raw=1", "1.29.0"},
        {"https://h/x86_64/runc.amd64", ""},
        {"https://h/latest", ""},
        {"https://h/a2.5b/tool", ""},
        {"https://h", ""}}) {
    EXPECT_EQ(VersionInUrl(url), version) << url;
  }
}

}  // namespace
}  // namespace kso::evidence
