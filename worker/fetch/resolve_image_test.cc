// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/resolve_image.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/strings.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_image_stores.h"
#include "tests/fakes/memory_blob_store.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kRepository[] = "quay.io/coreos/etcd";
constexpr char kBundleType[] = "application/vnd.dev.sigstore.bundle.v0.3+json";

class ResolveImageTest : public ::testing::Test {
 protected:
  // How a platform manifest and its config are, where they are not as they
  // should be.
  struct Shape {
    std::string config_type = std::string(oci::kOciConfig);
    std::string config;
    std::string layers = Layer();
  };

  static std::string Layer() {
    return absl::StrCat(R"({"mediaType":")", ToAbsl(oci::kOciLayerGzip),
                        R"(","digest":")", Sha256Of("layer").ToString(),
                        R"(","size":5})");
  }

  static std::string Config(const std::string& platform) {
    return absl::StrCat("{", platform,
                        R"("rootfs":{"type":"layers","diff_ids":[")",
                        Sha256Of("unpacked").ToString(), R"("]}})");
  }

  v1::Descriptor AddManifest(const Shape& shape, std::string_view tag = "") {
    const v1::Descriptor config =
        stores_.AddBlob(kRepository, shape.config, shape.config_type);
    return stores_.AddManifest(
        kRepository,
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
               R"(","config":)", Json(config), R"(,"layers":[)", shape.layers,
               "]}"),
        oci::kOciManifest, tag);
  }

  // Adds a platform manifest whose config names `architecture`.
  v1::Descriptor AddImage(const std::string& architecture,
                          std::string_view tag) {
    return AddManifest(
        {.config = Config(absl::StrCat(R"("os":"linux","architecture":")",
                                       architecture, "\","))},
        tag);
  }

  static std::string Json(const v1::Descriptor& descriptor,
                          const std::string& architecture = "") {
    const std::string os = architecture == "unknown" ? "unknown" : "linux";
    const std::string platform =
        architecture.empty()
            ? ""
            : absl::StrCat(R"(,"platform":{"os":")", os,
                           R"(","architecture":")",
                           absl::StrReplaceAll(architecture,
                                               {{"/", R"(","variant":")"}}),
                           "\"}");
    return absl::StrCat(R"({"mediaType":")", descriptor.media_type(),
                        R"(","digest":")", descriptor.digest(), R"(","size":)",
                        descriptor.size(), platform, "}");
  }

  v1::Descriptor AddIndex() {
    return stores_.AddManifest(
        kRepository,
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciIndex,
               R"(","manifests":[)", Json(AddImage("amd64", ""), "amd64"), ",",
               Json(AddImage("arm64", ""), "arm64"), ",",
               Json(AddImage("unknown", ""), "unknown"), "]}"),
        oci::kOciIndex, "v3.5.12");
  }

  v1::Descriptor AddIndexOf(const std::vector<std::string>& entries,
                            std::string_view tag = "v1") {
    return stores_.AddManifest(
        kRepository,
        absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                     absl::StrJoin(entries, ","), "]}"),
        oci::kOciIndex, tag);
  }

  static std::vector<std::string> DigestsOf(const auto& documents) {
    std::vector<std::string> digests;
    for (const v1::Document& document : documents) {
      digests.push_back(document.content_descriptor().digest());
    }
    return digests;
  }

  // An artifact of one layer, "layer", that refers to `subject`.
  v1::Descriptor AddReferrer(const v1::Descriptor& subject,
                             const std::string& type) {
    const v1::Descriptor config =
        stores_.AddBlob(kRepository, "{}", "application/vnd.oci.empty.v1+json");
    v1::Descriptor layer;
    layer.set_media_type(type);
    layer.set_digest(Sha256Of("layer").ToString());
    layer.set_size(5);
    return stores_.AddManifest(
        kRepository,
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
               R"(","artifactType":")", type, R"(","config":)", Json(config),
               R"(,"layers":[)", Json(layer), R"(],"subject":)", Json(subject),
               "}"),
        oci::kOciManifest, /*tag=*/"");
  }

  // Why the image that AddIndexOf added is refused.
  v1::Failure Refusal() {
    const auto image = Resolve("quay.io/coreos/etcd:v1");
    if (image.ok()) {
      ADD_FAILURE() << image->ShortDebugString();
      return {};
    }
    return ToFailure(image.status(), "");
  }

  absl::StatusOr<v1::ResolvedImage> Resolve(const std::string& reference,
                                            bool want_configs = false,
                                            const std::string& known = "",
                                            bool want_signatures = false) {
    v1::ResolveImage work;
    work.set_want_signatures(want_signatures);
    work.set_take_mislabelled(take_mislabelled_);
    work.set_reference(reference);
    work.set_known_digest(known);
    work.set_location("images.list:7");
    work.set_want_configs(want_configs);
    for (const char* architecture : {"amd64", "arm64"}) {
      v1::Platform& platform = *work.add_platforms();
      platform.set_os("linux");
      platform.set_architecture(architecture);
    }
    TaskControl control;
    return ResolveImage(work, {}, stores_, cache_, control);
  }

  testing::FakeImageStores stores_;
  testing::MemoryBlobStore cache_;
  bool take_mislabelled_ = false;
};

TEST_F(ResolveImageTest, TakesTheWantedPlatformsOfAnIndex) {
  const v1::Descriptor index = AddIndex();

  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->top().content_descriptor().digest(), index.digest());
  ASSERT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().architecture(),
            "amd64");
  EXPECT_EQ(image->manifests(1).content_descriptor().platform().architecture(),
            "arm64");
  EXPECT_EQ(Sha256Of(image->manifests(1).content()).ToString(),
            image->manifests(1).content_descriptor().digest());
  ASSERT_EQ(image->configs_size(), 2);
  EXPECT_NE(image->configs(1).content().find("arm64"), std::string::npos);
}

TEST_F(ResolveImageTest, FetchesNothingThatTheCacheHas) {
  AddIndex();
  ASSERT_TRUE(Resolve("quay.io/coreos/etcd:v3.5.12", true).ok());
  const int manifests = stores_.manifest_gets();
  const int blobs = stores_.blob_gets();

  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(stores_.manifest_gets(), manifests);
  EXPECT_EQ(stores_.blob_gets(), blobs);
}

TEST_F(ResolveImageTest, SaysWhatIsKnownWithoutFetchingIt) {
  const v1::Descriptor index = AddIndex();
  const auto known =
      Resolve("quay.io/coreos/etcd:v3.5.12", false, index.digest());
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_TRUE(known->unchanged());
  EXPECT_EQ(known->manifests_size(), 0);
  EXPECT_EQ(stores_.manifest_gets(), 0);

  const auto changed = Resolve("quay.io/coreos/etcd:v3.5.12", false,
                               Sha256Of("another").ToString());
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_FALSE(changed->unchanged());
  EXPECT_EQ(changed->manifests_size(), 2);
  EXPECT_EQ(changed->manifest_gets(), 3);
}

TEST_F(ResolveImageTest, LearnsTheOnlyPlatformOfABareManifest) {
  const v1::Descriptor manifest = AddImage("amd64", "v1");

  const auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->top().content_descriptor().digest(), manifest.digest());
  ASSERT_EQ(image->manifests_size(), 1);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().architecture(),
            "amd64");
}

TEST_F(ResolveImageTest, TakesThePlainVariantThatIsListedLater) {
  v1::Descriptor higher = AddManifest(
      {.config = Config(R"("os":"linux","architecture":"amd64","x":2,)")});
  AddIndexOf({Json(higher, "amd64/v2"), Json(AddImage("amd64", ""), "amd64"),
              Json(AddImage("arm64", ""), "arm64/v8")});

  const auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().variant(), "");
  EXPECT_NE(image->manifests(0).content_descriptor().digest(), higher.digest());
  EXPECT_EQ(image->manifests(1).content_descriptor().platform().variant(),
            "v8");
}

TEST_F(ResolveImageTest, AConfigSaysThePlatformThatAnIndexDoesNot) {
  const v1::Descriptor signature =
      AddManifest({.config_type = "application/vnd.cncf.helm.config.v1+json",
                   .config = "{}"});
  AddIndexOf({Json(signature), Json(AddImage("s390x", "")),
              Json(AddImage("arm64", "")), Json(AddImage("amd64", ""))});

  const auto image = Resolve("quay.io/coreos/etcd:v1", true);
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().architecture(),
            "arm64");
  EXPECT_EQ(image->manifests(1).content_descriptor().platform().architecture(),
            "amd64");
  EXPECT_NE(image->configs(0).content().find("arm64"), std::string::npos);
}

TEST_F(ResolveImageTest, AnIndexThatHasNothingForAPlatformIsNoError) {
  AddIndexOf({});
  auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 0);

  AddIndexOf({Json(AddImage("amd64", ""), "amd64/v3"),
              Json(AddImage("unknown", ""), "unknown")});
  image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 0);
}

TEST_F(ResolveImageTest, SoManyEntriesWithoutAPlatformAreReadAndNoMore) {
  std::vector<std::string> entries(32, Json(AddImage("s390x", "")));
  AddIndexOf(entries);
  const auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 0);

  entries.push_back(entries.front());
  AddIndexOf(entries);
  EXPECT_THAT(Refusal().reason(),
              HasSubstr("more than 32 manifests without a platform"));
}

TEST_F(ResolveImageTest, NamesAChildThatIsNotWhatItsIndexSays) {
  v1::Descriptor child = AddImage("amd64", "");
  const int64_t size = child.size();
  child.set_size(size + 1);
  AddIndexOf({Json(child, "amd64")});
  // The second time, the cache has it.
  for (int i = 0; i < 2; ++i) {
    const v1::Failure failure = Refusal();
    EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
    EXPECT_EQ(failure.item(), "quay.io/coreos/etcd:v1");
    EXPECT_EQ(failure.reason(),
              absl::StrCat("its index says that manifest ", child.digest(),
                           " has ", size + 1, " bytes, and it has ", size));
    EXPECT_THAT(failure.advice(), HasSubstr("leaveOut"));
  }

  child = AddImage("arm64", "");
  child.set_media_type(std::string(oci::kDockerManifest));
  AddIndexOf({Json(child, "arm64")});
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Refusal().reason(), HasSubstr(std::string(oci::kOciManifest)));
    EXPECT_THAT(Refusal().reason(),
                HasSubstr(std::string(oci::kDockerManifest)));
  }
}

TEST_F(ResolveImageTest, NamesAConfigThatDisagrees) {
  AddIndexOf({Json(AddImage("arm64", ""), "amd64")});
  EXPECT_EQ(Refusal().reason(),
            "its config is for linux/arm64, and its index says linux/amd64");
  EXPECT_THAT(Refusal().advice(),
              HasSubstr("images: {wrongArchitecture: warn} takes it"));
  // A base is run, and no release takes one that says the wrong thing.
  const auto base = Resolve("quay.io/coreos/etcd:v1", /*want_configs=*/true);
  EXPECT_EQ(ToFailure(base.status(), "").advice(), "take another base image");

  AddIndexOf({Json(AddManifest({.config = Config("")}), "amd64")});
  EXPECT_THAT(Refusal().reason(), HasSubstr("does not say its \"os\""));
  AddManifest({.config = Config("")}, "v1");
  EXPECT_THAT(Refusal().reason(), HasSubstr("does not say its \"os\""));

  AddManifest({.config = Config(R"("os":"linux","architecture":"amd64",)"),
               .layers = absl::StrCat(Layer(), ",", Layer())},
              "v1");
  EXPECT_THAT(Refusal().reason(),
              HasSubstr("has 2 layers, and its config knows 1"));
}

TEST_F(ResolveImageTest, AReleaseMayTakeAConfigThatDisagrees) {
  AddIndexOf({Json(AddImage("amd64", ""), "amd64"),
              Json(AddImage("386", ""), "arm64")});
  take_mislabelled_ = true;
  auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->manifests_size(), 2);
  // It is what its index says, since runtimes choose by that.
  EXPECT_EQ(image->manifests(1).content_descriptor().platform().architecture(),
            "arm64");
  EXPECT_THAT(image->config_platforms(),
              ::testing::ElementsAre("", "linux/386"));

  AddIndex();
  image = Resolve("quay.io/coreos/etcd:v3.5.12");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(image->config_platforms(), ::testing::IsEmpty());
}

TEST_F(ResolveImageTest, NamesWhatIsNoImage) {
  AddManifest({.config_type = "application/vnd.cncf.helm.config.v1+json",
               .config = "{}"},
              "v1");
  EXPECT_THAT(Refusal().reason(), HasSubstr("helm.config"));
  AddManifest({.config = Config(R"("os":"linux","architecture":"amd64",)"),
               .layers = ""},
              "v1");
  EXPECT_THAT(Refusal().reason(), HasSubstr("it has no layers"));

  v1::Descriptor other = AddImage("amd64", "");
  other.set_media_type("application/x");
  AddIndexOf({Json(other, "amd64")});
  EXPECT_THAT(Refusal().reason(),
              HasSubstr("\"application/x\" for linux/amd64"));
  other.set_media_type(std::string(oci::kDockerSchema1));
  AddIndexOf({Json(other, "amd64")});
  EXPECT_THAT(Refusal().reason(), HasSubstr("schema 1"));
  EXPECT_THAT(Refusal().advice(), HasSubstr("leave it out or rebuild it"));
}

// As BuildKit's attestations have made them: an index for each platform.
TEST_F(ResolveImageTest, FollowsTheIndexesOfAnIndex) {
  std::vector<v1::Descriptor> manifests;
  std::vector<v1::Descriptor> inner;
  std::vector<std::string> entries;
  for (const char* architecture : {"s390x", "amd64", "arm64"}) {
    manifests.push_back(AddImage(architecture, ""));
    inner.push_back(AddIndexOf({Json(manifests.back(), architecture),
                                Json(AddImage("unknown", ""), "unknown")},
                               ""));
    entries.push_back(Json(inner.back(), architecture));
  }
  const v1::Descriptor top = AddIndexOf(entries);
  // The second time, the cache has all of it.
  std::string before;
  for (int i = 0; i < 2; ++i) {
    const auto image = Resolve("quay.io/coreos/etcd:v1");
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->top().content_descriptor().digest(), top.digest());
    EXPECT_THAT(DigestsOf(image->manifests()),
                ElementsAre(manifests[1].digest(), manifests[2].digest()));
    // Nobody wants what is in the other.
    EXPECT_THAT(DigestsOf(image->indexes()),
                ElementsAre(inner[1].digest(), inner[2].digest()));
    v1::ResolvedImage told = *image;
    told.clear_manifest_gets();
    EXPECT_TRUE(before.empty() || told.SerializeAsString() == before);
    before = told.SerializeAsString();
  }
}

TEST_F(ResolveImageTest, FollowsIndexesThatDoNotSayTheirPlatforms) {
  const v1::Descriptor amd64 = AddImage("amd64", "");
  const v1::Descriptor arm64 = AddImage("arm64", "");
  // One of them does not say the manifest's platform either.
  const v1::Descriptor innermost = AddIndexOf({Json(arm64)}, "");
  const v1::Descriptor inner =
      AddIndexOf({Json(innermost), Json(amd64, "amd64")}, "");
  AddIndexOf({Json(inner)});
  const auto image = Resolve("quay.io/coreos/etcd:v1", true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(DigestsOf(image->manifests()),
              ElementsAre(amd64.digest(), arm64.digest()));
  EXPECT_THAT(DigestsOf(image->indexes()),
              ElementsAre(inner.digest(), innermost.digest()));
  EXPECT_THAT(image->configs(1).content(), HasSubstr("arm64"));
}

TEST_F(ResolveImageTest, ReadsNoIndexesWhereTheOuterOneHasEverything) {
  AddIndexOf({Json(AddIndex()), Json(AddImage("amd64", ""), "amd64"),
              Json(AddImage("arm64", ""), "arm64")});
  const auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(image->indexes_size(), 0);
}

// A runtime looks for a platform only where an index says that it is.
TEST_F(ResolveImageTest, AnIndexForAnotherPlatformIsNotEntered) {
  const v1::Descriptor inner =
      AddIndexOf({Json(AddImage("amd64", ""), "amd64"),
                  Json(AddImage("arm64", ""), "arm64")},
                 "");
  AddIndexOf({Json(inner, "amd64"), Json(inner, "s390x")});
  auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->manifests_size(), 1);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().architecture(),
            "amd64");

  AddIndexOf({Json(inner, "amd64"), Json(inner, "arm64")});
  image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 2);
  EXPECT_THAT(DigestsOf(image->indexes()), ElementsAre(inner.digest()));
}

TEST_F(ResolveImageTest, IndexesAreFollowedToADepthAndANumber) {
  v1::Descriptor chain = AddIndexOf({Json(AddImage("amd64", ""), "amd64"),
                                     Json(AddImage("arm64", ""), "arm64")},
                                    "");
  chain = AddIndexOf({Json(chain)}, "");
  chain = AddIndexOf({Json(chain)});
  EXPECT_TRUE(Resolve("quay.io/coreos/etcd:v1").ok());
  AddIndexOf({Json(chain)});
  EXPECT_THAT(Refusal().reason(), HasSubstr("nested over 3 deep"));
  EXPECT_THAT(Refusal().advice(), HasSubstr("leaveOut"));

  std::vector<std::string> entries;
  for (int i = 0; i < 17; ++i) {
    entries.push_back(
        Json(AddIndexOf({Json(AddImage(absl::StrCat("other", i), ""))}, "")));
  }
  AddIndexOf(entries);
  EXPECT_THAT(Refusal().reason(), HasSubstr("more than 16 indexes"));
}

TEST_F(ResolveImageTest, NamesAnIndexThatIsNotWhatItsIndexSays) {
  v1::Descriptor inner = AddIndex();
  inner.set_size(inner.size() + 1);
  AddIndexOf({Json(inner)});
  EXPECT_THAT(Refusal().reason(), HasSubstr("its index says that manifest"));
}

TEST_F(ResolveImageTest, SaysWhichLineNamesAMissingImage) {
  const auto image = Resolve("quay.io/coreos/etcd:v9");
  ASSERT_FALSE(image.ok());
  const v1::Failure failure = ToFailure(image.status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.item(), "quay.io/coreos/etcd:v9");
  EXPECT_EQ(failure.location(), "images.list:7");
}

TEST_F(ResolveImageTest, TellsTheLicencesThatConfigsState) {
  AddManifest({.config = Config(
                   R"("os":"linux","architecture":"amd64","config":{"Labels":)"
                   R"({"org.opencontainers.image.licenses":"Apache-2.0"}},)")},
              "v1");
  const auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->licenses_size(), 1);
  EXPECT_EQ(image->licenses(0), "Apache-2.0");
}

TEST_F(ResolveImageTest, BringsTheAttestationsThatInnerIndexesList) {
  const v1::Descriptor inner = AddIndex();
  AddIndexOf({Json(inner)});
  const auto image =
      Resolve("quay.io/coreos/etcd:v1", false, "", /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->signatures_size(), 1);
  EXPECT_NE(image->signatures(0).manifest().content(), "");
}

TEST_F(ResolveImageTest, BringsTheSignaturesThatLieBesideAnImage) {
  const v1::Descriptor top = AddIndex();
  const std::string tag = absl::StrReplaceAll(top.digest(), {{":", "-"}});
  AddManifest({.config = "{}"}, tag + ".sig");
  stores_.AddBlob(kRepository, "layer", oci::kOciLayerGzip);
  EXPECT_EQ(Resolve("quay.io/coreos/etcd:v3.5.12")->signatures_size(), 0);
  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                             /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  // And the attestation that its index lists.
  ASSERT_EQ(image->signatures_size(), 2);
  EXPECT_EQ(image->signatures(0).tag(), tag + ".sig");
  ASSERT_EQ(image->signatures(0).contents_size(), 1);
  EXPECT_EQ(image->signatures(0).contents(0).content(), "layer");
  EXPECT_EQ(image->signatures(1).tag(), "");
  EXPECT_NE(image->signatures(1).manifest().content(), "");
}

// As `cosign sign --recursive` leaves them, and publishers who sign before they
// make an index.
TEST_F(ResolveImageTest, BringsTheSignaturesOfSinglePlatforms) {
  AddIndex();
  stores_.AddBlob(kRepository, "layer", oci::kOciLayerGzip);
  // The manifest that the index lists, again.
  const v1::Descriptor amd64 = AddImage("amd64", "");
  const v1::Descriptor arm64 = AddImage("arm64", "");
  const std::string tag = absl::StrReplaceAll(amd64.digest(), {{":", "-"}});
  AddManifest({.config = "{}"}, tag + ".sig");
  const v1::Descriptor bundle = AddReferrer(arm64, kBundleType);
  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                             /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  // The attestation that the index lists comes first; then the signature of
  // amd64, and of arm64 the bundle and the list that has it.
  ASSERT_EQ(image->signatures_size(), 4);
  EXPECT_EQ(image->signatures(1).tag(), tag + ".sig");
  EXPECT_EQ(image->signatures(1).contents(0).content(), "layer");
  EXPECT_EQ(image->signatures(2).manifest().content_descriptor().digest(),
            bundle.digest());
  EXPECT_EQ(image->signatures(3).tag(),
            absl::StrReplaceAll(arm64.digest(), {{":", "-"}}));
}

// A registry with a list of its own keeps no tag in its place.
TEST_F(ResolveImageTest, WhatTheRegistryListsIsFoundWithoutATag) {
  const v1::Descriptor top = AddIndex();
  stores_.AddBlob(kRepository, "layer", kBundleType);
  const v1::Descriptor bundle = AddReferrer(top, kBundleType);
  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                             /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  // The bundle, the list and the attestation of the index.
  ASSERT_EQ(image->signatures_size(), 3);
  const v1::UpstreamArtifact& found = image->signatures(0);
  EXPECT_EQ(found.manifest().content_descriptor().digest(), bundle.digest());
  ASSERT_EQ(found.contents_size(), 1);
  EXPECT_EQ(found.contents(0).content(), "layer");
  const v1::UpstreamArtifact& list = image->signatures(1);
  EXPECT_EQ(list.tag(), absl::StrReplaceAll(top.digest(), {{":", "-"}}));
  EXPECT_THAT(list.manifest().content(), HasSubstr(bundle.digest()));
  EXPECT_THAT(list.manifest().content(), HasSubstr(kBundleType));
}

TEST_F(ResolveImageTest, APublishersOwnListStaysAsItIsWhileItIsWhole) {
  const v1::Descriptor top = AddIndex();
  const std::string tag = absl::StrReplaceAll(top.digest(), {{":", "-"}});
  const v1::Descriptor sbom = AddReferrer(top, "text/spdx");
  const v1::Descriptor list = stores_.AddManifest(
      kRepository,
      absl::StrCat(R"({"schemaVersion":2, "manifests":[)", Json(sbom), "]}"),
      oci::kOciIndex, tag);
  auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                       /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->signatures(1).manifest().content_descriptor().digest(),
            list.digest());
  // The registry has learned to list since then, and nobody mends the tag.
  const v1::Descriptor later = AddReferrer(top, "text/later");
  image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                  /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  ASSERT_EQ(image->signatures_size(), 4);
  for (const v1::Descriptor& entry : {sbom, later}) {
    EXPECT_THAT(image->signatures(2).manifest().content(),
                HasSubstr(entry.digest()));
  }
}

// A signature may be there; whether it is, nobody knows.
TEST_F(ResolveImageTest, AListThatCannotBeHadIsNotAnEmptyOne) {
  AddIndex();
  stores_.RefuseReferrers(absl::UnavailableError("503"));
  EXPECT_FALSE(Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                       /*want_signatures=*/true)
                   .ok());
}

TEST_F(ResolveImageTest, ASignatureThatIsTooLargeIsLeftBehind) {
  const v1::Descriptor top = AddIndex();
  AddManifest({.config = "{}",
               .layers = absl::StrReplaceAll(
                   Layer(), {{"\"size\":5", "\"size\":5000000"}})},
              absl::StrReplaceAll(top.digest(), {{":", "-"}}) + ".att");
  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                             /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(image->signatures(0).left_out(), HasSubstr("4.0 MiB together"));
  EXPECT_FALSE(image->signatures(0).has_manifest());
}

// The coordinator refuses a result with more of them, and would take it for the
// worker's fault.
TEST_F(ResolveImageTest, AListOfAnyLengthMakesNoResultThatIsRefused) {
  const v1::Descriptor top = AddIndex();
  std::vector<std::string> entries;
  for (int i = 0; i < 1000; ++i) {
    v1::Descriptor odd;
    odd.set_digest(Sha256Of(absl::StrCat(i)).ToString());
    odd.set_size(1);
    odd.set_media_type(std::string(i < 10 ? 6000 : 300, 'x'));
    entries.push_back(Json(odd));
  }
  stores_.AddManifest(kRepository,
                      absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                                   absl::StrJoin(entries, ","), "]}"),
                      oci::kOciIndex,
                      absl::StrReplaceAll(top.digest(), {{":", "-"}}));
  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                             /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_LT(image->signatures_size(), 100);
  int together = 0;
  for (const v1::UpstreamArtifact& artifact : image->signatures()) {
    EXPECT_LE(artifact.left_out().size(), 4096u);
    together += absl::StrContains(artifact.left_out(), "more are too many");
  }
  EXPECT_EQ(together, 1);
}

TEST_F(ResolveImageTest, ASignatureWithTooLongATypeIsLeftBehind) {
  const v1::Descriptor top = AddIndex();
  AddManifest(
      {.config = "{}",
       .layers = absl::StrReplaceAll(
           Layer(), {{ToAbsl(oci::kOciLayerGzip), std::string(300, 'x')}})},
      absl::StrReplaceAll(top.digest(), {{":", "-"}}) + ".sig");
  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", false, "",
                             /*want_signatures=*/true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_THAT(image->signatures(0).left_out(),
              HasSubstr("too long a media type"));
}

}  // namespace
}  // namespace kso::worker
