// SPDX-License-Identifier: Apache-2.0
#include "common/closure/release_index.h"

#include <string>

#include "common/text/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::closure {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ReleaseIndex Index() {
  ReleaseIndex index;
  IndexedFile& file = index.files.emplace_back();
  file.path = "dl.k8s.io/v1/kubelet";
  file.verdict.set_name("https://dl.k8s.io/v1/kubelet");
  file.verdict.set_location("files-amd64.list:3");
  file.verdict.set_verdict(v1::ItemVerdict::WAIVED);
  file.verdict.set_digest("sha256:aa");
  file.verdict.set_stated("sha256:bb");
  file.verdict.set_waived_because("<b>rebuilt</b>");
  file.verdict.set_size(7);
  file.verdict.add_listed_architectures("amd64");
  file.verdict.add_architectures("amd64");
  IndexedImage& image = index.images.emplace_back();
  image.repository = "k8s/pause";
  image.tag = "3.9";
  image.platforms = {"linux/amd64", "linux/arm64"};
  image.verdict.set_name("registry.k8s.io/pause:3.9");
  image.verdict.set_verdict(v1::ItemVerdict::UNSTATED);
  image.verdict.set_digest("sha256:cc");
  index.missing_platforms = {"docker.io/amazon/x:1 lacks linux/arm64"};
  index.missing_platforms_meaning = "the play fails";
  return index;
}

TEST(ReleaseIndexTest, IndexJsonTellsEachItemItsVerdictAndOrigin) {
  const auto json = ParseJson(IndexJson(Index()));
  ASSERT_TRUE(json.ok()) << json.status();
  const Json& file = json->at("files").at(0);
  EXPECT_EQ(file.at("url"), "https://dl.k8s.io/v1/kubelet");
  EXPECT_EQ(file.at("path"), "dl.k8s.io/v1/kubelet");
  EXPECT_EQ(file.at("digest"), "sha256:aa");
  EXPECT_EQ(file.at("stated"), "sha256:bb");
  EXPECT_EQ(file.at("verdict"), "waived");
  EXPECT_EQ(file.at("waivedBecause"), "<b>rebuilt</b>");
  EXPECT_EQ(file.at("variable"), "dl_k8s_io_url");
  EXPECT_EQ(file.at("architectures"), Json::array({"amd64"}));
  EXPECT_EQ(file.at("size"), 7);
  const Json& image = json->at("images").at(0);
  EXPECT_EQ(image.at("reference"), "registry.k8s.io/pause:3.9");
  EXPECT_EQ(image.at("repository"), "k8s/pause");
  EXPECT_EQ(image.at("verdict"), "unstated");
  EXPECT_EQ(image.at("variable"), "kube_image_repo");
  EXPECT_EQ(image.at("platforms"), Json::array({"linux/amd64", "linux/arm64"}));
  // The place in a list may change while the content stays.
  EXPECT_THAT(IndexJson(Index()), Not(HasSubstr("files-amd64.list")));
}

TEST(ReleaseIndexTest, IndexHtmlShowsTheSameAndActsOnNothing) {
  EXPECT_THAT(IndexHtml(Index()),
              AllOf(HasSubstr("<a href=\"dl.k8s.io/v1/kubelet\">"),
                    HasSubstr("&lt;b&gt;rebuilt&lt;/b&gt;"),
                    HasSubstr("k8s/pause:3.9"), HasSubstr("the play fails."),
                    HasSubstr("2 items: 0 matched, 1 unstated, 1 waived"),
                    Not(HasSubstr("<script")), Not(HasSubstr("<b>"))));
}

TEST(ReleaseIndexTest, Sha256SumsAreAsSha256sumReadsThem) {
  EXPECT_EQ(Sha256Sums({{"dl.k8s.io/b", "sha256:bb"}, {"a", "sha256:aa"}}),
            "aa  a\nbb  dl.k8s.io/b\n");
}

}  // namespace
}  // namespace kso::closure
