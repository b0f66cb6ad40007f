// SPDX-License-Identifier: Apache-2.0
#include "common/oci/destination.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::oci {
namespace {

TEST(DestinationTest, RegistryWithAndWithoutPath) {
  const auto with_path = ParseDestination("docker://registry.example.com/team");
  ASSERT_TRUE(with_path.ok()) << with_path.status();
  EXPECT_EQ(with_path->kind(), v1::Destination::REGISTRY);
  EXPECT_EQ(DestinationHost(*with_path), "registry.example.com");
  EXPECT_EQ(DestinationRepository(*with_path, "kubespray-files"),
            "team/kubespray-files");

  const auto bare = ParseDestination("docker://127.0.0.1:5000/");
  ASSERT_TRUE(bare.ok()) << bare.status();
  EXPECT_EQ(DestinationHost(*bare), "127.0.0.1:5000");
  EXPECT_EQ(DestinationRepository(*bare, "kubespray-files"), "kubespray-files");
}

TEST(DestinationTest, PathsOnDisk) {
  const auto layout = ParseDestination("oci:./out:put");
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ(layout->kind(), v1::Destination::OCI_LAYOUT);
  EXPECT_EQ(layout->location(), "./out:put");
  const auto archive = ParseDestination("oci-archive:/tmp/out.tar");
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(archive->kind(), v1::Destination::OCI_ARCHIVE);
  EXPECT_EQ(DestinationRepository(*archive, "kubespray-files"),
            "kubespray-files");
}

TEST(DestinationTest, FormatsWhatItParsed) {
  for (const char* text :
       {"docker://quay.io/a/b", "oci:dir", "oci-archive:file.tar"}) {
    EXPECT_EQ(FormatDestination(*ParseDestination(text)), text);
  }
}

TEST(DestinationTest, RefusesWithAReason) {
  for (const char* text :
       {"", "docker://", "docker:///team", "docker://team/images",
        "docker://quay.io/Team", "docker://quay.io/team:tag",
        "docker://quay.io/../etc", "docker://user:password@quay.io/a",
        "oci:", "oci-archive:", "registry.example.com/team", "dir:/tmp"}) {
    const auto destination = ParseDestination(text);
    EXPECT_EQ(destination.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(DestinationTest, ADestinationWithALoginIsRefusedWithoutIt) {
  for (const char* text :
       {"docker://u:secret@quay.io/a", "docker://u:secret/more@quay.io/a",
        "https://u:secret@quay.io/a", "docker://u:more?secret@quay.io/a"}) {
    const std::string message(ParseDestination(text).status().message());
    EXPECT_NE(message, "") << text;
    EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace kso::oci
