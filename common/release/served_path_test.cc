// SPDX-License-Identifier: Apache-2.0
#include "common/release/served_path.h"

#include <string>

#include "gtest/gtest.h"

namespace kso::release {
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
           "https://host/a%2Fb",
           "https://host/a%00b",
           "https://host/a%0ab",
           "https://host/a%",
           "https://host/a%2",
           "https://host/a%zz",
           "https://host/a%25",
           "https://host/a b",
           "https://host/a\\b",
           "https://host/file?version=1",
           "https://host/file#part",
           "https://user:secret@host/file",
           "https://ho st/file",
           "https://../file",
       }) {
    EXPECT_FALSE(ServedPath(url).ok()) << url;
    EXPECT_TRUE(CheckUrl(url).has_value()) << url;
  }
}

// Layers delete what is below them by files of such names.
TEST(ServedPathTest, RefusesWhiteouts) {
  for (const char* url :
       {"https://host/.wh.file", "https://host/.wh..wh..opq",
        "https://host/.wh.directory/file", "https://host/%2ewh.file"}) {
    EXPECT_FALSE(ServedPath(url).ok()) << url;
  }
  EXPECT_TRUE(ServedPath("https://host/a.wh.file").ok());
  EXPECT_TRUE(ServedPath("https://host/.whatever").ok());
}

TEST(ServedPathTest, KeepsWithinTheLimitsOfLinux) {
  const std::string longest(255, 'a');
  EXPECT_TRUE(ServedPath("https://host/" + longest).ok());
  EXPECT_FALSE(ServedPath("https://host/" + longest + "a").ok());
  // With opt/k8s/k8s/ before it, a path has 4095 bytes at most.
  std::string path = "host";
  while (path.size() + 256 <= 4095 - 12) path += "/" + longest;
  path += "/" + std::string(4095 - 12 - path.size() - 1, 'b');
  EXPECT_TRUE(ServedPath("https://" + path).ok());
  EXPECT_FALSE(ServedPath("https://" + path + "b").ok());
}

TEST(ServedPathTest, TheReasonDoesNotRepeatAPassword) {
  const std::string message(
      ServedPath("https://user:secret@host/file").status().message());
  EXPECT_EQ(message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace kso::release
