// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/judge_content.h"

#include <string>
#include <vector>

#include "common/base/strings.h"
#include "common/release/served_path.h"
#include "common/site.h"
#include "coordinator/core/plan/image_choice.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAmd64[] = "https://dl.k8s.io/v1/amd64/kubelet";
constexpr char kArm64[] = "https://dl.k8s.io/v1/arm64/kubelet";
constexpr char kEither[] = "https://github.com/youki/youki_linux.tar.gz";

std::string Sha256(char c) { return "sha256:" + std::string(64, c); }
std::string Sha512(char c) { return "sha512:" + std::string(128, c); }

class JudgeContentTest : public ::testing::Test {
 protected:
  v1::FileRequest& AddFile(const std::string& url,
                           const std::vector<std::string>& architectures,
                           const std::string& stated = "") {
    v1::FileRequest& file = fake_.AddFile(url, architectures);
    file.set_digest(stated);
    v1::MadeMember& member = *layer_.add_members();
    member.set_path(Concat(site::kFilesDirectory, *release::ServedPath(url)));
    member.set_digest(Sha256('a'));
    member.set_size(100);
    return file;
  }

  v1::MadeMember& Made(int i) { return *layer_.mutable_members(i); }

  // Adds programs that may be executed to the file.
  void AddPrograms(int i, const std::string& architecture,
                   const std::string& example = "") {
    v1::FoundPrograms& found = *Made(i).mutable_content()->add_programs();
    found.set_architecture(architecture);
    found.set_count(1);
    found.set_executables(1);
    found.set_example(example);
  }

  Judgement Run() const {
    return JudgeContent(fake_.release,
                        ChooseImages(fake_.release, fake_.resolved).images,
                        {&layer_});
  }

  // The only failure's reason; empty when there is none.
  std::string Failure() const {
    const Judgement judgement = Run();
    if (judgement.failures.empty()) return "";
    EXPECT_THAT(judgement.failures, SizeIs(1));
    return judgement.failures[0].reason();
  }

  kso::testing::ResolvedRelease fake_;
  v1::MadeLayer layer_;
};

TEST_F(JudgeContentTest, AFileWithItsStatedDigestMatches) {
  AddFile(kAmd64, {"amd64"}, Sha256('a'));
  AddFile(kArm64, {"arm64"}, Sha512('b'));
  Made(1).set_sha512(Sha512('b'));
  const Judgement judgement = Run();
  EXPECT_THAT(judgement.failures, IsEmpty());
  ASSERT_THAT(judgement.verdicts, SizeIs(2));
  for (const v1::ItemVerdict& item : judgement.verdicts) {
    EXPECT_EQ(item.verdict(), v1::ItemVerdict::MATCHED);
    EXPECT_EQ(item.digest(), Sha256('a'));
    EXPECT_EQ(item.size(), 100);
  }
  EXPECT_EQ(judgement.verdicts[1].stated(), Sha512('b'));
}

TEST_F(JudgeContentTest, AFileWithoutAStatedDigestIsUnstated) {
  AddFile(kAmd64, {"amd64"});
  EXPECT_EQ(Run().verdicts.at(0).verdict(), v1::ItemVerdict::UNSTATED);
  EXPECT_EQ(Failure(), "");
  fake_.release.set_require_hashes(true);
  EXPECT_EQ(Run().verdicts.at(0).verdict(), v1::ItemVerdict::UNSTATED);
}

TEST_F(JudgeContentTest, AVerdictSaysWhatItIsOn) {
  AddFile(kAmd64, {"amd64", "arm64"}, Sha256('a'));
  AddPrograms(0, "amd64");
  Made(0).mutable_content()->set_not_looked_at("3 of 4 members");
  Made(0).mutable_content()->set_only_beginning(true);
  AddFile(kArm64, {"arm64"});
  const Judgement judgement = Run();
  ASSERT_THAT(judgement.verdicts, SizeIs(2));
  const v1::ItemVerdict& item = judgement.verdicts[0];
  EXPECT_EQ(item.name(), kAmd64);
  EXPECT_EQ(item.location(), "files.list:1");
  EXPECT_EQ(item.stated(), Sha256('a'));
  EXPECT_THAT(item.listed_architectures(), ElementsAre("amd64", "arm64"));
  EXPECT_THAT(item.architectures(), ElementsAre("amd64"));
  EXPECT_EQ(item.not_looked_at(), "3 of 4 members");
  EXPECT_TRUE(item.only_beginning());
  EXPECT_FALSE(item.other_architecture());
  const v1::ItemVerdict& other = judgement.verdicts[1];
  EXPECT_EQ(other.location(), "files.list:2");
  EXPECT_EQ(other.stated(), "");
  EXPECT_EQ(other.not_looked_at(), "");
  EXPECT_FALSE(other.only_beginning());
}

TEST_F(JudgeContentTest, AFileOfSeveralLinesHasOneVerdict) {
  AddFile(kAmd64, {"amd64"});
  fake_.AddFile(kAmd64, {"arm64"});
  fake_.AddFile(kAmd64, {"arm64"});
  EXPECT_THAT(Run().verdicts, SizeIs(1));
}

TEST_F(JudgeContentTest, ALayerOfThePastIsKnownByTheDigestThatWasStated) {
  // Its SHA-512 was not reported.
  AddFile(kAmd64, {"amd64"}, Sha512('b'));
  EXPECT_EQ(Run().verdicts[0].verdict(), v1::ItemVerdict::MATCHED);
  // With a waiver it may have been made of anything.
  fake_.release.add_waivers()->set_url(kAmd64);
  EXPECT_EQ(Run().verdicts[0].verdict(), v1::ItemVerdict::WAIVED);
  EXPECT_EQ(Failure(), "");
}

TEST_F(JudgeContentTest, AFileWithAnotherDigestFailsAndNamesWantedAndGot) {
  AddFile(kAmd64, {"amd64"}, Sha256('b'));
  EXPECT_EQ(Failure(), Concat("expected ", Sha256('b'), ", got ", Sha256('a')));
  fake_.release.mutable_files(0)->set_digest(Sha512('b'));
  Made(0).set_sha512(Sha512('c'));
  EXPECT_EQ(Failure(), Concat("expected ", Sha512('b'), ", got ", Sha512('c')));
}

TEST_F(JudgeContentTest, AWaiverLetsThroughWhatItNamesAndNothingElse) {
  AddFile(kAmd64, {"amd64"}, Sha256('b'));
  AddFile(kArm64, {"arm64"}, Sha256('a'));
  v1::Waiver& waiver = *fake_.release.add_waivers();
  waiver.set_url(kAmd64);
  waiver.set_reason("rebuilt");
  const Judgement judgement = Run();
  EXPECT_THAT(judgement.failures, IsEmpty());
  EXPECT_EQ(judgement.verdicts[0].verdict(), v1::ItemVerdict::WAIVED);
  EXPECT_EQ(judgement.verdicts[0].waived_because(), "rebuilt");
  EXPECT_EQ(judgement.verdicts[1].verdict(), v1::ItemVerdict::MATCHED);
  waiver.set_url(kArm64);
  EXPECT_THAT(Failure(), HasSubstr("expected"));
}

TEST_F(JudgeContentTest, AWaiverTakesThePlaceOfARequiredDigest) {
  AddFile(kAmd64, {"amd64"});
  fake_.release.add_waivers()->set_url(kAmd64);
  EXPECT_EQ(Run().verdicts[0].verdict(), v1::ItemVerdict::UNSTATED);
  fake_.release.set_require_hashes(true);
  EXPECT_EQ(Run().verdicts[0].verdict(), v1::ItemVerdict::WAIVED);
}

TEST_F(JudgeContentTest, AWaivedFileThatHasItsDigestMatches) {
  AddFile(kAmd64, {"amd64"}, Sha256('a'));
  fake_.release.add_waivers()->set_url(kAmd64);
  EXPECT_EQ(Run().verdicts[0].verdict(), v1::ItemVerdict::MATCHED);
}

TEST_F(JudgeContentTest, ProgramsOfTheRightArchitectureAreInOrder) {
  AddFile(kArm64, {"arm64"});
  AddFile("https://host/tool.tar.gz", {"arm64"});
  AddFile("https://host/notes", {"arm64"});
  AddPrograms(0, "arm64");
  // The processor runs these too.
  AddPrograms(1, "arm", "lib32/a.so");
  AddPrograms(1, "arm64", "bin/a");
  const Judgement judgement = Run();
  EXPECT_THAT(judgement.failures, IsEmpty());
  EXPECT_THAT(judgement.verdicts[0].architectures(), ElementsAre("arm64"));
  EXPECT_THAT(judgement.verdicts[1].architectures(),
              ElementsAre("arm", "arm64"));
  for (const v1::ItemVerdict& item : judgement.verdicts) {
    EXPECT_EQ(item.architecture_problem(), "");
  }
}

TEST_F(JudgeContentTest, AProgramOfAnotherArchitectureIsNamed) {
  AddFile(kArm64, {"arm64"});
  AddPrograms(0, "amd64");
  EXPECT_EQ(Failure(),
            "its programs are for amd64, and not for arm64, as its URL says");
  fake_.release.set_warn_of_wrong_architecture(true);
  EXPECT_EQ(Failure(), "");
  EXPECT_THAT(Run().verdicts[0].architecture_problem(),
              HasSubstr("not for arm64"));
}

TEST_F(JudgeContentTest, OneSwappedProgramInAnArchiveIsNamed) {
  AddFile("https://host/cni.tgz", {"arm64"});
  AddPrograms(0, "amd64", "bin/dhcp");
  AddPrograms(0, "arm64", "bin/bridge");
  EXPECT_EQ(Failure(),
            "a program in it is for amd64 (bin/dhcp), and not for arm64, as "
            "its list says");
  // Data that looks like a program is none.
  Made(0).mutable_content()->mutable_programs(0)->set_executables(0);
  EXPECT_EQ(Failure(), "");
}

TEST_F(JudgeContentTest, AUrlThatNamesAnotherArchitectureIsTakenAtItsWord) {
  AddFile("https://host/kata-x86_64.tar.xz", {"amd64", "arm64"});
  AddFile("https://host/runsc-x86_64", {"arm64"});
  AddPrograms(0, "amd64", "bin/kata");
  AddPrograms(1, "amd64");
  EXPECT_EQ(Failure(), "");
  layer_.mutable_members(0)->clear_content();
  AddPrograms(0, "arm64", "bin/kata");
  EXPECT_THAT(Failure(), HasSubstr("not for amd64, as its URL says"));
}

TEST_F(JudgeContentTest, AFileOfSeveralListsThatLacksOneIsNoted) {
  AddFile(kEither, {"amd64", "arm64"});
  AddPrograms(0, "amd64", "youki");
  const Judgement judgement = Run();
  EXPECT_THAT(judgement.failures, IsEmpty());
  EXPECT_EQ(judgement.verdicts[0].architecture_problem(),
            "it is in the list of arm64 too, and its programs are for amd64 "
            "(youki): they do not run there");
  AddPrograms(0, "arm64", "youki-arm64");
  EXPECT_EQ(Run().verdicts[0].architecture_problem(), "");
}

TEST_F(JudgeContentTest, FilesThatAreMeantToBeOtherwiseAreNotJudged) {
  AddFile(kArm64, {"arm64"});
  AddPrograms(0, "amd64");
  fake_.release.add_other_architecture("https://dl.k8s.io/*");
  EXPECT_EQ(Failure(), "");
  EXPECT_EQ(Run().verdicts[0].architecture_problem(), "");
  EXPECT_THAT(Run().verdicts[0].architectures(), ElementsAre("amd64"));
  EXPECT_TRUE(Run().verdicts[0].other_architecture());
}

TEST_F(JudgeContentTest, AnImageMatchesWhereItsReferenceHasADigest) {
  fake_.AddImage("registry.k8s.io/pause:3.9");
  const Judgement unstated = Run();
  ASSERT_THAT(unstated.verdicts, SizeIs(1));
  EXPECT_EQ(unstated.verdicts[0].verdict(), v1::ItemVerdict::UNSTATED);
  EXPECT_THAT(unstated.verdicts[0].architectures(),
              ElementsAre("amd64", "arm64"));
  EXPECT_GT(unstated.verdicts[0].size(), 0);
  EXPECT_THAT(unstated.verdicts[0].digest(), HasSubstr("sha256:"));
}

TEST_F(JudgeContentTest, AnImageIsAsLargeAsItsDocumentsAndLayersEachOnce) {
  fake_.AddImage("registry.k8s.io/pause:3.9", {.layers = {1000, 20'000},
                                               .shared_layer = "shared",
                                               .shared_layer_size = 500'000});
  const v1::ResolvedImage& image =
      fake_.resolved.images.at("registry.k8s.io/pause:3.9");
  int64_t size = image.top().content_descriptor().size();
  for (int i : {0, 1}) {
    size += image.manifests(i).content_descriptor().size() +
            image.configs(i).content_descriptor().size() + 21'000;
  }
  EXPECT_EQ(Run().verdicts.at(0).size(), size + 500'000);
}

TEST_F(JudgeContentTest, AnImageIsNamedAsItsListNamesIt) {
  fake_.AddImage("registry.k8s.io/pause:3.9");
  const v1::ResolvedImage image =
      fake_.resolved.images.at("registry.k8s.io/pause:3.9");
  const std::string digest = image.top().content_descriptor().digest();
  const std::string exact = "registry.k8s.io/pause:3.9@" + digest;
  fake_.AddImage(exact);
  fake_.resolved.images[exact] = image;
  // Lines of which there is nothing to judge.
  fake_.AddImage("registry.k8s.io/pause:3.9");
  fake_.release.add_images()->set_reference("registry.k8s.io/unresolved:1");
  fake_.release.add_images()->set_reference("no reference");
  std::vector<ChosenImage> images =
      ChooseImages(fake_.release, fake_.resolved).images;
  ASSERT_THAT(images, SizeIs(2));
  images[1].signed_by = "the key sha256:aa";
  const Judgement judgement = JudgeContent(fake_.release, images, {&layer_});
  ASSERT_THAT(judgement.verdicts, SizeIs(2));
  EXPECT_EQ(judgement.verdicts[0].name(), "registry.k8s.io/pause:3.9");
  EXPECT_EQ(judgement.verdicts[0].location(), "images.list:1");
  EXPECT_EQ(judgement.verdicts[0].stated(), "");
  EXPECT_EQ(judgement.verdicts[0].digest(), digest);
  EXPECT_EQ(judgement.verdicts[0].signed_by(), "");
  EXPECT_EQ(judgement.verdicts[1].name(), exact);
  EXPECT_EQ(judgement.verdicts[1].location(), "images.list:2");
  EXPECT_EQ(judgement.verdicts[1].stated(), digest);
  EXPECT_EQ(judgement.verdicts[1].verdict(), v1::ItemVerdict::MATCHED);
  EXPECT_EQ(judgement.verdicts[1].signed_by(), "the key sha256:aa");
}

TEST_F(JudgeContentTest, AnImageThatIsTakenThoughMislabelledIsNamed) {
  fake_.AddImage("registry.k8s.io/pause:3.9");
  EXPECT_EQ(Run().verdicts.at(0).architecture_problem(), "");
  v1::ResolvedImage& image =
      fake_.resolved.images.at("registry.k8s.io/pause:3.9");
  image.add_config_platforms("");
  image.add_config_platforms("linux/amd64\n");
  const Judgement judgement = Run();
  EXPECT_THAT(judgement.failures, IsEmpty());
  EXPECT_EQ(judgement.verdicts[0].architecture_problem(),
            "its config is for linux/amd64 , and its index says linux/arm64");
  // It is for what its index says.
  EXPECT_THAT(judgement.verdicts[0].architectures(),
              ElementsAre("amd64", "arm64"));
}

TEST_F(JudgeContentTest, AnImageHasTheLicencesThatAreStated) {
  fake_.AddImage("registry.k8s.io/pause:3.9");
  EXPECT_EQ(Run().verdicts.at(0).license(), "");
  v1::ResolvedImage& image =
      fake_.resolved.images.at("registry.k8s.io/pause:3.9");
  image.add_licenses("MIT");
  image.add_licenses("MIT");
  EXPECT_EQ(Run().verdicts.at(0).license(), "MIT");
  image.set_licenses(1, "GPL\n2");
  EXPECT_EQ(Run().verdicts.at(0).license(), "MIT; GPL 2");
}

TEST_F(JudgeContentTest, AFileThatNoLayerHasFails) {
  AddFile(kAmd64, {"amd64"});
  layer_.clear_members();
  EXPECT_EQ(Failure(), "no layer has it");
}

}  // namespace
}  // namespace kso::coordinator
