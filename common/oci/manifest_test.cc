// SPDX-License-Identifier: Apache-2.0
#include "common/oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/strings.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"

namespace kso::oci {
namespace {

const std::string kA = "sha256:" + std::string(64, 'a');
const std::string kB = "sha256:" + std::string(64, 'b');

std::string Entry(const std::string& digest, const std::string& more = "",
                  const std::string& size = "7") {
  return R"({"mediaType":"application/x","digest":")" + digest +
         R"(","size":)" + size + more + "}";
}

std::string ManifestWith(const std::string& layers,
                         const std::string& more = "") {
  return R"({"schemaVersion":2,"config":)" + Entry(kA) + R"(,"layers":[)" +
         layers + "]" + more + "}";
}

TEST(ManifestTest, ReadsConfigAndLayers) {
  const auto manifest = ParseManifest(
      ManifestWith(Entry(kB),
                   R"(,"mediaType":")" + std::string(kDockerManifest) + "\""),
      kDockerManifest);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->config.digest(), kA);
  ASSERT_EQ(manifest->layers.size(), 1u);
  EXPECT_EQ(manifest->layers[0].digest(), kB);
  EXPECT_EQ(manifest->layers[0].size(), 7);
}

TEST(ManifestTest, ReadsAnIndexWithAttestations) {
  const auto index = ParseIndex(
      R"({"schemaVersion":2,"manifests":[)" +
          Entry(kA, R"(,"platform":{"os":"linux","architecture":"arm64",)"
                    R"("variant":"v8"})") +
          "," +
          Entry(kB,
                R"(,"platform":{"os":"unknown","architecture":"unknown"})") +
          "]}",
      kOciIndex);
  ASSERT_TRUE(index.ok()) << index.status();
  ASSERT_EQ(index->manifests.size(), 2u);
  EXPECT_EQ(FormatPlatform(index->manifests[0].platform()), "linux/arm64/v8");
}

TEST(ManifestTest, RefusesAnotherTypeThanItWasServedAs) {
  const std::string content = ManifestWith(
      Entry(kB), R"(,"mediaType":")" + std::string(kOciManifest) + "\"");
  EXPECT_TRUE(ParseManifest(content, kOciManifest).ok());
  EXPECT_FALSE(ParseManifest(content, kDockerManifest).ok());
  EXPECT_FALSE(ParseIndex(content, kOciIndex).ok());
}

TEST(ManifestTest, RefusesManifestAndIndexAtOnce) {
  const std::string both = ManifestWith(Entry(kB), R"(,"manifests":[])");
  EXPECT_FALSE(ParseManifest(both, kOciManifest).ok());
  EXPECT_FALSE(ParseIndex(both, kOciIndex).ok());
}

TEST(ManifestTest, RefusesBadDescriptors) {
  for (const std::string& layer :
       {Entry("sha256:../../etc/passwd"), Entry(kB, "", "-1"),
        Entry(kB, "", "\"7\""), Entry(kB, "", "7.5"),
        Entry(kB, R"(,"urls":["https://elsewhere.example.com/"])"),
        Entry(kB, R"(,"platform":{"os":"a/../b","architecture":"x"})"),
        std::string("7"), std::string("null"),
        R"({"digest":[],"size":1})" + std::string()}) {
    EXPECT_EQ(ParseManifest(ManifestWith(layer), kOciManifest).status().code(),
              absl::StatusCode::kInvalidArgument)
        << layer;
  }
}

TEST(ManifestTest, RefusesFieldsThatRegistriesCannotRead) {
  const auto manifest = [](const char* more) {
    return ParseManifest(ManifestWith(Entry(kB, more)), kOciManifest).status();
  };
  for (const char* more :
       {R"(,"annotations":{"x":1})", R"(,"annotations":["x"])",
        R"(,"annotations":"x")", R"(,"artifactType":1)", R"(,"data":{})",
        R"(,"urls":{})",
        R"(,"platform":{"os":"linux","architecture":"x","os.version":10})",
        R"(,"platform":{"os":"linux","architecture":"x","os.features":"a"})",
        R"(,"platform":{"os":"linux","architecture":"x","features":[1]})"}) {
    EXPECT_EQ(manifest(more).code(), absl::StatusCode::kInvalidArgument)
        << more;
  }
  for (const char* more :
       {R"(,"annotations":{"x":"1"})", R"(,"annotations":null)",
        R"(,"annotations":{"x":null})", R"(,"urls":[])", R"(,"data":"e30=")",
        (R"(,"platform":{"os":"linux","architecture":"x","os.version":"10",)"
         R"("os.features":["a"],"features":null})")}) {
    EXPECT_TRUE(manifest(more).ok()) << more << manifest(more);
  }
  std::string whole = ManifestWith(Entry(kB));
  whole.insert(1, R"("annotations":{"x":[]},)");
  EXPECT_FALSE(ParseManifest(whole, kOciManifest).ok());
}

TEST(ManifestTest, RefusesSizesThatNobodyHas) {
  EXPECT_TRUE(
      ParseManifest(ManifestWith(Entry(kB, "", "1099511627776")), kOciManifest)
          .ok());
  for (const char* size :
       {"1099511627777", "4611686018427387904", "9223372036854775807",
        "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "1e30", "-9223372036854775808"}) {
    const absl::Status status =
        ParseManifest(ManifestWith(Entry(kB, "", size)), kOciManifest).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(kB));
  }
}

TEST(ManifestTest, RefusesKeysThatContainerRuntimesReadOtherwise) {
  const std::string good = ManifestWith(Entry(kB));
  ASSERT_TRUE(ParseManifest(good, kOciManifest).ok());
  for (const char* more :
       {R"("Layers":[],)", R"("layers":[],)", R"("Manifests":[],)",
        R"("Config":{},)", R"("MediaType":"x",)"}) {
    std::string bad = good;
    bad.insert(1, more);
    EXPECT_EQ(ParseManifest(bad, kOciManifest).status().code(),
              absl::StatusCode::kInvalidArgument)
        << more;
  }
  EXPECT_FALSE(
      ParseManifest(ManifestWith(Entry(kB, R"(,"Urls":["https://x/"])")),
                    kOciManifest)
          .ok());
}

TEST(ManifestTest, RefusesWhatHasTheWrongShape) {
  for (const char* content : {"", "[]", "{", "null", R"({"schemaVersion":2})",
                              R"({"schemaVersion":"2","layers":[]})",
                              R"({"schemaVersion":2,"config":[],"layers":{}})",
                              R"({"schemaVersion":1,"fsLayers":[]})"}) {
    EXPECT_FALSE(ParseManifest(content, kOciManifest).ok()) << content;
    EXPECT_FALSE(ParseIndex(content, kOciIndex).ok()) << content;
  }
}

TEST(ManifestTest, SaysThatSchema1IsNotTaken) {
  for (const char* content :
       {R"({"schemaVersion":1,"fsLayers":[],"history":[]})",
        R"({"schemaVersion":1})", R"({"fsLayers":[]})"}) {
    for (const absl::Status& status :
         {ParseManifest(content, kDockerManifest).status(),
          ParseIndex(content, kOciIndex).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
      EXPECT_THAT(std::string(status.message()),
                  ::testing::HasSubstr("schema 1"));
    }
    EXPECT_EQ(DocumentType(content), kDockerSchema1);
  }
}

TEST(ManifestTest, ADocumentShowsItsType) {
  EXPECT_EQ(DocumentType(ManifestWith("")), kOciManifest);
  EXPECT_EQ(DocumentType(R"({"schemaVersion":2,"manifests":[]})"), kOciIndex);
  EXPECT_EQ(DocumentType(ManifestWith(
                "", R"(,"mediaType":")" + std::string(kDockerManifest) + "\"")),
            kDockerManifest);
  for (const char* content : {"", "[]", "{}", "<html>", R"({"errors":[]})"}) {
    EXPECT_EQ(DocumentType(content), "") << content;
  }
}

TEST(ManifestTest, AnEntryThatNamesHalfAPlatformNamesNone) {
  for (const char* platform :
       {R"({})", R"({"os":"linux"})", R"({"os":"","architecture":""})",
        R"({"architecture":"amd64"})"}) {
    const auto index =
        ParseIndex(R"({"schemaVersion":2,"manifests":[)" +
                       Entry(kA, Concat(R"(,"platform":)", platform)) + "]}",
                   kOciIndex);
    ASSERT_TRUE(index.ok()) << index.status();
    EXPECT_FALSE(index->manifests[0].has_platform()) << platform;
  }
}

TEST(ManifestTest, TellsImagesFromOtherArtifacts) {
  const auto check = [](std::string_view type, const std::string& layers) {
    const std::string content = Concat(
        R"({"schemaVersion":2,"config":{"mediaType":")", type,
        R"(","digest":")", kA, R"(","size":7},"layers":[)", layers, "]}");
    return CheckIsImage(*ParseManifest(content, kOciManifest));
  };
  EXPECT_TRUE(check(kOciConfig, Entry(kB)).ok());
  EXPECT_TRUE(check(kDockerConfig, Entry(kB)).ok());
  EXPECT_TRUE(check("application/octet-stream", Entry(kB)).ok());
  for (const char* type :
       {"application/vnd.cncf.helm.config.v1+json",
        "application/vnd.oci.empty.v1+json",
        "application/vnd.docker.plugin.v1+json", "application/x"}) {
    EXPECT_THAT(std::string(check(type, Entry(kB)).message()),
                ::testing::HasSubstr(type));
  }
  EXPECT_THAT(std::string(check(kOciConfig, "").message()),
              ::testing::HasSubstr("no layers"));
}

TEST(ManifestTest, ReadsAnImageConfig) {
  const auto config =
      ParseImageConfig(R"({"os":"linux","architecture":"amd64","rootfs":)"
                       R"({"type":"layers","diff_ids":[")" +
                       kA + R"("]}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(FormatPlatform(config->platform), "linux/amd64");
  EXPECT_EQ(config->diff_ids, std::vector<std::string>{kA});
  for (const char* content :
       {"{}", R"({"os":"linux","rootfs":{"diff_ids":[]}})",
        R"({"architecture":"amd64","rootfs":{"diff_ids":[]}})"}) {
    EXPECT_THAT(std::string(ParseImageConfig(content).status().message()),
                ::testing::HasSubstr("does not say its \"os\""));
  }
  EXPECT_FALSE(ParseImageConfig(R"({"os":"linux","architecture":"amd64",)"
                                R"("rootfs":{"diff_ids":["x"]}})")
                   .ok());
}

TEST(StatedLicenses, AreThoseOfAnnotationsAndLabels) {
  const std::string stated = R"({"org.opencontainers.image.licenses":"MIT"})";
  const std::string config =
      R"({"os":"linux","architecture":"amd64","rootfs":{"diff_ids":[]})";
  EXPECT_EQ(ParseImageConfig(config + R"(,"config":{"Labels":)" + stated + "}}")
                ->licenses,
            "MIT");
  // One that is odd is as good as none, and no reason to refuse an image.
  for (const std::string odd :
       {R"("config":{"Labels":null})", R"("config":null)", R"("config":[1])",
        R"("config":{"Labels":{"org.opencontainers.image.licenses":7}})",
        R"("config":{"labels":{}})"}) {
    const auto parsed = ParseImageConfig(config + "," + odd + "}");
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->licenses, "") << odd;
  }
  const auto index = ParseIndex(
      R"({"schemaVersion":2,"manifests":[],"annotations":)" + stated + "}",
      kOciIndex);
  ASSERT_TRUE(index.ok()) << index.status();
  EXPECT_EQ(index->licenses, "MIT");
}

}  // namespace
}  // namespace kso::oci
