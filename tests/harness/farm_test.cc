// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/farm.h"

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/http/transport.h"
#include "common/oci/reference.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/harness/example_upstream.h"
#include "tests/upstream/catalog.h"

namespace kso::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class FarmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = DirectoryOfTest();
    auto example = StartExampleUpstream(directory_, {}, dropped_platforms_);
    ASSERT_TRUE(example.ok()) << example.status();
    example_ = *std::move(example);
  }

  std::unique_ptr<Farm> StartFarm(const std::string& name) {
    std::filesystem::create_directories(directory_ / name);
    auto farm = Farm::Start(directory_ / name);
    EXPECT_TRUE(farm.ok()) << farm.status();
    return *std::move(farm);
  }

  static std::vector<std::string> Digests(const v1::Build& build) {
    std::vector<std::string> digests;
    for (const v1::ImageResult& image : build.images()) {
      digests.push_back(image.index().digest());
    }
    return digests;
  }

  std::vector<std::string> dropped_platforms_;
  std::filesystem::path directory_;
  ExampleUpstream example_;
};

TEST_F(FarmTest, BuildsTheExampleTheSameWithAnyWorkers) {
  const auto mixed = StartFarm("mixed");
  ASSERT_TRUE(mixed->AddWorker("a", "amd64").ok());
  ASSERT_TRUE(mixed->AddWorker("b", "arm64").ok());
  const auto build = mixed->Run(example_.release, "first");
  ASSERT_TRUE(build.ok()) << build.status();
  ASSERT_EQ(build->state(), v1::Build::SUCCEEDED) << build->DebugString();
  EXPECT_THAT(Digests(*build), SizeIs(3));
  EXPECT_THAT(build->verifications(), SizeIs(6));
  EXPECT_EQ(build->plan().file_count(), 44);
  EXPECT_EQ(build->plan().image_count(), 57);
  EXPECT_THAT(build->waiting(), IsEmpty());

  // From nothing again, elsewhere, with two workers of the other names.
  const auto other = StartFarm("other");
  ASSERT_TRUE(other->AddWorker("c", "arm64").ok());
  ASSERT_TRUE(other->AddWorker("d", "amd64").ok());
  const auto again = other->Run(example_.release, "second");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(Digests(*again), Digests(*build));
}

TEST_F(FarmTest, SubmittingTheSameBuildTwiceIsOneBuild) {
  const auto farm = StartFarm("farm");
  ASSERT_TRUE(farm->AddWorker("a", "amd64").ok());
  ASSERT_TRUE(farm->AddWorker("b", "arm64").ok());
  const auto build = farm->Run(example_.release, "only");
  ASSERT_TRUE(build.ok()) << build.status();
  const auto same = farm->Run(example_.release, "only");
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->last_sequence(), build->last_sequence());
  EXPECT_EQ(same->bytes_fetched(), build->bytes_fetched());
}

// The layers that an image has for amd64 alone.
std::set<std::string> LayersForAmd64(const upstream::Repository& repository,
                                     const std::string& tag) {
  const auto document = [&](const std::string& digest) {
    return nlohmann::json::parse(repository.manifests.at(digest).bytes);
  };
  std::map<std::string, std::set<std::string>> layers;
  const nlohmann::json index = document(repository.tags.at(tag));
  for (const nlohmann::json& entry : index.at("manifests")) {
    const auto architecture =
        entry.at("platform").at("architecture").get<std::string>();
    const auto manifest = document(entry.at("digest").get<std::string>());
    for (const nlohmann::json& layer : manifest.at("layers")) {
      layers[layer.at("digest").get<std::string>()].insert(architecture);
    }
  }
  std::set<std::string> only;
  for (const auto& [digest, architectures] : layers) {
    if (architectures == std::set<std::string>{"amd64"}) only.insert(digest);
  }
  return only;
}

// Both bases are copied and run by one worker or another, and one of them is an
// image of the list as well, which is packed.
TEST_F(FarmTest, TheLayersOfABaseComeFromUpstreamOnceForAllWorkers) {
  const auto farm = StartFarm("farm");
  ASSERT_TRUE(farm->AddWorker("a", "amd64").ok());
  ASSERT_TRUE(farm->AddWorker("b", "amd64").ok());
  ASSERT_TRUE(farm->AddWorker("c", "arm64").ok());
  const auto build = farm->Run(example_.release, "build");
  ASSERT_TRUE(build.ok()) << build.status();
  ASSERT_EQ(build->state(), v1::Build::SUCCEEDED) << build->DebugString();

  std::set<std::string> of_bases;
  for (const std::string& base :
       {example_.release.files_base(), example_.release.images_base()}) {
    const oci::Reference reference = *oci::Reference::Parse(base);
    of_bases.merge(LayersForAmd64(
        example_.server->catalog().repositories.at(reference.Name()),
        reference.tag));
  }
  EXPECT_THAT(of_bases, Not(IsEmpty()));
  http::Request request;
  request.url = "http://" + example_.server->main_address() + "/-/stats";
  const auto stats = (*http::CreateCurlTransport())->Perform(request);
  ASSERT_TRUE(stats.ok()) << stats.status();
  const auto told = nlohmann::json::parse(stats->body);
  EXPECT_GE(told.at("blobs"), of_bases.size());
  for (const nlohmann::json& digest : told.at("blobs_sent_again")) {
    EXPECT_FALSE(of_bases.contains(digest.get<std::string>())) << digest;
  }
}

TEST_F(FarmTest, AWorkerThatDiesHoldingALayerDoesNotFailTheBuild) {
  const auto farm = StartFarm("farm");
  absl::Notification holds_a_layer;
  absl::Mutex mutex;
  bool told = false;
  // Holds on to its first layer until it is stopped.
  const auto hold = [&](const v1::Task& task, worker::TaskControl& control) {
    if (!task.has_make_layer()) return;
    {
      absl::MutexLock lock(&mutex);
      if (!told) holds_a_layer.Notify();
      told = true;
    }
    absl::Mutex waiting;
    absl::MutexLock lock(&waiting);
    while (!control.cancelled()) {
      waiting.AwaitWithTimeout(
          absl::Condition(
              +[](worker::TaskControl* c) { return c->cancelled(); }, &control),
          absl::Milliseconds(5));
    }
  };
  ASSERT_TRUE(farm->AddWorker("a", "amd64", hold).ok());
  ASSERT_TRUE(farm->Submit(example_.release, "build").ok());
  holds_a_layer.WaitForNotification();
  farm->KillWorker("a");
  // It comes back as a new session, which tells the coordinator that the old
  // one is no more.
  ASSERT_TRUE(farm->AddWorker("a", "amd64").ok());
  ASSERT_TRUE(farm->AddWorker("b", "arm64").ok());
  const auto build = farm->AwaitEnd("build");
  ASSERT_TRUE(build.ok()) << build.status();
  EXPECT_EQ(build->state(), v1::Build::SUCCEEDED) << build->DebugString();
}

class MissingPlatformTest : public FarmTest {
 protected:
  MissingPlatformTest() {
    dropped_platforms_ = {"registry.k8s.io/pause:3.9=linux/arm64"};
  }
};

TEST_F(MissingPlatformTest, FailsAndNamesImagePlatformAndRemedy) {
  const auto farm = StartFarm("farm");
  ASSERT_TRUE(farm->AddWorker("a", "amd64").ok());
  const auto build = farm->Run(example_.release, "build");
  ASSERT_TRUE(build.ok()) << build.status();
  EXPECT_EQ(build->state(), v1::Build::FAILED);
  EXPECT_THAT(build->images(), IsEmpty());
  ASSERT_THAT(build->failures(), SizeIs(1));
  const v1::Failure& failure = build->failures(0);
  EXPECT_THAT(failure.item(), HasSubstr("registry.k8s.io/pause:3.9"));
  EXPECT_THAT(failure.reason(), HasSubstr("linux/arm64"));
  EXPECT_THAT(failure.advice(), HasSubstr("missingPlatform"));
  EXPECT_THAT(failure.location(), HasSubstr("images.list:"));
}

}  // namespace
}  // namespace kso::testing
