// SPDX-License-Identifier: Apache-2.0
#include "common/oci/layout_index.h"

#include <string>

#include "absl/status/status.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::oci {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;

std::string EntryOf(const std::string& more = "") {
  return Concat(R"({"mediaType":")", kOciIndex, R"(","digest":")",
                Sha256Of("x").ToString(), R"(","size":7)", more, "}");
}

TEST(LayoutIndexTest, TellsTheImagesAndWhatIsSaidOfAll) {
  const auto contents = ReadLayoutIndex(Concat(
      R"({"schemaVersion":2,"manifests":[)",
      EntryOf(
          R"(,"annotations":{"org.opencontainers.image.ref.name":"tool:v1"})"),
      ",", EntryOf(), R"(],"annotations":{"since":"v0"}})"));
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_THAT(contents->images, SizeIs(2));
  EXPECT_EQ(contents->images[0].name, "tool:v1");
  EXPECT_EQ(contents->images[0].descriptor.digest(), Sha256Of("x").ToString());
  EXPECT_EQ(contents->images[0].descriptor.size(), 7);
  EXPECT_EQ(contents->images[1].name, "");
  EXPECT_THAT(contents->annotations, ElementsAre(Pair("since", "v0")));
}

TEST(LayoutIndexTest, WhatWasMergedIsRead) {
  LayoutImage image;
  image.index.set_media_type(std::string(kOciIndex));
  image.index.set_digest(Sha256Of("x").ToString());
  image.index.set_size(7);
  image.ref_names = {"tool:v1", "tool:latest"};
  const auto merged = MergeLayoutIndex("", {image}, {{"since", "v0"}});
  ASSERT_TRUE(merged.ok()) << merged.status();
  const auto contents = ReadLayoutIndex(*merged);
  ASSERT_TRUE(contents.ok()) << contents.status();
  ASSERT_THAT(contents->images, SizeIs(2));
  EXPECT_EQ(contents->images[1].name, "tool:latest");
  EXPECT_THAT(contents->annotations, ElementsAre(Pair("since", "v0")));
}

TEST(LayoutIndexTest, WhatIsNoIndexIsRefused) {
  for (const std::string& index :
       {std::string("{}"), std::string("["), std::string("null"),
        std::string(R"({"schemaVersion":2,"manifests":{}})"),
        std::string(R"({"schemaVersion":2,"manifests":[{"digest":"x"}]})"),
        Concat(R"({"schemaVersion":2,"manifests":[)", EntryOf(), "],",
               R"("Manifests":[]})"),
        Concat(R"({"schemaVersion":2,"manifests":[)",
               EntryOf(R"(,"urls":["https://example.com/x"])"), "]}")}) {
    const absl::Status status = ReadLayoutIndex(index).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << index << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("index.json: "));
  }
}

}  // namespace
}  // namespace kso::oci
