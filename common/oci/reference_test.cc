// SPDX-License-Identifier: Apache-2.0
#include "common/oci/reference.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::oci {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'b');

TEST(ReferenceTest, NormalizesAsDockerDoes) {
  const auto expect = [](const std::string& text, const std::string& normal) {
    const auto reference = Reference::Parse(text);
    ASSERT_TRUE(reference.ok()) << reference.status();
    EXPECT_EQ(reference->ToString(), normal);
  };
  expect("nginx", "docker.io/library/nginx:latest");
  expect("nginx:1.25.2-alpine", "docker.io/library/nginx:1.25.2-alpine");
  expect("amazon/aws-alb:v2", "docker.io/amazon/aws-alb:v2");
  expect("index.docker.io/nginx", "docker.io/library/nginx:latest");
  for (const std::string host :
       {"docker.io", "index.docker.io", "registry-1.docker.io",
        "registry.hub.docker.com", "Docker.io", "registry-1.docker.io:443"}) {
    expect(host + "/library/nginx:1", "docker.io/library/nginx:1");
    expect(host + "/nginx:1", "docker.io/library/nginx:1");
    expect(host + "/amazon/x:1", "docker.io/amazon/x:1");
  }
  expect("Registry.K8s.io/pause:3.9", "registry.k8s.io/pause:3.9");
  expect("registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9");
  // Without its capital letters it would be a repository of Docker Hub.
  expect("MyRegistry/app:1", "MyRegistry/app:1");
  expect("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest");
  expect("[::1]:5000/a", "[::1]:5000/a:latest");
  expect("localhost/a:1", "localhost/a:1");
  expect("quay.io/a@" + kDigest, "quay.io/a@" + kDigest);
  expect("quay.io/a:1@" + kDigest, "quay.io/a:1@" + kDigest);
  expect("gcr.io/a-b/c__d.e_f--g", "gcr.io/a-b/c__d.e_f--g:latest");
}

TEST(ReferenceTest, RefusesWhatIsNotSafeInAPathOrUrl) {
  for (const std::string& text : {std::string(),
                                  std::string("/a"),
                                  std::string("a/"),
                                  std::string("quay.io/../a"),
                                  std::string("quay.io/a//b"),
                                  std::string("quay.io/A"),
                                  std::string("quay.io/a:"),
                                  std::string("quay.io/a:-x"),
                                  std::string("quay.io/a b"),
                                  std::string("quay.io/a?x"),
                                  std::string("quay.io/a%2f"),
                                  std::string("quay.io/a..b"),
                                  std::string("quay.io/a___b"),
                                  std::string("quay.io/.a"),
                                  std::string("quay.io:99999/a"),
                                  std::string("quay.io:x/a"),
                                  std::string("-quay.io/a"),
                                  std::string("user@quay.io/a"),
                                  std::string("https://quay.io/a"),
                                  std::string("quay.io/a\n"),
                                  "quay.io/a:" + std::string(129, 'x'),
                                  "quay.io/" + std::string(256, 'x'),
                                  "quay.io/a@" + kDigest + "0",
                                  std::string(64, 'a')}) {
    EXPECT_EQ(Reference::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ReferenceTest, AReferenceWithALoginIsRefusedWithoutIt) {
  for (const std::string& text :
       {std::string("u:secret@quay.io/a:1"),
        std::string("u:secret/more@quay.io/a:1"),
        std::string("u:more@secret/more@quay.io/a:1"),
        std::string("https://u:secret@quay.io/a:1"),
        std::string("quay.io/a:1?secret"), "u:secret@quay.io/a@" + kDigest}) {
    const std::string message(Reference::Parse(text).status().message());
    EXPECT_NE(message, "") << text;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
  const std::string message(
      Reference::Parse("u:secret@quay.io/a:1").status().message());
  EXPECT_NE(message.find("docker login"), std::string::npos) << message;
}

TEST(ReferenceTest, AsksForTheDigestBeforeTheTag) {
  EXPECT_EQ(Reference::Parse("a:1@" + kDigest)->Identifier(), kDigest);
  EXPECT_EQ(Reference::Parse("a:1")->Identifier(), "1");
}

TEST(ReferenceTest, DockerIoIsServedElsewhere) {
  EXPECT_EQ(RegistryHost("docker.io"), "registry-1.docker.io");
  EXPECT_EQ(RegistryHost("quay.io"), "quay.io");
}

}  // namespace
}  // namespace kso::oci
