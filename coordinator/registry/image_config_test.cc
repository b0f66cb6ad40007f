// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/image_config.h"

#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using Json = nlohmann::json;

const std::string kDiffId = "sha256:" + std::string(64, '1');

ChosenManifest Base(const std::string& config, int layers = 1) {
  ChosenManifest base;
  base.platform.set_os("linux");
  base.platform.set_architecture("arm64");
  base.manifest.layers.resize(layers);
  base.config.set_content(config);
  return base;
}

Json BaseJson() {
  return Json{{"os", "linux"},
              {"architecture", "arm64"},
              {"variant", "v8"},
              {"created", "2024-05-05T05:05:05Z"},
              {"rootfs", {{"type", "layers"}, {"diff_ids", {kDiffId}}}}};
}

ImageAdditions Additions() {
  return {.diff_ids = {"sha256:" + std::string(64, '2')},
          .history = {"kso: layer of kubespray-images"},
          .port = "5000/tcp",
          .title = "kubespray-images",
          .served_directory = "/var/lib/registry"};
}

Json Extended(const Json& base) {
  const auto config = ExtendConfig(Base(base.dump()), Additions());
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? Json::parse(*config) : Json();
}

TEST(ExtendConfigTest, KeepsWhatTheBaseRuns) {
  Json base = BaseJson();
  base["config"] = {{"Entrypoint", {"/entrypoint.sh"}},
                    {"Cmd", {"/etc/distribution/config.yml"}},
                    {"Env", {"OTEL_TRACES_EXPORTER=none"}},
                    {"ExposedPorts", {{"80/tcp", Json::object()}}},
                    {"Labels",
                     {{"org.opencontainers.image.version", "1.25.2"},
                      {"maintainer", "somebody"}}}};
  const Json json = Extended(base);
  EXPECT_EQ(json["config"]["Entrypoint"], base["config"]["Entrypoint"]);
  EXPECT_EQ(json["config"]["Cmd"], base["config"]["Cmd"]);
  EXPECT_EQ(json["config"]["Env"], base["config"]["Env"]);
  EXPECT_TRUE(json["config"]["ExposedPorts"].contains("80/tcp"));
  EXPECT_TRUE(json["config"]["ExposedPorts"].contains("5000/tcp"));
  EXPECT_EQ(json["variant"], "v8");
  EXPECT_EQ(json["created"], "2024-05-05T05:05:05Z");
  EXPECT_EQ(json["rootfs"]["diff_ids"].size(), 2u);
  EXPECT_EQ(json["config"]["Labels"],
            (Json{{"maintainer", "somebody"},
                  {"org.opencontainers.image.title", "kubespray-images"}}));
}

TEST(ExtendConfigTest, DropsVolumesThatWouldHideTheContent) {
  Json base = BaseJson();
  for (const char* path : {"/var/lib/registry", "/var/lib/registry/docker/",
                           "/var/lib/", "/", "/var/lib/registry2", "/tmp"}) {
    base["config"]["Volumes"][path] = Json::object();
  }
  base["container_config"]["Volumes"]["/var/lib/registry"] = Json::object();
  const Json json = Extended(base);
  EXPECT_EQ(
      json["config"]["Volumes"],
      Json({{"/var/lib/registry2", Json::object()}, {"/tmp", Json::object()}}));
  EXPECT_FALSE(json.contains("container_config"));

  base["config"]["Volumes"] = {{"/var/lib/registry", Json::object()}};
  EXPECT_FALSE(Extended(base)["config"].contains("Volumes"));
}

TEST(ExtendConfigTest, HistoryFitsTheLayers) {
  Json base = BaseJson();
  base["history"] = {{{"created_by", "ADD rootfs"}},
                     {{"created_by", "CMD"}, {"empty_layer", true}}};
  EXPECT_EQ(Extended(base)["history"].size(), 3u);
  EXPECT_EQ(Extended(base)["history"][0]["created_by"], "ADD rootfs");
  // A base whose own does not fit.
  base["history"] = Json::array();
  EXPECT_EQ(Extended(base)["history"].size(), 2u);
  base.erase("history");
  EXPECT_EQ(Extended(base)["history"].size(), 2u);
}

TEST(ExtendConfigTest, IsAsOldAsTheBase) {
  Json base = BaseJson();
  base["history"] = {{{"created", "2024-06-01T02:00:00.5+02:00"},
                      {"created_by", "ADD rootfs"}}};
  Json json = Extended(base);
  EXPECT_EQ(json["created"], "2024-06-01T00:00:00Z");
  EXPECT_EQ(json["history"][0], base["history"][0]);
  EXPECT_EQ(json["history"][1]["created"], "2024-06-01T00:00:00Z");

  // No date is better than one that says nothing.
  base.erase("history");
  for (const Json& none :
       {Json(), Json("1970-01-01T00:00:00Z"), Json("0001-01-01T00:00:00Z"),
        Json("99999-01-01T00:00:00Z"), Json("infinite-future"), Json("now"),
        Json(5)}) {
    base["created"] = none;
    json = Extended(base);
    EXPECT_FALSE(json.contains("created")) << none;
    EXPECT_FALSE(json["history"][1].contains("created")) << none;
  }
}

TEST(ExtendConfigTest, GivesTheSameBytesAgain) {
  const ChosenManifest base = Base(BaseJson().dump());
  EXPECT_EQ(*ExtendConfig(base, Additions()), *ExtendConfig(base, Additions()));
}

TEST(ExtendConfigTest, RefusesABaseThatDoesNotFit) {
  EXPECT_FALSE(ExtendConfig(Base("not JSON"), Additions()).ok());
  EXPECT_FALSE(ExtendConfig(Base(BaseJson().dump(), 2), Additions()).ok());
  Json other = BaseJson();
  other["architecture"] = "amd64";
  EXPECT_FALSE(ExtendConfig(Base(other.dump()), Additions()).ok());
}

TEST(ExtendConfigTest, RefusesFieldsThatDifferInCaseFromThoseItWrites) {
  Json base = BaseJson();
  base["History"] = Json::array();
  EXPECT_FALSE(ExtendConfig(Base(base.dump()), Additions()).ok());
  base = BaseJson();
  base["config"]["volumes"] = Json::object();
  base["config"].erase("Volumes");
  EXPECT_FALSE(ExtendConfig(Base(base.dump()), Additions()).ok());
}

TEST(ExtendConfigTest, RefusesABaseThatWouldFillTheStack) {
  std::string config = BaseJson().dump();
  const std::string nested =
      std::string(200000, '[') + std::string(200000, ']');
  config.insert(1, "\"x\":" + nested + ",");
  EXPECT_THAT(
      std::string(ExtendConfig(Base(config), Additions()).status().message()),
      ::testing::HasSubstr("nested"));
}

}  // namespace
}  // namespace kso::coordinator
