// SPDX-License-Identifier: Apache-2.0
#include "common/closure/index_reader.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/closure/release_index.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::closure {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

const std::string kHex(64, 'a');

ReleaseIndex Index() {
  ReleaseIndex index;
  IndexedFile& file = index.files.emplace_back();
  file.path = "dl.k8s.io/v1/kubelet";
  file.sha512 = "sha512:" + std::string(128, 'b');
  file.verdict.set_name("https://dl.k8s.io/v1/kubelet");
  file.verdict.set_verdict(v1::ItemVerdict::WAIVED);
  file.verdict.set_digest("sha256:" + kHex);
  file.verdict.set_stated("sha256:" + std::string(64, 'c'));
  file.verdict.set_waived_because("rebuilt");
  file.verdict.set_size(7);
  file.verdict.set_other_architecture(true);
  file.verdict.set_not_looked_at("it is encrypted");
  file.verdict.set_only_beginning(true);
  file.verdict.add_listed_architectures("amd64");
  file.verdict.add_architectures("arm64");
  file.verdict.set_architecture_problem("its programs are for arm64");
  IndexedImage& image = index.images.emplace_back();
  image.repository = "k8s/pause";
  image.tag = "3.9";
  image.platforms = {"linux/amd64", "linux/arm64"};
  image.verdict.set_name("registry.k8s.io/pause:3.9");
  image.verdict.set_verdict(v1::ItemVerdict::UNSTATED);
  image.verdict.set_digest("sha256:" + kHex);
  index.missing_platforms = {"docker.io/amazon/x:1 lacks linux/arm64"};
  index.missing_platforms_meaning = "the play fails";
  return index;
}

TEST(IndexReaderTest, ReadsWhatIsWritten) {
  const std::string text = IndexJson(Index());
  const auto read = ReadIndexJson(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(IndexJson(*read), text);
}

TEST(IndexReaderTest, NamesTheItemThatIsWrong) {
  const std::string text = IndexJson(Index());
  for (const auto& [from, to] :
       std::initializer_list<std::pair<std::string, std::string>>{
           {"sha256:" + kHex, "sha256:short"},
           {"\"size\": 7", "\"size\": -7"},
           {"\"size\": 7", "\"size\": 1099511627777"},
           {"\"size\": 7", "\"size\": 1e300"}}) {
    const auto read = ReadIndexJson(absl::StrReplaceAll(text, {{from, to}}));
    EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << to;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("kubelet"));
  }
  // One TiB is the largest file.
  EXPECT_TRUE(
      ReadIndexJson(absl::StrReplaceAll(
                        text, {{"\"size\": 7", "\"size\": 1099511627776"}}))
          .ok());
  for (const char* other : {"", "[]", "{}", "{\"kind\": \"ReleaseIndex\"}"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadIndexJson(other).status()))
        << other;
  }
}

TEST(IndexReaderTest, ReadsSumsAndRefusesOtherLines) {
  const auto sums = ReadSha256Sums(Concat(kHex, "  a/b c\n"));
  ASSERT_TRUE(sums.ok()) << sums.status();
  EXPECT_THAT(*sums, ElementsAre(Pair("a/b c", "sha256:" + kHex)));
  for (const std::string& wrong :
       {Concat(kHex, " a\n"), Concat(kHex, "  \n"), std::string("abc  a\n"),
        Concat(kHex, "  a\n", kHex, "  a\n")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadSha256Sums(wrong).status()))
        << wrong;
  }
  EXPECT_TRUE(ReadSha256Sums(std::string(kMostIndexBytes, '\n')).ok());
  EXPECT_FALSE(ReadSha256Sums(std::string(kMostIndexBytes + 1, '\n')).ok());
}

}  // namespace
}  // namespace kso::closure
