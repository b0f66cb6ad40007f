// SPDX-License-Identifier: Apache-2.0
#include "common/layer/formats.h"

#include "common/oci/media_types.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(FormatsTest, DockersLayersAreKnownAndMadeAsOcis) {
  const LayerFormat* format = FindLayerFormat(oci::kDockerLayerGzip);
  ASSERT_NE(format, nullptr);
  EXPECT_EQ(format->media_type, oci::kOciLayerGzip);
  EXPECT_EQ(format->compression, Compression::kGzip);
  EXPECT_FALSE(IsLayerType(oci::kDockerLayerGzip));
}

TEST(FormatsTest, OtherTypesAreNoLayers) {
  for (const char* type : {"", "application/zip", "+gzip",
                           "application/vnd.oci.image.layer.v1.tar+bzip2"}) {
    EXPECT_EQ(FindLayerFormat(type), nullptr) << type;
    EXPECT_FALSE(IsLayerType(type)) << type;
  }
}

TEST(FormatsTest, MessagesNameAllThatAreMade) {
  EXPECT_EQ(LayerTypes(),
            "application/vnd.oci.image.layer.v1.tar+gzip, "
            "application/vnd.oci.image.layer.v1.tar+zstd or "
            "application/vnd.oci.image.layer.v1.tar");
}

}  // namespace
}  // namespace kso
