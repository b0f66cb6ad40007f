// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/sibling.h"

#include <archive.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/memory_registry.h"
#include "tests/fakes/tar_layers.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

constexpr char kRepository[] = "team/kubespray-files";

class SiblingTest : public ::testing::Test {
 protected:
  SiblingTest() {
    const std::vector<testing::TarEntry> last = {
        testing::File("opt/k8s/k8s/index.json", "{}")};
    const std::string config = Concat(
        "{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{"
        "\"type\":\"layers\",\"diff_ids\":[\"",
        Sha256Of("not read").ToString(), "\",\"",
        Sha256Of(testing::LayerBytes(last).bytes()).ToString(), "\"]}}");
    // One that nobody can read.
    const std::string first = Put(oci::kOciLayerGzip, "not read");
    const std::string manifest = Concat(
        "{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciManifest,
        "\",\"config\":", Put(oci::kOciConfig, config), ",\"layers\":[", first,
        ",",
        Put(oci::kOciLayerGzip,
            testing::LayerBytes(last, archive_write_add_filter_gzip).bytes()),
        "]}");
    const v1::Document document =
        oci::MakeDocument(oci::kOciManifest, manifest);
    EXPECT_TRUE(registry_.PutManifest(kRepository, document, "").ok());
    const v1::Document index = oci::MakeDocument(
        oci::kOciIndex,
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciIndex,
               "\",\"manifests\":[{\"mediaType\":\"", oci::kOciManifest,
               "\",\"digest\":\"", document.content_descriptor().digest(),
               "\",\"size\":", manifest.size(),
               ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}"
               "]}"));
    EXPECT_TRUE(registry_.PutManifest(kRepository, index, "v1").ok());
  }

  std::string Put(std::string_view type, const std::string& content) {
    const v1::Document blob = oci::MakeDocument(type, content);
    EXPECT_TRUE(registry_
                    .PutBlob(kRepository, blob.content_descriptor(),
                             [&content](int64_t offset) {
                               return SourceOfString(content, offset);
                             })
                    .ok());
    return Concat("{\"mediaType\":\"", type, "\",\"digest\":\"",
                  blob.content_descriptor().digest(),
                  "\",\"size\":", content.size(), "}");
  }

  testing::MemoryRegistry registry_;
};

TEST_F(SiblingTest, OnlyTheLastLayerIsRead) {
  const auto scan = ScanLastLayer(registry_, kRepository, "v1");
  ASSERT_TRUE(scan.ok()) << scan.status();
  EXPECT_THAT((*scan)->files, ElementsAre(Key("opt/k8s/k8s/index.json")));
}

TEST_F(SiblingTest, WhatIsNotThereIsNotFound) {
  EXPECT_TRUE(
      absl::IsNotFound(ScanLastLayer(registry_, kRepository, "v2").status()));
  v1::Platform arm64;
  arm64.set_os("linux");
  arm64.set_architecture("arm64");
  EXPECT_TRUE(absl::IsNotFound(
      ScanLastLayer(registry_, kRepository, "v1", &arm64).status()));
}

TEST(SiblingOfTest, IsTheOtherImageOfTheRelease) {
  EXPECT_EQ(SiblingOf("team/kubespray-files"), "team/kubespray-images");
  EXPECT_EQ(SiblingOf("kubespray-images"), "kubespray-files");
  EXPECT_EQ(SiblingOf("team/my-kubespray-files"), "");
  EXPECT_EQ(SiblingOf("team/nginx"), "");
}

}  // namespace
}  // namespace kso::cli
