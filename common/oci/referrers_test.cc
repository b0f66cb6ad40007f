// SPDX-License-Identifier: Apache-2.0
#include "common/oci/referrers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/oci/documents.h"
#include "common/oci/media_types.h"

namespace kso::oci {
namespace {

Referrer ReferrerOf(const std::string& text, const std::string& type) {
  return {MakeDocument(kOciManifest, text).content_descriptor(), type, {}};
}

TEST(ReferrersTest, AListReadsAsItWasMade) {
  Referrer referrer = ReferrerOf("a", "text/plain");
  referrer.annotations = {{"org.opencontainers.image.title", "a.txt"}};
  const v1::Document index =
      MakeReferrersIndex({referrer, ReferrerOf("b", "")});
  const auto read =
      ParseReferrers(index.content(), index.content_descriptor().media_type());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].manifest.digest(), referrer.manifest.digest());
  EXPECT_EQ((*read)[0].artifact_type, "text/plain");
  EXPECT_EQ((*read)[0].annotations, referrer.annotations);
  EXPECT_EQ((*read)[1].artifact_type, "");
  EXPECT_EQ(MakeReferrersIndex(*read).content(), index.content());
}

// A registry could not have read the manifest of such an entry either.
TEST(ReferrersTest, OddFieldsAreRefused) {
  const std::string digest = ReferrerOf("a", "").manifest.digest();
  const std::string entry = R"({"mediaType":")" + std::string(kOciManifest) +
                            R"(","digest":")" + digest + R"(","size":1)";
  const auto read = [&entry](const std::string& more) {
    return ParseReferrers(
        R"({"schemaVersion":2,"manifests":[)" + entry + more + "}]}",
        kOciIndex);
  };
  const auto plain = read(R"(,"other":7,"annotations":{"y":"z"})");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ((*plain)[0].artifact_type, "");
  EXPECT_EQ((*plain)[0].annotations.size(), 1u);
  EXPECT_FALSE(read(R"(,"annotations":{"x":[1]})").ok());
  EXPECT_FALSE(ParseReferrers("{}", kOciIndex).ok());
  EXPECT_FALSE(
      ParseReferrers(R"({"schemaVersion":2,"manifests":["x"]})", kOciIndex)
          .ok());
}

TEST(ReferrersTest, ListsAreMergedInOneOrder) {
  const Referrer a = ReferrerOf("a", "");
  const Referrer typed = ReferrerOf("a", "text/plain");
  const Referrer b = ReferrerOf("b", "");
  const std::string merged =
      MakeReferrersIndex(MergeReferrers({typed, b}, {a})).content();
  EXPECT_EQ(merged,
            MakeReferrersIndex(MergeReferrers({b, typed}, {})).content());
  EXPECT_EQ(MergeReferrers({typed}, {a})[0].artifact_type, "text/plain");
  EXPECT_EQ(MergeReferrers({}, {a, b, a}).size(), 2u);
}

}  // namespace
}  // namespace kso::oci
