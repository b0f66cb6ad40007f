// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/image_process.h"

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

using Texts = std::vector<std::string>;

TEST(ImageProcessTest, RunsWhatTheImageSays) {
  const auto process = ParseImageProcess(R"({"os": "linux", "config": {
      "Entrypoint": ["registry"], "Cmd": ["serve", "/etc/config.yml"],
      "Env": ["PATH=/bin", "A=b"], "WorkingDir": "/srv", "User": "101:101",
      "Volumes": {"/var/lib/registry": {}}}})");
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(process->arguments,
            (Texts{"registry", "serve", "/etc/config.yml"}));
  EXPECT_EQ(process->environment, (Texts{"PATH=/bin", "A=b"}));
  EXPECT_EQ(process->directory, "/srv");
  EXPECT_EQ(process->user, "101:101");
  EXPECT_EQ(process->volumes, Texts{"/var/lib/registry"});
}

TEST(ImageProcessTest, WhatIsNotSaidIsAsContainersHaveIt) {
  const auto process = ParseImageProcess(
      R"({"config": {"Cmd": ["nginx"], "Entrypoint": null}})");
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ(process->arguments, Texts{"nginx"});
  ASSERT_EQ(process->environment.size(), 1u);
  EXPECT_EQ(process->environment[0].substr(0, 5), "PATH=");
  EXPECT_EQ(process->directory, "/");
  EXPECT_EQ(process->user, "");
}

TEST(ImageProcessTest, RefusesWhatCannotRun) {
  for (const char* config :
       {"no json", "{}", R"({"config": {}})", R"({"config": {"Cmd": []}})",
        R"({"config": {"Cmd": "nginx"}})", R"({"config": {"Cmd": [1]}})",
        R"({"config": {"Cmd": ["a"], "Volumes": {"x": {}}}})"}) {
    EXPECT_EQ(ParseImageProcess(config).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << config;
  }
}

TEST(ImageProcessTest, RefusesMoreVolumesThanAMachineHasMemoryFor) {
  const auto with_volumes = [](int count) {
    std::string volumes;
    for (int i = 0; i < count; ++i) {
      volumes += (i == 0 ? "\"/v" : ",\"/v") + std::to_string(i) + "\":{}";
    }
    return ParseImageProcess(R"({"config": {"Cmd": ["a"], "Volumes": {)" +
                             volumes + "}}}")
        .status();
  };
  EXPECT_TRUE(with_volumes(16).ok());
  EXPECT_EQ(with_volumes(17).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace kso::worker
