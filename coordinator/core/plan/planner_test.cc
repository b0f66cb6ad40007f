// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/planner.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "common/bytes/digest.h"
#include "common/oci/platform.h"
#include "coordinator/core/plan/resolve_tasks.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/fakes/resolved_release.h"

namespace kso::coordinator {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::kso::testing::ResolvedRelease;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr int64_t kMegabyte = 1 << 20;

std::vector<std::string> ReadLines(const std::string& file) {
  std::ifstream input("deploy/releases/kubespray-2.25.1/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

// The example release, with made-up sizes.
ResolvedRelease RealRelease() {
  ResolvedRelease fake;
  std::map<std::string, std::set<std::string>> architectures;
  for (const char* architecture : {"amd64", "arm64"}) {
    for (const std::string& url :
         ReadLines(std::string("files-") + architecture + ".list")) {
      architectures[url].insert(architecture);
    }
  }
  int64_t size = 0;
  for (const auto& [url, of] : architectures) {
    fake.AddFile(url, {of.begin(), of.end()}, size += kMegabyte);
  }
  for (const std::string& reference : ReadLines("images.list")) {
    fake.AddImage(reference, {.docker = fake.release.images_size() % 2 == 0,
                              .shared_layer = "shared by all"});
  }
  return fake;
}

const v1::Task& TaskOf(const Plan& plan, std::string_view id) {
  for (const v1::Task& task : plan.tasks) {
    if (task.task_id() == id) return task;
  }
  ADD_FAILURE() << "no task " << id;
  return v1::Task::default_instance();
}

// The names of the layers whose tasks' ids begin so.
std::vector<std::string> LayersOf(const Plan& plan, std::string_view id) {
  std::vector<std::string> names;
  for (const v1::Task& task : plan.tasks) {
    if (task.task_id().starts_with(id)) names.push_back(task.name());
  }
  return names;
}

// All members' paths of an image's layers.
std::multiset<std::string> PathsOf(const Plan& plan,
                                   const v1::PlannedImage& image) {
  std::multiset<std::string> paths;
  for (const std::string& id : image.layer_task_ids()) {
    for (const auto& member : TaskOf(plan, id).make_layer().members()) {
      paths.insert(member.path());
    }
  }
  return paths;
}

// The layers, by what is in them.
std::multiset<std::string> Layers(const Plan& plan) {
  std::multiset<std::string> layers;
  for (const v1::Task& task : plan.tasks) {
    layers.insert(task.make_layer().SerializeAsString());
  }
  return layers;
}

const v1::PlannedImage& ImageOf(const Plan& plan, std::string_view image,
                                std::string_view suffix,
                                std::string_view architecture) {
  for (const v1::PlannedImage& planned : plan.images) {
    if (planned.image() == image && planned.tag_suffix() == suffix &&
        planned.platform().architecture() == architecture) {
      return planned;
    }
  }
  ADD_FAILURE() << "no image " << image << suffix << " " << architecture;
  return v1::PlannedImage::default_instance();
}

TEST(ResolveTasksTest, AsksForEachNameOnce) {
  ResolvedRelease fake = RealRelease();
  fake.release.add_mirrors()->set_prefix("docker.io/");
  const auto tasks = ResolveTasks("b1", fake.release);
  std::set<std::string> ids;
  int files = 0;
  std::map<std::string, const v1::ResolveImage*> images;
  for (const v1::Task& task : tasks) {
    EXPECT_TRUE(ids.insert(task.task_id()).second) << task.task_id();
    EXPECT_TRUE(absl::StartsWith(task.task_id(), "b1/resolve/"));
    EXPECT_EQ(task.mirrors_size(), 1);
    EXPECT_EQ(task.destination().location(), "registry.example.com/team");
    if (task.has_resolve_file()) ++files;
    if (task.has_resolve_image()) {
      images[task.resolve_image().reference()] = &task.resolve_image();
      EXPECT_EQ(task.resolve_image().platforms_size(), 2);
    }
  }
  EXPECT_EQ(files, 44);
  // The base of kubespray-files is one of the list's 57.
  EXPECT_EQ(images.size(), 58u);
  EXPECT_TRUE(images.at(fake.release.files_base())->want_configs());
  EXPECT_FALSE(images.at(fake.release.files_base())->location().empty());
  EXPECT_TRUE(images.at(fake.release.images_base())->want_configs());
  EXPECT_FALSE(images.at("registry.k8s.io/pause:3.9")->want_configs());
}

TEST(ResolveTasksTest, TakesMislabelledImagesWhereTheReleaseDoesButNoBase) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  const auto taken = [&fake] {
    std::set<std::string> references;
    for (const v1::Task& task : ResolveTasks("b1", fake.release)) {
      const v1::ResolveImage& work = task.resolve_image();
      if (work.take_mislabelled()) references.insert(work.reference());
    }
    return references;
  };
  EXPECT_THAT(taken(), ::testing::IsEmpty());
  fake.release.set_warn_of_mislabelled_images(true);
  EXPECT_THAT(taken(), ::testing::ElementsAre("registry.k8s.io/pause:3.9"));
}

TEST(ResolveTasksTest, AFileOfSeveralListsIsAskedForOnceAsTheFirstSays) {
  ResolvedRelease fake;
  const std::string digest = "sha256:" + std::string(64, '0');
  fake.AddFile("https://host/a", {"amd64"}).set_digest(digest);
  fake.AddFile("https://host/a", {"arm64"}).set_digest(digest);
  fake.AddFile("https://host/b", {"amd64"}).set_digest(digest);
  fake.release.add_waivers()->set_url("https://host/b");
  fake.release.clear_files_base();
  fake.release.clear_images_base();
  const auto tasks = ResolveTasks("b1", fake.release);
  ASSERT_THAT(tasks, SizeIs(2));
  EXPECT_EQ(tasks[0].task_id(), "b1/resolve/file-000");
  EXPECT_EQ(tasks[0].name(), "resolve https://host/a");
  EXPECT_EQ(tasks[0].resolve_file().url(), "https://host/a");
  EXPECT_EQ(tasks[0].resolve_file().digest(), digest);
  EXPECT_EQ(tasks[0].resolve_file().location(), "files.list:1");
  // Its host tells what a file is that need not be what is stated.
  EXPECT_EQ(tasks[1].task_id(), "b1/resolve/file-001");
  EXPECT_EQ(tasks[1].resolve_file().url(), "https://host/b");
  EXPECT_EQ(tasks[1].resolve_file().digest(), "");
}

TEST(ResolveTasksTest, OnlyWhatIsListedIsAskedForItsSignatures) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  fake.release.mutable_upstream_signatures()->set_carry(true);
  const auto tasks = ResolveTasks("b1", fake.release);
  ASSERT_THAT(tasks, SizeIs(3));
  EXPECT_EQ(tasks[0].task_id(), "b1/resolve/image-000");
  EXPECT_EQ(tasks[0].resolve_image().reference(), fake.release.files_base());
  EXPECT_EQ(tasks[0].resolve_image().location(), "");
  EXPECT_TRUE(tasks[0].resolve_image().want_configs());
  EXPECT_FALSE(tasks[0].resolve_image().want_signatures());
  EXPECT_EQ(tasks[2].task_id(), "b1/resolve/image-002");
  EXPECT_EQ(tasks[2].name(), "resolve registry.k8s.io/pause:3.9");
  EXPECT_EQ(tasks[2].resolve_image().location(), "images.list:1");
  EXPECT_FALSE(tasks[2].resolve_image().want_configs());
  EXPECT_TRUE(tasks[2].resolve_image().want_signatures());
  fake.release.clear_upstream_signatures();
  EXPECT_FALSE(
      ResolveTasks("b1", fake.release)[2].resolve_image().want_signatures());
}

TEST(MakePlanTest, PlansTheExampleRelease) {
  const ResolvedRelease fake = RealRelease();
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  ASSERT_THAT(plan.failures, IsEmpty());
  EXPECT_EQ(plan.images.size(), 6u);
  EXPECT_EQ(plan.summary.image_count(), 57);
  EXPECT_EQ(plan.summary.file_count(), fake.release.files_size());
  EXPECT_GT(plan.summary.bytes_to_fetch(), 900 * kMegabyte);

  const auto& files = ImageOf(plan, "kubespray-files", "", "amd64");
  const auto paths = PathsOf(plan, files);
  EXPECT_THAT(paths, Contains("opt/k8s/k8s/dl.k8s.io/release/v1.29.10/bin/"
                              "linux/arm64/kubelet"));
  EXPECT_THAT(paths, SizeIs(fake.release.files_size() + 2));
  EXPECT_THAT(paths, Contains("etc/nginx/nginx.conf"));
  EXPECT_THAT(paths, Contains("etc/nginx/kso-ipv6.conf"));

  std::set<std::string> ids;
  for (const v1::Task& task : plan.tasks) {
    EXPECT_TRUE(ids.insert(task.task_id()).second) << task.task_id();
    EXPECT_FALSE(task.name().empty());
    EXPECT_FALSE(task.must_execute());
  }
}

TEST(MakePlanTest, BothPlatformsHaveTheSameFileLayers) {
  const ResolvedRelease fake = RealRelease();
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(
      ImageOf(plan, "kubespray-files", "", "amd64").layer_task_ids(),
      ::testing::ElementsAreArray(
          ImageOf(plan, "kubespray-files", "", "arm64").layer_task_ids()));
}

TEST(MakePlanTest, TheRegistryOfAllHasTheLayersOfEachPlatform) {
  const ResolvedRelease fake = RealRelease();
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  const auto& amd64 = ImageOf(plan, "kubespray-images", "", "amd64");
  const auto& arm64 = ImageOf(plan, "kubespray-images", "", "arm64");
  const auto& all = ImageOf(plan, "kubespray-images", "-all", "amd64");
  std::vector<std::string> expected(amd64.layer_task_ids().begin(),
                                    amd64.layer_task_ids().end());
  expected.insert(expected.end(), arm64.layer_task_ids().begin(),
                  arm64.layer_task_ids().end());
  EXPECT_THAT(all.layer_task_ids(), ::testing::ElementsAreArray(expected));
  EXPECT_THAT(
      all.layer_task_ids(),
      ::testing::ElementsAreArray(
          ImageOf(plan, "kubespray-images", "-all", "arm64").layer_task_ids()));
}

TEST(MakePlanTest, EachPlatformImageIsWholeAndHasEachFileOnce) {
  const ResolvedRelease fake = RealRelease();
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  for (const char* architecture : {"amd64", "arm64"}) {
    const auto paths =
        PathsOf(plan, ImageOf(plan, "kubespray-images", "", architecture));
    EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(),
              paths.size());
    for (const auto& [reference, image] : fake.resolved.images) {
      if (absl::StrContains(reference, "registry:3")) continue;
      const int at = std::string(architecture) == "amd64" ? 0 : 1;
      const std::string hex =
          image.configs(at).content_descriptor().digest().substr(7);
      EXPECT_THAT(paths, Contains("var/lib/registry/docker/registry/v2/blobs/"
                                  "sha256/" +
                                  hex.substr(0, 2) + "/" + hex + "/data"));
    }
  }
}

TEST(MakePlanTest, IsTheSameForListsInAnotherOrder) {
  ResolvedRelease fake = RealRelease();
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_EQ(Layers(MakePlan("b1", fake.release, fake.resolved)), Layers(plan));
  std::reverse(fake.release.mutable_images()->begin(),
               fake.release.mutable_images()->end());
  std::reverse(fake.release.mutable_files()->begin(),
               fake.release.mutable_files()->end());
  const Plan reversed = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_EQ(Layers(reversed), Layers(plan));
  ASSERT_EQ(reversed.images.size(), plan.images.size());
  for (size_t i = 0; i < plan.images.size(); ++i) {
    EXPECT_TRUE(MessageDifferencer::Equals(reversed.images[i], plan.images[i]));
  }
}

TEST(MakePlanTest, NoReleaseNameIsInADataLayer) {
  ResolvedRelease fake = RealRelease();
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  fake.release.set_name("v0.2.0-2.25.1");
  EXPECT_EQ(Layers(MakePlan("b2", fake.release, fake.resolved)), Layers(plan));
}

// Docker takes images of 127 layers; some of them are the base's.
TEST(MakePlanTest, KeepsWithinTheLayerLimits) {
  const std::vector<std::string> all_platforms = {
      "linux/amd64", "linux/arm64", "linux/ppc64le", "linux/s390x"};
  for (const int count : {1, 2, 3, 4}) {
    SCOPED_TRACE(count);
    ResolvedRelease fake;
    const std::vector<std::string> platforms(all_platforms.begin(),
                                             all_platforms.begin() + count);
    fake.release.clear_platforms();
    for (const std::string& platform : platforms) {
      *fake.release.add_platforms() = *oci::ParsePlatform(platform);
    }
    fake.SetImage(fake.release.files_base(), {.platforms = platforms});
    fake.SetImage(fake.release.images_base(), {.platforms = platforms});
    for (int i = 0; i < 300; ++i) {
      fake.AddImage(
          "quay.io/team" + std::to_string(i) + "/app:1",
          {.platforms = platforms, .layers = {100 * kMegabyte + i, 1, 2}});
      fake.AddFile("https://host/project" + std::to_string(i) + "/dir/file",
                   {"amd64"}, (i % 40) * kMegabyte);
    }
    const Plan plan = MakePlan("b1", fake.release, fake.resolved);
    ASSERT_THAT(plan.failures, IsEmpty());
    EXPECT_LE(
        ImageOf(plan, "kubespray-files", "", "amd64").layer_task_ids_size(),
        60);
    EXPECT_LE(
        ImageOf(plan, "kubespray-images", "", "amd64").layer_task_ids_size(),
        30 + 1);
    EXPECT_LE(ImageOf(plan, "kubespray-images", "-all", "amd64")
                  .layer_task_ids_size(),
              60 + count);
  }
}

TEST(MakePlanTest, ADigestOfTwoHostsIsServedOnce) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/b:1");
  const v1::ResolvedImage image = fake.resolved.images["quay.io/a/b:1"];
  const std::string digest = image.top().content_descriptor().digest();
  fake.release.clear_images();
  for (const char* host : {"quay.io", "docker.io"}) {
    const std::string reference = std::string(host) + "/a/b@" + digest;
    fake.release.add_images()->set_reference(reference);
    fake.resolved.images[reference] = image;
  }
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  ASSERT_THAT(plan.failures, IsEmpty());
  const auto paths =
      PathsOf(plan, ImageOf(plan, "kubespray-images", "", "amd64"));
  EXPECT_EQ(std::set<std::string>(paths.begin(), paths.end()).size(),
            paths.size());
  EXPECT_THAT(paths, Contains("var/lib/registry/docker/registry/v2/"
                              "repositories/k8s/a/b/_manifests/revisions/"
                              "sha256/" +
                              digest.substr(7) + "/link"));
}

TEST(MakePlanTest, ArchitectureSpecificWorkNamesItsPlatform) {
  ResolvedRelease fake;
  fake.AddFile("https://host/a/b/kubelet-amd64", {"amd64"});
  fake.AddFile("https://host/a/b/kubelet-arm64", {"arm64"});
  fake.AddFile("https://host/a/b/shared", {"amd64", "arm64"});
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  std::map<std::string, std::string> platforms;
  for (const v1::Task& task : plan.tasks) {
    if (task.has_make_layer()) {
      platforms[task.name()] = task.platform().architecture();
    }
  }
  EXPECT_EQ(platforms,
            (std::map<std::string, std::string>{
                {"layer kubespray-files: kubelet-amd64 (amd64)", "amd64"},
                {"layer kubespray-files: kubelet-arm64 (arm64)", "arm64"},
                {"layer kubespray-files: shared (amd64, arm64)", ""},
                {"layer kubespray-files: configuration of nginx", ""}}));
}

TEST(MakePlanTest, AFileThatCannotBePlannedIsNamed) {
  ResolvedRelease fake;
  fake.AddFile("https://host/there", {"amd64"});
  fake.AddFile("https://host/gone", {"amd64"});
  fake.resolved.files.erase("https://host/gone");
  fake.AddFile("https://host/a/../b", {"amd64"});
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  ASSERT_THAT(plan.failures, SizeIs(2));
  EXPECT_EQ(plan.failures[0].item(), "https://host/gone");
  EXPECT_EQ(plan.failures[0].reason(), "it was not resolved");
  EXPECT_EQ(plan.failures[0].location(), "files.list:2");
  EXPECT_EQ(plan.failures[1].item(), "https://host/a/../b");
  EXPECT_NE(plan.failures[1].reason(), "it was not resolved");
  EXPECT_EQ(plan.summary.file_count(), 1);
}

TEST(MakePlanTest, AFileIsFetchedAsTheListsAndItsHostSay) {
  ResolvedRelease fake;
  const std::string digest = "sha256:" + std::string(64, '0');
  fake.AddFile("https://host/a", {"amd64"}, 7).set_digest(digest);
  fake.AddFile("https://host/a", {"arm64"}, 7).set_digest(digest);
  fake.AddFile("https://host/w", {"amd64", "arm64"}, 7).set_digest(digest);
  fake.release.add_waivers()->set_url("https://host/w");
  v1::ResolvedFile& told = fake.resolved.files["https://host/a"];
  told.set_etag("\"v1\"");
  told.set_last_modified("Mon, 01 Jan 2024 00:00:00 GMT");
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  ASSERT_THAT(plan.failures, IsEmpty());
  std::map<std::string, v1::FileSource> files;
  std::vector<std::string> names;
  for (const v1::Task& task : plan.tasks) {
    if (task.has_make_layer()) names.push_back(task.name());
    for (const v1::LayerMember& member : task.make_layer().members()) {
      if (member.has_file()) files[member.path()] = member.file();
      // Their times tell contents apart; those of a configuration do not.
      EXPECT_EQ(task.make_layer().times_of_content(), member.has_file());
    }
  }
  ASSERT_THAT(files, SizeIs(2));
  const v1::FileSource& a = files["opt/k8s/k8s/host/a"];
  EXPECT_EQ(a.url(), "https://host/a");
  EXPECT_EQ(a.digest(), digest);
  EXPECT_EQ(a.waived_digest(), "");
  EXPECT_EQ(a.size(), 7);
  EXPECT_EQ(a.etag(), "\"v1\"");
  EXPECT_EQ(a.last_modified(), "Mon, 01 Jan 2024 00:00:00 GMT");
  EXPECT_EQ(a.location(), "files.list:1");
  const v1::FileSource& waived = files["opt/k8s/k8s/host/w"];
  EXPECT_EQ(waived.digest(), "");
  EXPECT_EQ(waived.waived_digest(), digest);
  // A file that each build fetches again shares no layer with others.
  EXPECT_THAT(names, UnorderedElementsAre(
                         "layer kubespray-files: a (amd64, arm64)",
                         "layer kubespray-files: w (amd64, arm64)",
                         "layer kubespray-files: configuration of nginx"));
}

TEST(MakePlanTest, FilesOfAComponentShareALayerUnlessTheyAreLarge) {
  ResolvedRelease fake;
  fake.AddFile("https://host/p/a", {"amd64"});
  fake.AddFile("https://host/p/b", {"amd64"});
  fake.AddFile("https://host/p/c", {"amd64"}, 16 * kMegabyte);
  fake.AddFile("https://host/p/d", {"amd64"}, 16 * kMegabyte - 1);
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(LayersOf(plan, "b1/layer/files-0"),
              UnorderedElementsAre("layer kubespray-files: a b d (amd64)",
                                   "layer kubespray-files: c (amd64)"));
}

TEST(MakePlanTest, ImagesThatAreReleasedTogetherShareALayer) {
  ResolvedRelease fake;
  for (const char* reference :
       {"quay.io/calico/node:1", "quay.io/calico/cni:1",
        "registry.k8s.io/kube-proxy:1", "registry.k8s.io/kube-apiserver:1",
        "registry.k8s.io/pause:3.9", "docker.io/library/redis:7",
        "docker.io/library/haproxy:2"}) {
    fake.AddImage(reference);
  }
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(
      LayersOf(plan, "b1/layer/images-linux-amd64-"),
      UnorderedElementsAre(
          "layer kubespray-images: cni node (linux/amd64)",
          "layer kubespray-images: kube-apiserver kube-proxy (linux/amd64)",
          "layer kubespray-images: pause (linux/amd64)",
          "layer kubespray-images: redis (linux/amd64)",
          "layer kubespray-images: haproxy (linux/amd64)"));
}

TEST(MakePlanTest, ALargeBlobHasALayerOfItsOwn) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/team/one:1", {.layers = {64 * kMegabyte}});
  fake.AddImage("quay.io/team/two:1", {.layers = {64 * kMegabyte - 1}});
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(
      LayersOf(plan, "b1/layer/images-linux-amd64-"),
      UnorderedElementsAre("layer kubespray-images: one two (linux/amd64)",
                           "layer kubespray-images: one (linux/amd64)"));
}

TEST(MakePlanTest, WhatSeveralImagesHaveIsFetchedOnceFromTheFirst) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/b/two:1", {.shared_layer = "shared"});
  fake.AddImage("quay.io/a/one:1", {.shared_layer = "shared"});
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  std::vector<v1::Task> with_it;
  for (const v1::Task& task : plan.tasks) {
    for (const v1::LayerMember& member : task.make_layer().members()) {
      if (member.blob().blob().digest() != Sha256Of("shared").ToString()) {
        continue;
      }
      EXPECT_EQ(member.blob().repository(), "quay.io/a/one");
      with_it.push_back(task);
    }
  }
  // Each platform has it, in a layer without what only one of them needs, and
  // one worker should make both.
  ASSERT_THAT(with_it, SizeIs(2));
  EXPECT_EQ(with_it[0].make_layer().members_size(), 1);
  EXPECT_EQ(with_it[0].platform().architecture(), "amd64");
  EXPECT_EQ(with_it[1].platform().architecture(), "arm64");
  EXPECT_GT(with_it[0].fetch_group(), 0);
  EXPECT_EQ(with_it[0].fetch_group(), with_it[1].fetch_group());
}

TEST(MakePlanTest, WhatTheCoordinatorWritesItselfIsInThePlan) {
  ResolvedRelease fake;
  fake.AddFile("https://host/a", {"amd64"});
  fake.AddImage("registry.k8s.io/pause:3.9");
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  for (const char* id :
       {"b1/layer/files-config", "b1/layer/images-links-linux-amd64"}) {
    const v1::MakeLayer& layer = TaskOf(plan, id).make_layer();
    EXPECT_GE(layer.members_size(), 2) << id;
    for (const v1::LayerMember& member : layer.members()) {
      EXPECT_NE(member.path(), "");
      EXPECT_NE(member.content(), "") << member.path();
    }
  }
}

TEST(MakePlanTest, WithoutFilesOrImagesThereIsNoImageOfThem) {
  ResolvedRelease images;
  images.AddImage("registry.k8s.io/pause:3.9");
  for (const v1::PlannedImage& planned :
       MakePlan("b1", images.release, images.resolved).images) {
    EXPECT_EQ(planned.image(), "kubespray-images");
  }
  ResolvedRelease files;
  files.AddFile("https://host/a", {"amd64"});
  for (const v1::PlannedImage& planned :
       MakePlan("b1", files.release, files.resolved).images) {
    EXPECT_EQ(planned.image(), "kubespray-files");
  }
}

TEST(MakePlanTest, SaysWhatIsOddAndWhatACrossCheckCosts) {
  ResolvedRelease fake;
  fake.AddImage("quay.io/a/nested:1", {.nested = true});
  fake.release.set_cross_check(true);
  EXPECT_THAT(
      MakePlan("b1", fake.release, fake.resolved).summary.notes(),
      ElementsAre(HasSubstr("its index lists indexes"),
                  HasSubstr("crossCheck: two workers make each layer")));
}

TEST(MakePlanTest, CopiesTheBaseOfEachPlatform) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  const v1::Task& task = TaskOf(plan, "b1/copy/kubespray-images/linux-arm64");
  EXPECT_EQ(task.platform().architecture(), "arm64");
  EXPECT_EQ(task.copy_blobs().image(), "kubespray-images");
  ASSERT_EQ(task.copy_blobs().blobs_size(), 2);
  EXPECT_EQ(task.copy_blobs().blobs(0).repository(),
            "docker.io/library/registry");
}

TEST(MakePlanTest, AMissingPlatformIsLeftOutOrFailsAsThePolicySays) {
  ResolvedRelease fake;
  fake.AddImage("docker.io/amazon/x:1", {.platforms = {"linux/amd64"}});
  EXPECT_THAT(MakePlan("b1", fake.release, fake.resolved).failures, SizeIs(1));
  fake.release.mutable_missing_platform()->add_allow("docker.io/amazon/*");
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(plan.failures, IsEmpty());
  EXPECT_THAT(plan.summary.missing_platforms(),
              ElementsAre("docker.io/amazon/x:1 lacks linux/arm64"));
  EXPECT_THAT(plan.summary.missing_platforms_meaning(),
              HasSubstr("the whole play with it, not only"));
  for (const std::string& path :
       PathsOf(plan, ImageOf(plan, "kubespray-images", "", "arm64"))) {
    EXPECT_THAT(path, HasSubstr("config.yml"));
  }
  EXPECT_THAT(
      PathsOf(plan, ImageOf(plan, "kubespray-images", "-all", "arm64")),
      Contains(HasSubstr("/k8s/amazon/x/_manifests/tags/1/current/link")));
}

TEST(MakePlanTest, PassesOnWhatTheReleaseIsToldToLack) {
  ResolvedRelease fake;
  fake.AddImage("registry.k8s.io/pause:3.9");
  fake.release.add_notes("quay.io/a:1 (images.list:3) is left out");
  EXPECT_THAT(MakePlan("b1", fake.release, fake.resolved).summary.notes(),
              ElementsAre("quay.io/a:1 (images.list:3) is left out"));
}

TEST(MakePlanTest, SaysWhichFilesRestOnAValidatorAlone) {
  ResolvedRelease fake;
  for (const char* url : {"https://host/a", "https://host/b", "https://host/c",
                          "https://host/d", "https://host/e"}) {
    fake.AddFile(url, {"amd64"});
  }
  // The content of the last is in doubt, and read by each build.
  for (const char* url : {"https://host/a", "https://host/b", "https://host/c",
                          "https://host/d"}) {
    fake.resolved.files[url].set_etag("\"v1\"");
  }
  EXPECT_THAT(
      MakePlan("b1", fake.release, fake.resolved).summary.notes(),
      ElementsAre("4 files without a checksum rest on a validator of the host "
                  "(ETag or Last-Modified) alone: https://host/a, "
                  "https://host/b, https://host/c and 1 more; state checksums "
                  "in the lists, or build with --fresh to read again"));
  for (v1::FileRequest& file : *fake.release.mutable_files()) {
    file.set_digest("sha256:" + std::string(64, '0'));
  }
  EXPECT_THAT(MakePlan("b1", fake.release, fake.resolved).summary.notes(),
              IsEmpty());
}

TEST(MakePlanTest, AFreshBuildReadsFilesWithoutAChecksumAgain) {
  ResolvedRelease fake;
  fake.AddFile("https://host/a", {"amd64"});
  fake.AddFile("https://host/b", {"amd64"})
      .set_digest("sha256:" + std::string(64, '0'));
  Plan plan = MakePlan("b1", fake.release, fake.resolved);
  const auto read_again = [&plan] {
    std::vector<std::string> urls;
    for (const v1::Task& task : plan.tasks) {
      for (const v1::LayerMember& member : task.make_layer().members()) {
        if (member.file().read_again()) urls.push_back(member.file().url());
      }
    }
    return urls;
  };
  EXPECT_THAT(read_again(), IsEmpty());
  ReadFilesAgain(plan);
  EXPECT_THAT(read_again(), ElementsAre("https://host/a"));
  // Everything else is as it was.
  EXPECT_TRUE(
      TaskOf(plan, "b1/copy/kubespray-files/linux-amd64").has_copy_blobs());
  for (const v1::LayerMember& member :
       TaskOf(plan, "b1/layer/files-config").make_layer().members()) {
    EXPECT_TRUE(member.has_content()) << member.path();
  }
}

TEST(MakePlanTest, SaysWhenAHostDoesNotTellASize) {
  ResolvedRelease fake;
  fake.AddFile("https://host/a", {"amd64"}, -1);
  const Plan plan = MakePlan("b1", fake.release, fake.resolved);
  EXPECT_THAT(plan.failures, IsEmpty());
  EXPECT_EQ(plan.summary.bytes_to_fetch(), -1);
}

}  // namespace
}  // namespace kso::coordinator
