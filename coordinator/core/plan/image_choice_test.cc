// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/image_choice.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/strings.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::kso::testing::ResolvedRelease;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The entry of an index for a document.
std::string EntryOf(const v1::Document& document) {
  const v1::Descriptor& descriptor = document.content_descriptor();
  return Concat(R"({"mediaType":")", descriptor.media_type(), R"(","digest":")",
                descriptor.digest(), R"(","size":)", descriptor.size(), "}");
}

// Changes the document that a reference names, which keeps its type.
v1::Document Edited(const v1::Document& document,
                    const std::function<void(nlohmann::json&)>& edit) {
  nlohmann::json content = nlohmann::json::parse(document.content());
  edit(content);
  v1::Document edited = oci::MakeDocument(
      document.content_descriptor().media_type(), content.dump());
  *edited.mutable_content_descriptor()->mutable_platform() =
      document.content_descriptor().platform();
  return edited;
}
void EditTop(v1::ResolvedImage& image,
             const std::function<void(nlohmann::json&)>& edit) {
  *image.mutable_top() = Edited(image.top(), edit);
}

TEST(ChooseImagesTest, TakesTheManifestOfEachPlatform) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1", {.platforms = {"linux/s390x", "linux/arm64/v8",
                                                "linux/amd64"}});
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, IsEmpty());
  ASSERT_THAT(choice.images, SizeIs(1));
  ASSERT_THAT(choice.images[0].manifests, SizeIs(2));
  EXPECT_EQ(choice.images[0].manifests[0].platform.architecture(), "amd64");
  const ChosenManifest& arm64 = choice.images[0].manifests[1];
  EXPECT_EQ(arm64.platform.architecture(), "arm64");
  EXPECT_EQ(arm64.document.content_descriptor().platform().variant(), "v8");
}

TEST(ChooseImagesTest, PrefersTheExactPlatform) {
  ResolvedRelease fake;
  fake.release.clear_platforms();
  fake.release.add_platforms()->set_os("linux");
  fake.release.mutable_platforms(0)->set_architecture("amd64");
  fake.AddImage("quay.io/a/b:1",
                {.platforms = {"linux/amd64/v3", "linux/amd64"}});
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.images, SizeIs(1));
  EXPECT_EQ(choice.images[0]
                .manifests[0]
                .document.content_descriptor()
                .platform()
                .variant(),
            "");
}

TEST(ChooseImagesTest, FollowsThePolicyWhereAPlatformIsMissing) {
  ResolvedRelease fake;
  fake.AddImage("docker.io/amazon/x:1",
                {.platforms = {"linux/amd64"}, .bare = true});
  fake.AddImage("quay.io/only/other:1", {.platforms = {"linux/arm64"}});
  fake.release.mutable_missing_platform()->add_allow("docker.io/amazon/*");
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.missing,
              ElementsAre("docker.io/amazon/x:1 lacks linux/arm64"));
  ASSERT_THAT(choice.failures, SizeIs(1));
  const v1::Failure& failure = choice.failures[0];
  EXPECT_EQ(failure.item(), "quay.io/only/other:1");
  EXPECT_EQ(failure.location(), "images.list:2");
  EXPECT_THAT(failure.reason(), HasSubstr("not exist for linux/amd64"));
  EXPECT_THAT(failure.reason(), HasSubstr("exists for linux/arm64"));
  EXPECT_THAT(failure.advice(), HasSubstr("missingPlatform"));
}

TEST(ChooseImagesTest, TakesATagWithAndWithoutItsDigest) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  const std::string digest =
      fake.resolved.images["quay.io/a/b:1"].top().content_descriptor().digest();
  fake.AddImage("quay.io/a/b:1@" + digest);
  fake.resolved.images["quay.io/a/b:1@" + digest] =
      fake.resolved.images["quay.io/a/b:1"];
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.failures, IsEmpty());
  ASSERT_THAT(choice.images, SizeIs(2));
  EXPECT_EQ(choice.images[1].served_repository, "k8s/a/b");
}

TEST(ChooseImagesTest, OneNameIsOneImage) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  fake.AddImage("gcr.io/a/b:1");
  fake.resolved.images["gcr.io/a/b:1"] = fake.resolved.images["quay.io/a/b:1"];
  ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images, SizeIs(2));

  fake.SetImage("gcr.io/a/b:1", {.layers = {7}});
  choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_EQ(choice.failures[0].item(), "gcr.io/a/b:1");
  EXPECT_THAT(choice.failures[0].reason(),
              HasSubstr("would be k8s/a/b:1 in the finished registry, and so "
                        "would 'quay.io/a/b:1' (images.list:1)"));
  EXPECT_THAT(choice.failures[0].advice(),
              HasSubstr("keepHost: [\"gcr.io/a/b\"]"));

  fake.release.mutable_images(1)->set_keep_host(true);
  choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.failures, IsEmpty());
  ASSERT_THAT(choice.images, SizeIs(2));
  EXPECT_EQ(choice.images[0].served_repository, "k8s/gcr.io/a/b");
  EXPECT_EQ(choice.images[1].served_repository, "k8s/a/b");
}

TEST(ChooseImagesTest, SaysWhenANameSpeaksOfAnotherArchitecture) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/coredns-arm64:1",
                {.platforms = {"linux/amd64"}, .bare = true});
  fake.AddImage("quay.io/a/coredns-amd64:1",
                {.platforms = {"linux/amd64"}, .bare = true});
  fake.AddImage("quay.io/a/qemu:x86_64-aarch64",
                {.platforms = {"linux/amd64"}, .bare = true});
  ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(3));
  EXPECT_THAT(choice.failures[0].reason(),
              HasSubstr("; its name says arm64, and its config linux/amd64"));
  EXPECT_THAT(choice.failures[1].reason(), Not(HasSubstr("its name")));

  fake.release.mutable_missing_platform()->add_allow("quay.io/a/*");
  choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.missing,
              ElementsAre("quay.io/a/coredns-amd64:1 lacks linux/arm64",
                          "quay.io/a/coredns-arm64:1 lacks linux/arm64",
                          "quay.io/a/qemu:x86_64-aarch64 lacks linux/arm64"));
  EXPECT_THAT(choice.notes,
              ElementsAre("quay.io/a/coredns-arm64:1 (images.list:1): its name "
                          "says arm64, and its config linux/amd64; it is "
                          "served as what its config says"));
}

TEST(ChooseImagesTest, NoPolicyAllowsAnImageToLackAllPlatforms) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/only/mainframe:1", {.platforms = {"linux/s390x"}});
  // Workers bring back only the manifests that were asked for.
  fake.resolved.images["quay.io/only/mainframe:1"].clear_manifests();
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.missing, IsEmpty());
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_THAT(choice.failures[0].reason(), HasSubstr("linux/amd64"));
  EXPECT_THAT(choice.failures[0].reason(), HasSubstr("exists for linux/s390x"));
}

TEST(ChooseImagesTest, NeitherAttestationsNorOtherThingsAreOffered) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/only/other:1", {.platforms = {"linux/arm64"}});
  EditTop(fake.resolved.images["quay.io/only/other:1"], [](auto& index) {
    nlohmann::json entry = index["manifests"][0];
    entry["digest"] = "sha256:" + std::string(64, 'a');
    entry["platform"] = {{"os", "unknown"}, {"architecture", "unknown"}};
    index["manifests"].push_back(entry);
    entry.erase("platform");
    index["manifests"].push_back(entry);
    entry["mediaType"] = oci::kOciIndex;
    entry["platform"] = {{"os", "linux"}, {"architecture", "riscv64"}};
    index["manifests"].push_back(entry);
  });
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_EQ(choice.failures[0].reason(),
            "does not exist for linux/amd64; it exists for linux/arm64");
}

TEST(ChooseImagesTest, AnImageMayBeForNoPlatformAtAll) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/x-arm64:1", {.platforms = {"linux/arm64"}});
  v1::ResolvedImage& image = fake.resolved.images["quay.io/a/x-arm64:1"];
  EditTop(image, [](auto& index) { index["manifests"][0].erase("platform"); });
  image.clear_manifests();
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_EQ(choice.failures[0].reason(),
            "does not exist for linux/amd64, linux/arm64; it exists for no "
            "platform at all");
}

TEST(ChooseImagesTest, ANameThatSpeaksOfSeveralArchitecturesSaysNothing) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/s390x-arm64:1",
                {.platforms = {"linux/amd64"}, .bare = true});
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  EXPECT_THAT(ChooseImages(fake.release, fake.resolved).notes, IsEmpty());
}

TEST(ChooseImagesTest, NotesAreSortedAndOfEachImageOnce) {
  ResolvedRelease fake;
  for (const std::string reference :
       {"quay.io/z/x-arm64:1", "quay.io/a/x-arm64:1", "quay.io/z/x-arm64:1"}) {
    fake.AddImage(reference, {.platforms = {"linux/amd64"}, .bare = true});
  }
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.images, SizeIs(2));
  EXPECT_THAT(choice.missing,
              ElementsAre("quay.io/a/x-arm64:1 lacks linux/arm64",
                          "quay.io/z/x-arm64:1 lacks linux/arm64"));
  EXPECT_THAT(
      choice.notes,
      ElementsAre(
          ::testing::StartsWith("quay.io/a/x-arm64:1 (images.list:2)"),
          ::testing::StartsWith("quay.io/z/x-arm64:1 (images.list:1)")));
}

TEST(ChooseImagesTest, ImagesWithoutTagsShareNoName) {
  ResolvedRelease fake;
  for (const std::string tag : {"1", "2"}) {
    fake.SetImage("quay.io/a/b:" + tag, {});
    const v1::ResolvedImage image = fake.resolved.images["quay.io/a/b:" + tag];
    const std::string reference =
        "quay.io/a/b@" + image.top().content_descriptor().digest();
    fake.AddImage(reference);
    fake.resolved.images[reference] = image;
  }
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images, SizeIs(2));
}

TEST(ChooseImagesTest, AnImageNeedsNoConfigs) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  v1::ResolvedImage bare;
  bare.set_reference("quay.io/a/b:1");
  *bare.mutable_top() = fake.resolved.images["quay.io/a/b:1"].top();
  *bare.mutable_manifests() = fake.resolved.images["quay.io/a/b:1"].manifests();
  fake.resolved.images["quay.io/a/b:1"] = bare;
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  EXPECT_THAT(choice.failures, IsEmpty());
  ASSERT_THAT(choice.images, SizeIs(1));
  EXPECT_EQ(choice.images[0].manifests.at(1).config.content(), "");
  EXPECT_EQ(choice.images[0].Licenses(), "");
}

TEST(ChooseImagesTest, AnImageThatWasNotResolvedIsSaidSo) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  fake.resolved.images.erase("quay.io/a/b:1");
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_THAT(choice.failures[0].reason(), EndsWith("it was not resolved"));
  EXPECT_THAT(choice.images, IsEmpty());
}

TEST(ChooseImagesTest, LicensesAreThoseOfTheManifestsOrElseOfTheIndex) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  v1::ResolvedImage& image = fake.resolved.images["quay.io/a/b:1"];
  EditTop(image, [](auto& index) {
    index["annotations"]["org.opencontainers.image.licenses"] = "BSD-2-Clause";
  });
  const auto licenses = [&fake] {
    return ChooseImages(fake.release, fake.resolved).images.at(0).Licenses();
  };
  EXPECT_EQ(licenses(), "BSD-2-Clause");
  image.add_licenses("MIT");
  EXPECT_EQ(licenses(), "MIT");
  image.add_licenses("MIT");
  EXPECT_EQ(licenses(), "MIT");
  image.set_licenses(1, "GPL\n2");
  EXPECT_EQ(licenses(), "MIT; GPL 2");
  image.set_licenses(0, "");
  EXPECT_EQ(licenses(), "GPL 2");

  // The word of a manifest goes before that of its config.
  fake.SetImage("quay.io/a/b:1", {.platforms = {"linux/amd64"}, .bare = true});
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  image.add_licenses("MIT");
  EXPECT_EQ(licenses(), "MIT");
  EditTop(image, [](auto& manifest) {
    manifest["annotations"]["org.opencontainers.image.licenses"] = "Apache-2.0";
  });
  *image.mutable_manifests(0) = image.top();
  EXPECT_EQ(licenses(), "Apache-2.0");
}

TEST(ChooseImagesTest, ImagesAreToldByPlatform) {
  ResolvedRelease fake;
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  fake.AddImage("quay.io/a/both:1");
  fake.AddImage("quay.io/b/arm:1", {.platforms = {"linux/arm64"}});
  fake.AddImage("quay.io/c/none:1", {.platforms = {"linux/s390x"}});
  const std::vector<ChosenImage> images =
      ChooseImages(fake.release, fake.resolved).images;
  ASSERT_THAT(images, SizeIs(3));
  const auto names = [](const std::vector<ChosenImage>& some) {
    std::vector<std::string> found;
    for (const ChosenImage& image : some) found.push_back(image.reference.path);
    return found;
  };
  EXPECT_THAT(names(ForAny(images)), ElementsAre("a/both", "b/arm"));
  EXPECT_THAT(names(OnlyFor(images, *oci::ParsePlatform("linux/arm64"))),
              ElementsAre("a/both", "b/arm"));
  const std::vector<ChosenImage> only =
      OnlyFor(images, *oci::ParsePlatform("linux/amd64"));
  EXPECT_THAT(names(only), ElementsAre("a/both"));
  ASSERT_THAT(only[0].manifests, SizeIs(1));
  EXPECT_EQ(only[0].manifests[0].platform.architecture(), "amd64");
  EXPECT_EQ(only[0].served_repository, "k8s/a/both");
}

TEST(ChooseImagesTest, RefusesBytesThatAreNotTheirDigests) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  fake.AddImage("quay.io/a/c:1");
  fake.AddImage("quay.io/a/d@sha256:" + std::string(64, 'e'));
  fake.AddImage("quay.io/a/e:1");
  fake.resolved.images["quay.io/a/b:1"].mutable_manifests(0)->set_content("{}");
  // A manifest that its index does not name.
  *fake.resolved.images["quay.io/a/c:1"].mutable_manifests(0) =
      fake.resolved.images["quay.io/a/e:1"].manifests(0);
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(3));
  EXPECT_THAT(choice.failures[0].reason(), HasSubstr("said to be"));
  EXPECT_THAT(choice.failures[1].reason(), HasSubstr("not one of its index"));
  EXPECT_THAT(choice.failures[2].reason(), HasSubstr("registry gave"));
}

TEST(ChooseImagesTest, TakesWhatLeadsToTheManifests) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1", {.nested = true});
  fake.AddImage("quay.io/a/flat:1");
  v1::ResolvedImage& image = fake.resolved.images["quay.io/a/b:1"];
  // One that was read on the way and leads nowhere.
  *image.mutable_top() = kso::oci::MakeDocument(
      kso::oci::kOciIndex,
      Concat(R"({"schemaVersion":2,"manifests":[)", EntryOf(image.indexes(0)),
             ",", EntryOf(fake.resolved.images["quay.io/a/flat:1"].top()),
             "]}"));
  *image.add_indexes() = fake.resolved.images["quay.io/a/flat:1"].top();
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, IsEmpty());
  EXPECT_THAT(choice.images[0].manifests, SizeIs(2));
  ASSERT_THAT(choice.images[0].indexes, SizeIs(1));
  EXPECT_EQ(choice.images[0].indexes[0].content(), image.indexes(0).content());
  EXPECT_THAT(choice.notes,
              ElementsAre(HasSubstr("quay.io/a/b:1 (images.list:1): its index "
                                    "lists indexes, which containerd")));
  EXPECT_THAT(choice.images[1].indexes, IsEmpty());

  const auto arm64 = OnlyFor(choice.images, fake.release.platforms(1));
  ASSERT_THAT(arm64, SizeIs(2));
  EXPECT_THAT(arm64[0].indexes, SizeIs(1));
  EXPECT_EQ(arm64[0].served_repository, "k8s/a/b");
}

TEST(ChooseImagesTest, RefusesAnIndexThatNoIndexOfTheImageLists) {
  ResolvedRelease fake;
  for (const char* reference :
       {"quay.io/a/b:1", "quay.io/a/c:1", "quay.io/a/d:1"}) {
    fake.AddImage(reference, {.nested = true});
  }
  const auto inner_of = [&fake](const char* reference) {
    return fake.resolved.images[reference].mutable_indexes(0);
  };
  *inner_of("quay.io/a/b:1") = *inner_of("quay.io/a/c:1");
  inner_of("quay.io/a/c:1")->mutable_content()->append(" ");
  inner_of("quay.io/a/d:1")
      ->mutable_content_descriptor()
      ->set_media_type(std::string(kso::oci::kDockerManifestList));
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(3));
  EXPECT_THAT(choice.failures[0].reason(), HasSubstr("not one of its index"));
  EXPECT_THAT(choice.failures[1].reason(), HasSubstr("said to be"));
  EXPECT_THAT(choice.failures[2].reason(), HasSubstr("and its index says"));
}

TEST(ChooseImagesTest, TwoImagesSayOneSizeOfABlob) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1", {.shared_layer = "common"});
  fake.AddImage("quay.io/a/c:1", {.shared_layer = "common"});
  EXPECT_THAT(ChooseImages(fake.release, fake.resolved).failures, IsEmpty());
  fake.SetImage("quay.io/a/c:1",
                {.shared_layer = "common", .shared_layer_size = 7});
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_EQ(choice.failures[0].item(), "quay.io/a/c:1");
  EXPECT_THAT(choice.failures[0].reason(),
              HasSubstr("has 7 bytes, and 'quay.io/a/b:1' says 6"));
}

TEST(ChooseImagesTest, RefusesATopDocumentThatIsNotItsDigest) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  fake.resolved.images["quay.io/a/b:1"].mutable_top()->set_content("{}");
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_THAT(choice.failures[0].reason(), HasSubstr("said to be"));
}

TEST(ChooseImagesTest, RefusesAManifestThatIsNotAsItsIndexSays) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  fake.resolved.images["quay.io/a/b:1"]
      .mutable_manifests(0)
      ->mutable_content_descriptor()
      ->set_media_type("application/vnd.docker.distribution.manifest.v2+json");
  const ImageChoice choice = ChooseImages(fake.release, fake.resolved);
  ASSERT_THAT(choice.failures, SizeIs(1));
  EXPECT_THAT(choice.failures[0].reason(), HasSubstr("and its index says"));
}

TEST(ChooseBaseTest, WantsAllPlatformsWhateverThePolicy) {
  ResolvedRelease fake;
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  std::vector<v1::Failure> failures;
  EXPECT_TRUE(ChooseBase(fake.release.files_base(), fake.release, fake.resolved,
                         failures));
  EXPECT_THAT(failures, IsEmpty());
  fake.SetImage(fake.release.files_base(), {.platforms = {"linux/amd64"}});
  EXPECT_FALSE(ChooseBase(fake.release.files_base(), fake.release,
                          fake.resolved, failures));
  ASSERT_THAT(failures, SizeIs(1));
  EXPECT_THAT(failures[0].reason(), HasSubstr("linux/arm64"));
}

// Why ChooseBase refuses the files' base after `change`.
std::string RefusalAfter(
    const std::function<void(v1::ResolvedImage& base)>& change) {
  ResolvedRelease fake;
  const std::string& base = fake.release.files_base();
  change(fake.resolved.images[base]);
  std::vector<v1::Failure> failures;
  EXPECT_FALSE(ChooseBase(base, fake.release, fake.resolved, failures));
  if (failures.size() != 1) return "not refused once";
  EXPECT_EQ(failures[0].item(), base);
  return failures[0].reason();
}

TEST(ChooseBaseTest, WantsTheConfigOfEachManifest) {
  // A config that is well-formed and has its digest, of another platform.
  EXPECT_THAT(RefusalAfter([](v1::ResolvedImage& base) {
                *base.mutable_configs(0) = base.configs(1);
              }),
              HasSubstr("not the one of its manifest"));
  EXPECT_THAT(RefusalAfter([](v1::ResolvedImage& base) {
                base.mutable_configs(1)->set_content("{}");
              }),
              HasSubstr("said to be"));
  EXPECT_THAT(
      RefusalAfter([](v1::ResolvedImage& base) {
        base.mutable_configs(0)->mutable_content_descriptor()->set_size(1);
      }),
      HasSubstr("said to be"));
  EXPECT_THAT(RefusalAfter([](v1::ResolvedImage& base) {
                base.mutable_configs()->RemoveLast();
              }),
              HasSubstr("digest"));
}

}  // namespace
}  // namespace kso::coordinator
