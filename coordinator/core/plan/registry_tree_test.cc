// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/registry_tree.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "coordinator/core/plan/planner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::kso::testing::ResolvedRelease;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::Not;

constexpr char kTree[] = "var/lib/registry/docker/registry/v2/";

// All files of an image's layers, blobs included.
std::map<std::string, std::string> FilesOf(const ResolvedRelease& fake,
                                           const std::string& suffix,
                                           const std::string& architecture) {
  const Plan plan = MakePlan("b", fake.release, fake.resolved);
  std::map<std::string, const v1::Task*> tasks;
  for (const v1::Task& task : plan.tasks) tasks[task.task_id()] = &task;
  std::map<std::string, std::string> files;
  for (const v1::PlannedImage& image : plan.images) {
    if (image.tag_suffix() != suffix ||
        image.platform().architecture() != architecture) {
      continue;
    }
    for (const std::string& id : image.layer_task_ids()) {
      for (const auto& member : tasks.at(id)->make_layer().members()) {
        files[member.path()] =
            member.has_blob() ? fake.blobs.at(member.blob().blob().digest())
                              : member.content();
      }
    }
  }
  return files;
}

TEST(RegistryTreeTest, BlobsAndOnlyTheyAreBelowTheirDirectory) {
  const std::string hex(128, 'a');
  EXPECT_TRUE(BlobDataPath(*Digest::Parse("sha512:" + hex))
                  .starts_with(kBlobsDirectory));
  EXPECT_TRUE(BlobDataPath(Sha256Of("x")).starts_with(kBlobsDirectory));
  EXPECT_FALSE((std::string(kTree) + "repositories/k8s/pause/_layers/link")
                   .starts_with(kBlobsDirectory));
}

TEST(RegistryTreeTest, LinksEverythingThatDistributionLooksFor) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  const auto files = FilesOf(fake, "", "amd64");
  const v1::ResolvedImage& image =
      fake.resolved.images["registry.k8s.io/pause:3.9"];
  const std::string top = image.top().content_descriptor().digest();
  const std::string repository = std::string(kTree) + "repositories/k8s/pause/";
  EXPECT_EQ(files.at(repository + "_manifests/tags/3.9/current/link"), top);
  EXPECT_EQ(files.at(repository + "_manifests/tags/3.9/index/sha256/" +
                     top.substr(7) + "/link"),
            top);
  EXPECT_EQ(files.at(repository + "_manifests/revisions/sha256/" +
                     top.substr(7) + "/link"),
            top);
  const std::string hex = top.substr(7);
  EXPECT_EQ(files.at(std::string(kTree) + "blobs/sha256/" + hex.substr(0, 2) +
                     "/" + hex + "/data"),
            image.top().content());
  const std::string config =
      image.configs(0).content_descriptor().digest().substr(7);
  EXPECT_THAT(files,
              Contains(Key(repository + "_layers/sha256/" + config + "/link")));
  // Nothing of the other platform.
  const std::string other =
      image.manifests(1).content_descriptor().digest().substr(7);
  EXPECT_THAT(files,
              Not(Contains(Key(repository + "_manifests/revisions/sha256/" +
                               other + "/link"))));
}

TEST(RegistryTreeTest, HasWhatLeadsToTheManifests) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9", {.nested = true});
  const auto files = FilesOf(fake, "", "amd64");
  const v1::Document& inner =
      fake.resolved.images["registry.k8s.io/pause:3.9"].indexes(0);
  const std::string hex = inner.content_descriptor().digest().substr(7);
  EXPECT_EQ(files.at(std::string(kTree) + "blobs/sha256/" + hex.substr(0, 2) +
                     "/" + hex + "/data"),
            inner.content());
  EXPECT_THAT(files, Contains(Key(std::string(kTree) +
                                  "repositories/k8s/pause/_manifests/revisions/"
                                  "sha256/" +
                                  hex + "/link")));
}

// Debian's docker-registry over a planned tree.
class RealRegistryTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(root_);
  }

  void Serve(const std::map<std::string, std::string>& files) {
    for (const auto& [path, content] : files) {
      const std::filesystem::path file = root_ / path;
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file) << content;
    }
    std::string config = files.at("etc/docker/registry/config.yml");
    Replace(config, "/var/lib/registry", (root_ / "var/lib/registry").string());
    Replace(config, "addr: :5000", "addr: 127.0.0.1:0");
    std::ofstream(root_ / "config.yml") << config;

    int log[2];
    ASSERT_EQ(pipe(log), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(log[1], STDOUT_FILENO);
      dup2(log[1], STDERR_FILENO);
      const std::string path = (root_ / "config.yml").string();
      execlp("docker-registry", "docker-registry", "serve", path.c_str(),
             nullptr);
      _exit(127);
    }
    close(log[1]);
    log_ = fdopen(log[0], "r");
    char line[4096];
    while (fgets(line, sizeof line, log_) != nullptr) {
      const std::string text(line);
      const size_t at = text.find("listening on 127.0.0.1:");
      if (at == std::string::npos) continue;
      port_ = std::to_string(std::stoi(text.substr(at + 23)));
      return;
    }
    FAIL() << "the registry did not start";
  }

  std::string Get(const std::string& path) {
    const std::string command =
        "curl -sf -H 'Accept: application/vnd.oci.image.index.v1+json' -H "
        "'Accept: application/vnd.oci.image.manifest.v1+json' "
        "http://127.0.0.1:" +
        port_ + "/v2/" + path;
    FILE* pipe = popen(command.c_str(), "r");
    std::string answer;
    for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) {
      answer.push_back(static_cast<char>(c));
    }
    EXPECT_EQ(pclose(pipe), 0) << path;
    return answer;
  }

 private:
  static void Replace(std::string& text, const std::string& from,
                      const std::string& to) {
    ASSERT_NE(text.find(from), std::string::npos);
    text.replace(text.find(from), from.size(), to);
  }

  const std::filesystem::path root_ =
      std::filesystem::path(::testing::TempDir()) /
      ("registry-" + std::to_string(getpid()));
  pid_t pid_ = -1;
  FILE* log_ = nullptr;
  std::string port_;
};

TEST_F(RealRegistryTest, ServesWhatUpstreamPublished) {
  ASSERT_EQ(std::system("command -v docker-registry curl >/dev/null"), 0)
      << "docker-registry or curl is not installed: run deploy/setup test";
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  fake.AddImage("registry.k8s.io/pause:3.10", {.bare = true});
  fake.AddImage("quay.io/coreos/etcd:v3.5.16");
  fake.AddImage("quay.io/coreos/nested:v1", {.nested = true});
  fake.release.mutable_missing_platform()->set_allow_by_default(true);
  for (const char* suffix : {"", "-all"}) {
    const auto files = FilesOf(fake, suffix, "amd64");
    ASSERT_NO_FATAL_FAILURE(Serve(files));
    const auto catalog = nlohmann::json::parse(Get("_catalog"));
    EXPECT_THAT(
        catalog["repositories"],
        ElementsAre("k8s/coreos/etcd", "k8s/coreos/nested", "k8s/pause"));
    const auto tags = nlohmann::json::parse(Get("k8s/pause/tags/list"));
    EXPECT_THAT(tags["tags"], ::testing::UnorderedElementsAre("3.9", "3.10"));
    for (const auto& request : fake.release.images()) {
      const v1::ResolvedImage& image =
          fake.resolved.images[request.reference()];
      const oci::Reference reference =
          *oci::Reference::Parse(request.reference());
      const std::string repository = "k8s/" + reference.path;
      EXPECT_EQ(Get(repository + "/manifests/" + reference.tag),
                image.top().content());
      EXPECT_EQ(Get(repository + "/manifests/" +
                    image.top().content_descriptor().digest()),
                image.top().content());
      EXPECT_EQ(Get(repository + "/manifests/" +
                    image.manifests(0).content_descriptor().digest()),
                image.manifests(0).content());
      for (const v1::Document& index : image.indexes()) {
        EXPECT_EQ(Get(repository + "/manifests/" +
                      index.content_descriptor().digest()),
                  index.content());
      }
      EXPECT_EQ(Get(repository + "/blobs/" +
                    image.configs(0).content_descriptor().digest()),
                image.configs(0).content());
    }
    TearDown();
  }
}

}  // namespace
}  // namespace kso::coordinator
