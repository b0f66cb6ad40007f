// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/release_failures.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::Release GoodRelease() {
  v1::Release release;
  release.set_name("v0.1.0-2.25.1");
  for (const char* architecture : {"amd64", "arm64"}) {
    release.add_platforms()->set_os("linux");
    release.mutable_platforms(release.platforms_size() - 1)
        ->set_architecture(architecture);
  }
  release.set_files_base("docker.io/library/nginx:1.25.2-alpine");
  release.set_images_base("docker.io/library/registry:3");
  release.mutable_destination()->set_kind(v1::Destination::REGISTRY);
  release.mutable_destination()->set_location("registry.example.com/team");
  return release;
}

void AddFile(v1::Release& release, const std::string& url,
             const std::string& digest = "") {
  v1::FileRequest& file = *release.add_files();
  file.set_url(url);
  file.set_digest(digest);
  file.set_location("files.list:" + std::to_string(release.files_size()));
}

void AddImage(v1::Release& release, const std::string& reference) {
  v1::ImageRequest& image = *release.add_images();
  image.set_reference(reference);
  image.set_location("images.list:" + std::to_string(release.images_size()));
}

v1::Release GoodReleaseWithItems() {
  v1::Release release = GoodRelease();
  AddFile(release, "https://dl.k8s.io/kubelet");
  AddImage(release, "registry.k8s.io/pause:3.9");
  return release;
}

// "location item", of each failure.
std::vector<std::string> Items(const std::vector<v1::Failure>& failures) {
  std::vector<std::string> items;
  for (const v1::Failure& failure : failures) {
    EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
    EXPECT_FALSE(failure.reason().empty());
    EXPECT_FALSE(failure.advice().empty());
    items.push_back(failure.location().empty()
                        ? failure.item()
                        : failure.location() + " " + failure.item());
  }
  return items;
}

TEST(ReleaseFailuresTest, FindsNothingWrongWithAGoodOne) {
  EXPECT_THAT(Items(ReleaseFailures(GoodReleaseWithItems())), IsEmpty());
  v1::Release files_only = GoodRelease();
  files_only.clear_images_base();
  AddFile(files_only, "https://dl.k8s.io/kubelet");
  EXPECT_THAT(Items(ReleaseFailures(files_only)), IsEmpty());
}

TEST(ReleaseFailuresTest, NamesEverythingThatIsWrongAtOnce) {
  v1::Release release = GoodRelease();
  release.set_name("a/b");
  release.mutable_platforms(1)->set_os("windows");
  release.set_images_base("Not A Reference");
  release.mutable_destination()->set_location("registry.example.com/Team");
  release.set_layer_media_type("application/zip");
  AddFile(release, "https://dl.k8s.io/../x");
  AddFile(release, "https://dl.k8s.io/kubelet", "sha256:123");
  AddImage(release, "registry.k8s.io/pause:");
  EXPECT_THAT(Items(ReleaseFailures(release)),
              ElementsAre("name", "platforms", "images.base",
                          "files.list:1 https://dl.k8s.io/../x",
                          "files.list:2 https://dl.k8s.io/kubelet",
                          "images.list:1 registry.k8s.io/pause:", "destination",
                          "layers.mediaType"));
}

TEST(ReleaseFailuresTest, WantsSomethingToDo) {
  v1::Release release = GoodRelease();
  EXPECT_THAT(Items(ReleaseFailures(release)), ElementsAre("files", "images"));
  release.clear_files_base();
  release.clear_images_base();
  EXPECT_THAT(Items(ReleaseFailures(release)), ElementsAre("release"));
  AddImage(release, "registry.k8s.io/pause:3.9");
  EXPECT_THAT(Items(ReleaseFailures(release)), ElementsAre("images.base"));
}

TEST(ReleaseFailuresTest, KeepsTheTagsOfTheNewestReleaseFree) {
  v1::Release release = GoodReleaseWithItems();
  release.set_name("latest");
  EXPECT_THAT(Items(ReleaseFailures(release)), ElementsAre("name"));
}

TEST(ReleaseFailuresTest, RefusesFilesThatGetInEachOthersWay) {
  v1::Release release = GoodReleaseWithItems();
  const std::string zeros = "sha256:" + std::string(64, '0');
  const std::string ones = "sha256:" + std::string(64, '1');
  AddFile(release, "https://host/a", zeros);
  AddFile(release, "https://host/a");          // the same, without a digest
  AddFile(release, "https://host/a", ones);    // another digest
  AddFile(release, "http://host/a");           // the same place
  AddFile(release, "https://host/a/b/c");      // below a file
  AddFile(release, "https://host/a-sibling");  // not below it
  const std::vector<v1::Failure> failures = ReleaseFailures(release);
  EXPECT_THAT(Items(failures), ElementsAre("files.list:4 https://host/a",
                                           "files.list:5 http://host/a",
                                           "files.list:6 https://host/a/b/c"));
  EXPECT_THAT(failures[0].reason(), HasSubstr("files.list:2"));
}

TEST(ReleaseFailuresTest, RefusesTwoImagesOfOneNameInTheLoadedRegistry) {
  v1::Release release = GoodReleaseWithItems();
  const std::string zeros = "@sha256:" + std::string(64, '0');
  const std::string ones = "@sha256:" + std::string(64, '1');
  AddImage(release, "quay.io/coreos/etcd:v3" + zeros);
  AddImage(release, "docker.io/coreos/etcd:v3" + ones);
  AddImage(release, "docker.io/coreos/etcd:v4" + ones);
  AddImage(release, "quay.io/coreos/etcd:v3" + zeros);
  // These may be the same image.
  AddImage(release, "quay.io/coreos/etcd:v3");
  AddImage(release, "gcr.io/coreos/etcd:v3");
  const std::vector<v1::Failure> failures = ReleaseFailures(release);
  EXPECT_THAT(Items(failures),
              ElementsAre("images.list:3 docker.io/coreos/etcd:v3" + ones));
  EXPECT_THAT(failures[0].reason(), HasSubstr("k8s/coreos/etcd:v3"));
  EXPECT_THAT(failures[0].reason(), HasSubstr("images.list:2"));
  EXPECT_THAT(failures[0].advice(), HasSubstr("keepHost"));
  release.mutable_images(2)->set_keep_host(true);
  EXPECT_THAT(ReleaseFailures(release), IsEmpty());
}

}  // namespace
}  // namespace kso::coordinator
