// SPDX-License-Identifier: Apache-2.0
// `ksoctl diff`, as people type it.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/commands/release/release_commands.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A build of a release that has pushed one image.
v1::Build Pushed(const std::string& name, const std::string& digest) {
  v1::Build build;
  build.set_build_id("build-of-" + name);
  build.set_name(name);
  v1::ImageResult* image = build.add_images();
  image->set_repository("reg.example/team/kubespray-files");
  image->add_tags(name);
  image->add_tags(name + "-all");
  image->mutable_index()->set_digest(digest);
  return build;
}

class BuildsCoordinator : public FakeCoordinatorClient {
 public:
  absl::StatusOr<v1::Build> GetBuild(const std::string& name) override {
    for (const v1::Build& build : builds) {
      if (build.name() == name) return build;
    }
    return absl::NotFoundError("there is no build '" + name + "'");
  }
  absl::StatusOr<v1::ListBuildsResponse> ListBuilds() override {
    v1::ListBuildsResponse response;
    for (const v1::Build& build : builds) *response.add_builds() = build;
    return response;
  }

  std::vector<v1::Build> builds = {Pushed("v2", "sha256:bb"),
                                   Pushed("v1", "sha256:aa")};
};

class DiffTest : public CommandFixture {
 protected:
  int Diff(const std::string& from, const std::string& to) {
    return Run(CreateDiff, coordinator_, {from, to});
  }

  // A release directory whose list has these images.
  std::string Release(const std::string& name, const std::string& images) {
    const std::filesystem::path directory = temp_.path() / name;
    std::filesystem::create_directories(directory);
    std::ofstream(directory / "images.list") << images;
    std::ofstream(directory / "release.yaml")
        << "apiVersion: kso/v1\nkind: Release\nname: " << name
        << "\nplatforms: [linux/amd64]\n"
           "images: {base: docker.io/library/registry:3, list: images.list}\n"
           "destination: docker://reg.example/team\n";
    return directory.string();
  }

  BuildsCoordinator coordinator_;
  const kso::testing::TempDirectory temp_;
};

TEST_F(DiffTest, IsOfTwoDirectoriesBeforeAnythingIsBuilt) {
  const std::string before = Release("old", "registry.k8s.io/pause:3.9\n");
  const std::string after = Release(
      "new", "registry.k8s.io/pause:3.9\nregistry.k8s.io/etcd:3.5.12-0\n");
  ASSERT_EQ(Diff(before, after), 0) << error();
  EXPECT_THAT(out(), AllOf(HasSubstr("Images: 1 added, 0 dropped"),
                           HasSubstr("+  registry.k8s.io/etcd:3.5.12-0")));
  // A release.yaml is one too, and the order counts.
  ASSERT_EQ(Diff(after + "/release.yaml", before), 0) << error();
  EXPECT_THAT(out(), HasSubstr("-  registry.k8s.io/etcd:3.5.12-0"));
  json_ = true;
  ASSERT_EQ(Diff(before, after), 0) << error();
  EXPECT_THAT(out(), ::testing::StartsWith("{\n"));
}

TEST_F(DiffTest, ABuildIsKnownByItsNameOrByWhatItPushed) {
  for (const char* v1 : {"v1", "reg.example/team/kubespray-files:v1",
                         "docker://reg.example/team/kubespray-files:v1",
                         "reg.example/team/kubespray-files:v1-all",
                         "reg.example/team/kubespray-files@sha256:aa"}) {
    ASSERT_EQ(Diff(v1, "v2"), 0) << v1 << error();
    EXPECT_THAT(out(), HasSubstr("v1")) << v1;
    EXPECT_THAT(out(), HasSubstr("-> ")) << v1;
    const std::string forth = out();
    ASSERT_EQ(Diff("v2", v1), 0) << v1 << error();
    EXPECT_NE(out(), forth) << v1;
  }
}

TEST_F(DiffTest, WhatNobodyKnowsIsNamed) {
  EXPECT_EQ(Diff("v1", "v9"), 2);
  EXPECT_THAT(error(), HasSubstr("there is no build 'v9'"));
  EXPECT_EQ(Diff("reg.example/team/kubespray-files:v9", "v1"), 2);
  EXPECT_THAT(error(), AllOf(HasSubstr("reg.example/team/kubespray-files:v9"),
                             HasSubstr("is no release directory")));
  EXPECT_EQ(Diff("reg.example/team/kubespray-files@sha256:cc", "v1"), 2);
}

}  // namespace
}  // namespace kso::cli
