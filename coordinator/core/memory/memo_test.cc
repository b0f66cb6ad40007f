// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/memory/memo.h"

#include "common/bytes/digest.h"
#include "coordinator/core/base/record_subject.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSpace[] = "registry reg:5000";

v1::JournalRecord Layer(const std::string& key,
                        const std::string& content = "") {
  v1::JournalRecord record;
  v1::LayerRemembered& layer = *record.mutable_layer_remembered();
  layer.set_space(kSpace);
  layer.set_key(key);
  layer.mutable_layer()->mutable_layer()->set_digest(
      Sha256Of(content.empty() ? key : content).ToString());
  return record;
}

std::string DigestOf(const v1::JournalRecord& record) {
  return record.layer_remembered().layer().layer().digest();
}

void Forget(const std::string& subject, Memo& memo) {
  v1::JournalRecord record;
  record.mutable_memory_forgotten()->set_subject(subject);
  memo.Apply(record);
}

TEST(MemoTest, FindsALayerByRecipeAndByDigest) {
  Memo memo;
  memo.Apply(Layer("k1"));
  ASSERT_NE(memo.FindLayer(kSpace, "k1"), nullptr);
  EXPECT_EQ(memo.FindLayer("store", "k1"), nullptr);
  EXPECT_EQ(memo.FindLayerByDigest(kSpace, DigestOf(Layer("k1"))),
            memo.FindLayer(kSpace, "k1"));
  EXPECT_EQ(memo.FindLayer(kSpace, "k2"), nullptr);
}

TEST(MemoTest, ALayerMadeAnewReplacesTheOld) {
  Memo memo;
  memo.Apply(Layer("k1", "old"));
  memo.Apply(Layer("k1", "new"));
  EXPECT_EQ(memo.FindLayerByDigest(kSpace, Sha256Of("new").ToString()),
            memo.FindLayer(kSpace, "k1"));
  EXPECT_EQ(memo.FindLayerByDigest(kSpace, Sha256Of("old").ToString()),
            nullptr);
}

TEST(MemoTest, ForgetsWholly) {
  Memo memo;
  memo.Apply(Layer("k1"));
  Forget(SubjectOf(Layer("k1")).name, memo);
  EXPECT_EQ(memo.FindLayer(kSpace, "k1"), nullptr);
  EXPECT_EQ(memo.FindLayerByDigest(kSpace, DigestOf(Layer("k1"))), nullptr);
}

TEST(MemoTest, WantsToForgetWhatWasOfNoUseForLongest) {
  Memo memo;
  const auto large = [](const std::string& key) {
    v1::JournalRecord record = Layer(key);
    record.mutable_layer_remembered()->set_name(std::string(10 << 20, 'x'));
    return record;
  };
  memo.Apply(large("kept"));
  memo.Apply(large("k1"));
  v1::JournalRecord release;
  release.mutable_release_remembered()->set_space(kSpace);
  release.mutable_release_remembered()->add_groups()->add_layers(
      DigestOf(large("kept")));
  memo.Apply(release);
  EXPECT_THAT(memo.Excess(), IsEmpty());
  memo.Apply(large("k2"));
  EXPECT_THAT(memo.Excess(), ElementsAre(SubjectOf(large("k1")).name));
}

TEST(MemoTest, RemembersReleasesImagesAndVerifications) {
  Memo memo;
  v1::JournalRecord record;
  record.mutable_release_remembered()->set_destination("docker://reg:5000/t");
  memo.Apply(record);
  record.mutable_image_remembered()->set_key("i1");
  record.mutable_image_remembered()->mutable_image()->set_reference("x:1");
  memo.Apply(record);
  record.mutable_verification_remembered()->set_key("v1");
  memo.Apply(record);
  EXPECT_NE(memo.FindRelease("docker://reg:5000/t"), nullptr);
  EXPECT_EQ(memo.FindImage("i1")->reference(), "x:1");
  EXPECT_NE(memo.FindVerification("v1"), nullptr);
}

TEST(MemoTest, RepositoriesOfARegistryShareASpaceAndSoDoAllFiles) {
  v1::Destination destination;
  destination.set_kind(v1::Destination::REGISTRY);
  destination.set_location("reg:5000/team/a");
  EXPECT_EQ(BlobSpaceOf(destination), kSpace);
  destination.set_kind(v1::Destination::OCI_LAYOUT);
  EXPECT_EQ(BlobSpaceOf(destination), "store");
}

}  // namespace
}  // namespace kso::coordinator
