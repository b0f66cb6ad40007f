// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/summary.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::evidence {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Platform Linux(const std::string& architecture) {
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture(architecture);
  return platform;
}

v1::ItemVerdict Item(const std::string& name, const std::string& digest,
                     int64_t size, v1::ItemVerdict::Verdict verdict) {
  v1::ItemVerdict item;
  item.set_name(name);
  item.set_digest(digest);
  item.set_size(size);
  item.set_verdict(verdict);
  return item;
}

constexpr char kKubelet[] = "https://dl.k8s.io/v1.29.6/kubelet";
constexpr char kTool[] = "https://x.io/tool";
constexpr char kPause[] = "registry.k8s.io/pause:3.9";

ReleaseFacts Facts() {
  ReleaseFacts facts;
  facts.release = "v2";
  facts.platforms = {Linux("amd64"), Linux("arm64")};
  v1::ImageResult& image = facts.images.emplace_back();
  image.set_name("kubespray-files");
  image.add_tags("v2");
  image.add_tags("latest");
  image.mutable_index()->set_digest("sha256:index");
  facts.items = {
      Item(kKubelet, "sha256:new", 3 << 20, v1::ItemVerdict::MATCHED),
      Item(kTool, "sha256:tool", 1 << 20, v1::ItemVerdict::MATCHED),
      Item(kPause, "sha256:pause", 700, v1::ItemVerdict::UNSTATED)};
  facts.items[2].add_architectures("amd64");
  facts.items[2].add_architectures("arm64");
  return facts;
}

TEST(SummaryTest, NamesTheImagesAndHowTheirContentWasProven) {
  const std::string text = MakeSummary(Facts());
  EXPECT_THAT(text, HasSubstr("# Release `v2`\n"));
  EXPECT_THAT(text, HasSubstr("For linux/amd64, linux/arm64.\n"));
  EXPECT_THAT(text,
              HasSubstr("- `kubespray-files` v2, latest\n  sha256:index\n"));
  EXPECT_THAT(text, HasSubstr("- 2 files, 4.0 MiB: 2 with the digest that the "
                              "list states, 0 of which it states none, 0 "
                              "waived\n"));
  EXPECT_THAT(text, HasSubstr("- 1 image, 700 B: 0 with"));
  EXPECT_THAT(text, Not(HasSubstr("signed")));
  ReleaseFacts facts = Facts();
  facts.items[2].set_signed_by("the key sha256:00");
  EXPECT_THAT(MakeSummary(facts),
              HasSubstr("0 waived; 1 signed by who is trusted for it\n"));
  EXPECT_THAT(text, HasSubstr("## To look at\n\nNothing.\n"));
  EXPECT_THAT(text, HasSubstr("No release before this one was compared"));
}

TEST(SummaryTest, NamesWhatDeservesALook) {
  ReleaseFacts facts = Facts();
  facts.items[0].set_verdict(v1::ItemVerdict::WAIVED);
  facts.items[0].set_stated("sha256:listed");
  facts.items[0].set_waived_because("rebuilt by us");
  facts.items[1].set_verdict(v1::ItemVerdict::UNSTATED);
  facts.items[1].set_architecture_problem("its programs are for amd64");
  facts.items[1].set_not_looked_at("a.zip: damaged");
  facts.items[2].clear_architectures();
  facts.items[2].add_architectures("amd64");
  const std::string text = MakeSummary(facts);
  EXPECT_THAT(text, Not(HasSubstr("Nothing.")));
  EXPECT_THAT(text, HasSubstr("let through by a waiver: `rebuilt by us`; "
                              "stated sha256:listed, it is sha256:new\n"));
  EXPECT_THAT(text, HasSubstr("- `https://x.io/tool`\n  no digest is stated: "
                              "it is what its host sent, sha256:tool\n"));
  EXPECT_THAT(text, HasSubstr("`its programs are for amd64`"));
  EXPECT_THAT(text, HasSubstr("not all of it was looked at: `a.zip: damaged`"));
  EXPECT_THAT(text, HasSubstr("- `registry.k8s.io/pause:3.9`\n  does not exist "
                              "for linux/arm64\n"));
}

TEST(SummaryTest, ComparesWithTheReleaseBefore) {
  ReleaseFacts facts = Facts();
  facts.before.title = "v1";
  facts.before.files = {
      {"https://dl.k8s.io/v1.29.5/kubelet", "sha256:old", 2 << 20},
      {kTool, "sha256:other", 1 << 20},
      {"https://x.io/gone", "sha256:gone", 1 << 20}};
  const std::string text = MakeSummary(facts);
  EXPECT_THAT(text, HasSubstr("## Since `v1`\n\nComes in: 4.0 MiB; goes out of "
                              "use: 4.0 MiB.\n"));
  EXPECT_THAT(text, HasSubstr("0 added, 1 dropped, 2 changed, 0 as before.\n"));
  EXPECT_THAT(text, HasSubstr("- dropped: `https://x.io/gone`, 1.0 MiB\n"));
  EXPECT_THAT(text,
              HasSubstr("- changed: `https://dl.k8s.io/v1.29.6/kubelet`\n  "
                        "`v1.29.5` to `v1.29.6`, 3.0 MiB\n  sha256:old before\n"
                        "  sha256:new now\n"));
  EXPECT_THAT(text,
              HasSubstr("- changed: `https://x.io/tool`\n  other content"));
  EXPECT_THAT(text, HasSubstr("- added: `registry.k8s.io/pause:3.9`, 700 B\n"
                              "  sha256:pause\n"));
}

TEST(SummaryTest, ARemembranceOfTheNameAloneIsNoDifference) {
  ReleaseFacts facts = Facts();
  facts.before.title = "v1";
  EXPECT_THAT(MakeSummary(facts),
              HasSubstr("## Since `v1`\n\nWhat it brought inside is not "
                        "remembered.\n"));
}

// A reason is free text, and the person who approves may read it as HTML.
TEST(SummaryTest, TextOfAReleaseIsShownLetterByLetter) {
  ReleaseFacts facts = Facts();
  facts.items[0].set_verdict(v1::ItemVerdict::WAIVED);
  facts.items[0].set_waived_because("`\n# <b>Approved</b>\n\x1b[31m");
  const std::string text = MakeSummary(facts);
  EXPECT_THAT(text, Not(HasSubstr("\n# <b>")));
  EXPECT_THAT(text, HasSubstr("`' # <b>Approved</b>"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(SummaryTest, TheSameFactsGiveTheSameBytes) {
  EXPECT_EQ(MakeSummary(Facts()), MakeSummary(Facts()));
}

}  // namespace
}  // namespace kso::evidence
