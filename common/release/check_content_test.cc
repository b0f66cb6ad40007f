// SPDX-License-Identifier: Apache-2.0
#include "common/release/check_content.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::release {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kKubelet[] = "https://dl.k8s.io/v1/kubelet";
constexpr char kEtcd[] = "https://github.com/etcd/etcd.tar.gz";
constexpr char kDigest[] =
    "sha256:"
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

void AddFile(v1::Release& release, const std::string& url,
             const std::string& digest = "") {
  v1::FileRequest& file = *release.add_files();
  file.set_url(url);
  file.set_digest(digest);
}

std::vector<Problem> ProblemsOf(const v1::Release& release) {
  std::vector<Problem> problems;
  CheckContentRules(release, problems);
  return problems;
}

TEST(CheckContentRulesTest, AllowsFilesWithoutAChecksumUnlessToldOtherwise) {
  v1::Release release;
  AddFile(release, kKubelet);
  EXPECT_THAT(ProblemsOf(release), IsEmpty());
}

TEST(CheckContentRulesTest, NamesEachFileWithoutARequiredChecksumOnce) {
  v1::Release release;
  release.set_require_hashes(true);
  AddFile(release, kKubelet);
  AddFile(release, kKubelet);
  AddFile(release, kEtcd, kDigest);
  const std::vector<Problem> problems = ProblemsOf(release);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].item, kKubelet);
  EXPECT_EQ(problems[0].index, 0);
  EXPECT_THAT(problems[0].violation.reason, HasSubstr("has no checksum"));
}

TEST(CheckContentRulesTest, TakesTheChecksumOfAnotherLineOfTheSameUrl) {
  v1::Release release;
  release.set_require_hashes(true);
  AddFile(release, kKubelet);
  AddFile(release, kKubelet, kDigest);
  EXPECT_THAT(ProblemsOf(release), IsEmpty());
}

TEST(CheckContentRulesTest, LetsAWaiverTakeThePlaceOfARequiredChecksum) {
  v1::Release release;
  release.set_require_hashes(true);
  AddFile(release, kKubelet);
  release.add_waivers()->set_url("https://dl.k8s.io/*/kubelet");
  EXPECT_THAT(ProblemsOf(release), IsEmpty());
}

TEST(CheckContentRulesTest, RefusesAWaiverThatMatchesNothing) {
  v1::Release release;
  AddFile(release, kKubelet);
  release.add_waivers()->set_url("https://dl.k8s.io/v1/kubectl");
  const std::vector<Problem> problems = ProblemsOf(release);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].violation.reason, HasSubstr("matches no file"));
}

TEST(CheckContentRulesTest, RefusesAWaiverThatDoesNotNameAHost) {
  for (const char* pattern :
       {"*", "https://*", "https://*/kubelet", "kubelet", "*kubelet",
        "https://dl.k8s.io", "https:///kubelet", ""}) {
    v1::Release release;
    AddFile(release, kKubelet);
    release.add_waivers()->set_url(pattern);
    const std::vector<Problem> problems = ProblemsOf(release);
    ASSERT_THAT(problems, SizeIs(1)) << pattern;
    EXPECT_THAT(problems[0].violation.reason, HasSubstr("names no file"));
  }
}

TEST(FindWaiverTest, FindsTheFirstThatMatches) {
  v1::Release release;
  EXPECT_EQ(FindWaiver(release, kKubelet), nullptr);
  v1::Waiver& waiver = *release.add_waivers();
  waiver.set_url(kKubelet);
  waiver.set_reason("rebuilt upstream");
  ASSERT_NE(FindWaiver(release, kKubelet), nullptr);
  EXPECT_EQ(FindWaiver(release, kKubelet)->reason(), "rebuilt upstream");
  EXPECT_EQ(FindWaiver(release, kEtcd), nullptr);
}

TEST(MayBeOtherArchitectureTest, ComparesPatternsWithTheUrl) {
  v1::Release release;
  release.add_other_architecture("https://github.com/*/firmware-*");
  EXPECT_TRUE(MayBeOtherArchitecture(release,
                                     "https://github.com/x/firmware-1.tar.gz"));
  EXPECT_FALSE(MayBeOtherArchitecture(release, kKubelet));
}

}  // namespace
}  // namespace kso::release
