// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/memory/memo.h"

#include <cstddef>
#include <string>
#include <vector>

#include "common/bytes/digest.h"
#include "coordinator/core/base/record_subject.h"
#include "coordinator/core/memory/bounded_memory.h"
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

TEST(MemoTest, EachKindOfMemoryIsForgottenWholly) {
  Memo memo;
  v1::JournalRecord record;
  record.mutable_release_remembered()->set_destination("docker://reg:5000/t");
  memo.Apply(record);
  Forget(SubjectOf(record).name, memo);
  EXPECT_EQ(memo.FindRelease("docker://reg:5000/t"), nullptr);
  record.mutable_image_remembered()->set_key("i1");
  memo.Apply(record);
  Forget(SubjectOf(record).name, memo);
  EXPECT_EQ(memo.FindImage("i1"), nullptr);
  record.mutable_verification_remembered()->set_key("v1");
  memo.Apply(record);
  Forget(SubjectOf(record).name, memo);
  EXPECT_EQ(memo.FindVerification("v1"), nullptr);
}

TEST(MemoTest, EachKindOfMemoryHasABound) {
  const auto excess = [](size_t bytes, auto fill) -> std::string {
    Memo memo;
    std::vector<std::string> subjects;
    // The second is small, and the last one stays in any case.
    for (const std::string key : {"first", "second", "third"}) {
      v1::JournalRecord record;
      fill(record, key, std::string(key == "first" ? bytes : 0, 'x'));
      subjects.push_back(SubjectOf(record).name);
      memo.Apply(record);
    }
    const std::vector<std::string> found = memo.Excess();
    if (found.empty()) return "";
    return found == std::vector{subjects[0]} ? "first" : "others";
  };
  const auto layer = [](auto& record, const auto& key, const auto& text) {
    record.mutable_layer_remembered()->set_key(key);
    record.mutable_layer_remembered()->set_name(text);
  };
  const auto release = [](auto& record, const auto& key, const auto& text) {
    record.mutable_release_remembered()->set_destination(key);
    record.mutable_release_remembered()->set_name(text);
  };
  const auto image = [](auto& record, const auto& key, const auto& text) {
    record.mutable_image_remembered()->set_key(key);
    record.mutable_image_remembered()->set_resolved_by(text);
  };
  const auto verification = [](auto& record, const auto& key,
                               const auto& text) {
    record.mutable_verification_remembered()->set_key(key);
    record.mutable_verification_remembered()->set_worker(text);
  };
  constexpr size_t kLittle = 3 << 20;
  EXPECT_EQ(excess(kLittle, layer), "");
  EXPECT_EQ(excess(kLittle, release), "");
  EXPECT_EQ(excess(kLittle, image), "");
  EXPECT_EQ(excess(kLittle, verification), "");
  EXPECT_EQ(excess(25 << 20, layer), "first");
  EXPECT_EQ(excess(33 << 20, release), "first");
  EXPECT_EQ(excess(17 << 20, image), "first");
  EXPECT_EQ(excess(5 << 20, verification), "first");
}

TEST(MemoTest, OfTwoRecipesOfOneLayerTheOtherIsFoundWhenOneIsForgotten) {
  Memo memo;
  memo.Apply(Layer("k1", "same"));
  memo.Apply(Layer("k2", "same"));
  Forget(SubjectOf(Layer("k1")).name, memo);
  ASSERT_NE(memo.FindLayerByDigest(kSpace, Sha256Of("same").ToString()),
            nullptr);
  EXPECT_EQ(memo.FindLayerByDigest(kSpace, Sha256Of("same").ToString())->key(),
            "k2");
  Forget(SubjectOf(Layer("k2")).name, memo);
  EXPECT_EQ(memo.FindLayerByDigest(kSpace, Sha256Of("same").ToString()),
            nullptr);
}

TEST(MemoTest, KnowsOfASpaceOfWhichItHasALayer) {
  Memo memo;
  EXPECT_FALSE(memo.KnowsOf(kSpace));
  memo.Apply(Layer("k1"));
  EXPECT_TRUE(memo.KnowsOf(kSpace));
  EXPECT_FALSE(memo.KnowsOf("registry reg:500"));
  EXPECT_FALSE(memo.KnowsOf("a"));
  EXPECT_FALSE(memo.KnowsOf("store"));
}

TEST(MemoTest, LayersThatWereComparedAreOfAPlatformAndABase) {
  Memo memo;
  const auto verified = [&](const std::string& key,
                            const std::string& architecture,
                            const std::string& base, const std::string& layer) {
    v1::JournalRecord record;
    v1::VerificationRemembered& image =
        *record.mutable_verification_remembered();
    image.set_key(key);
    image.mutable_platform()->set_os("linux");
    image.mutable_platform()->set_architecture(architecture);
    image.set_base(base);
    image.add_layers(layer);
    memo.Apply(record);
  };
  verified("v1", "amd64", "base", "1");
  verified("v2", "amd64", "base", "2");
  verified("v3", "arm64", "base", "3");
  verified("v4", "amd64", "other", "4");
  v1::Platform platform;
  platform.set_os("linux");
  platform.set_architecture("amd64");
  EXPECT_THAT(memo.ComparedLayers(platform, "base"), ElementsAre("1", "2"));
}

TEST(MemoTest, KnowsWhatStandsOnTheWordOfAWorker) {
  Memo memo;
  std::vector<std::string> subjects;
  for (const std::string worker : {"w", "other"}) {
    v1::JournalRecord record = Layer("k of " + worker);
    record.mutable_layer_remembered()->set_made_by(worker);
    memo.Apply(record);
    subjects.push_back(SubjectOf(record).name);
    record.mutable_image_remembered()->set_key("i of " + worker);
    record.mutable_image_remembered()->set_resolved_by(worker);
    memo.Apply(record);
    subjects.push_back(SubjectOf(record).name);
    record.mutable_verification_remembered()->set_key("v of " + worker);
    record.mutable_verification_remembered()->set_worker(worker);
    memo.Apply(record);
    subjects.push_back(SubjectOf(record).name);
  }
  EXPECT_THAT(memo.OfWorker("w"),
              ElementsAre(subjects[0], subjects[1], subjects[2]));
  EXPECT_THAT(memo.OfWorker("nobody"), IsEmpty());
}

using Memory = BoundedMemory<v1::MemoryForgotten>;

TEST(BoundedMemoryTest, TheLeastRecentlyUsedAreTooMany) {
  const v1::MemoryForgotten message;
  const size_t each = message.SpaceUsedLong() + 1;
  Memory memory(2 * each);
  memory.Put("a", message);
  memory.Put("b", message);
  EXPECT_THAT(memory.Excess(), IsEmpty());
  memory.Put("c", message);
  EXPECT_THAT(memory.Excess(), ElementsAre("a"));
  memory.Touch("a");
  memory.Touch("nobody");
  EXPECT_THAT(memory.Excess(), ElementsAre("b"));
  memory.Put("d", message);
  EXPECT_THAT(memory.Excess(), ElementsAre("b", "c"));
  memory.Remove("b");
  memory.Remove("nobody");
  EXPECT_THAT(memory.Excess(), ElementsAre("c"));
  // In the place of an older one, it counts once.
  memory.Remove("c");
  memory.Put("a", message);
  memory.Put("a", message);
  EXPECT_THAT(memory.Excess(), IsEmpty());
  EXPECT_NE(memory.Find("a"), nullptr);
  EXPECT_EQ(memory.Find("b"), nullptr);
  memory.Put("e", message);
  EXPECT_THAT(memory.Excess(), ElementsAre("d"));
}

TEST(BoundedMemoryTest, TheMostRecentOneStaysHoweverLarge) {
  Memory memory(0);
  EXPECT_THAT(memory.Excess(), IsEmpty());
  memory.Put("a", {});
  EXPECT_THAT(memory.Excess(), IsEmpty());
  memory.Put("b", {});
  EXPECT_THAT(memory.Excess(), ElementsAre("a"));
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
