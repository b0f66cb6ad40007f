// SPDX-License-Identifier: Apache-2.0
#include "common/oci/mirrors.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::oci {
namespace {

using Mirrors = google::protobuf::RepeatedPtrField<v1::Mirror>;

void Add(Mirrors& mirrors, const std::string& prefix,
         const std::string& location, bool insecure = false) {
  v1::Mirror* mirror = mirrors.Add();
  mirror->set_prefix(prefix);
  mirror->set_location(location);
  mirror->set_insecure(insecure);
}

ImageSource Resolve(const std::string& reference, const Mirrors& mirrors) {
  return ResolveMirror(*Reference::Parse(reference), mirrors);
}

TEST(MirrorsTest, WithoutAMatchTheReferenceStands) {
  Mirrors mirrors;
  Add(mirrors, "quay.io/", "mirror:5000/quay.io/");
  Add(mirrors, "docker.io/lib", "mirror:5000/wrong");
  const ImageSource source = Resolve("nginx", mirrors);
  EXPECT_EQ(source.host, "docker.io");
  EXPECT_EQ(source.path, "library/nginx");
  EXPECT_FALSE(source.insecure);
}

TEST(MirrorsTest, TheLongestPrefixWinsWhateverTheOrder) {
  Mirrors mirrors;
  Add(mirrors, "docker.io/", "mirror:5000/docker.io/", true);
  Add(mirrors, "docker.io/library/", "other:5000");
  const ImageSource library = Resolve("nginx", mirrors);
  EXPECT_EQ(library.host, "other:5000");
  EXPECT_EQ(library.path, "nginx");
  EXPECT_FALSE(library.insecure);
  const ImageSource rest = Resolve("amazon/a", mirrors);
  EXPECT_EQ(rest.host, "mirror:5000");
  EXPECT_EQ(rest.path, "docker.io/amazon/a");
  EXPECT_TRUE(rest.insecure);
}

TEST(MirrorsTest, SlashesAtTheSeamDoNotMatter) {
  for (const char* prefix : {"quay.io", "quay.io/"}) {
    for (const char* location : {"mirror:5000/q", "mirror:5000/q/"}) {
      Mirrors mirrors;
      Add(mirrors, prefix, location);
      EXPECT_EQ(Resolve("quay.io/a/b", mirrors).path, "q/a/b");
    }
  }
}

TEST(MirrorsTest, UrlsOfFiles) {
  Mirrors mirrors;
  Add(mirrors, "https://dl.k8s.io/", "http://mirror/dl.k8s.io/");
  Add(mirrors, "https://dl.k8s.io/release/v1", "http://never/");
  Add(mirrors, "https://example.com", "http://mirror");
  EXPECT_EQ(MirrorUrl("https://dl.k8s.io/release/v1.29/kubelet", mirrors),
            "http://mirror/dl.k8s.io/release/v1.29/kubelet");
  EXPECT_EQ(MirrorUrl("https://example.com.evil.org/a", mirrors),
            "https://example.com.evil.org/a");
  EXPECT_EQ(MirrorUrl("https://example.com/a?b", mirrors), "http://mirror/a?b");
}

}  // namespace
}  // namespace kso::oci
