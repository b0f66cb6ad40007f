// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_items.h"

#include <filesystem>
#include <fstream>

#include "absl/status/status.h"
#include "cli/lists/list_check.h"
#include "cli/lists/list_diff.h"
#include "cli/lists/listing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_directory.h"

namespace kso::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class ListItemsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& content) {
    const auto file = directory_.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
    return file.string();
  }

  std::vector<ListItem> Read(const std::string& path) {
    auto items = ReadListItems(path);
    EXPECT_TRUE(items.ok()) << items.status();
    return items.ok() ? *std::move(items) : std::vector<ListItem>();
  }

  // The words of `lists check` about a list with this name and these lines.
  std::string Check(const std::string& name, const std::string& lines) {
    return SmellsText(CheckLists(Read(Write(name, lines)), nullptr));
  }

  std::string Diff(const std::string& before, const std::string& after) {
    return DiffText(
        DiffLists(Read(Write("a.list", before)), Read(Write("b.list", after))));
  }

  testing::TempDirectory directory_;
};

ListItem File(const std::string& url) {
  return {ListItem::Kind::kFile, url, "", "", ""};
}
ListItem Image(const std::string& reference) {
  return {ListItem::Kind::kImage, reference, "", "", ""};
}

TEST_F(ListItemsTest, ReadsWhatAReleaseNames) {
  Write("r/a.txt", "https://h/x-1.0.0  # why\nhttps://h/y-1.0.0 sha512:ab\n");
  Write("r/i.txt", "quay.io/a/b:v1 # why\n\n# nothing\nbusybox\n");
  Write("r/s.txt", "11  https://h/other\n" + std::string(64, 'a') +
                       "  https://h/x-1.0.0\n");
  Write("r/release.yaml",
        "files:\n  lists: {arm64: a.txt}\n  checksums: [s.txt]\n"
        "images:\n  list: i.txt\n");
  const auto items = Read(directory_.string() + "/r");
  ASSERT_THAT(items, SizeIs(4));
  EXPECT_EQ(items[0].text, "https://h/x-1.0.0");
  EXPECT_EQ(items[0].architecture, "arm64");
  EXPECT_EQ(items[0].digest, "sha256:" + std::string(64, 'a'));
  EXPECT_THAT(items[0].place, HasSubstr("a.txt:1"));
  EXPECT_EQ(items[1].digest, "sha512:ab");
  EXPECT_EQ(items[2].kind, ListItem::Kind::kImage);
  EXPECT_EQ(items[3].text, "busybox");
  // The same by the release's file, whatever it is called.
  EXPECT_THAT(Read(directory_.string() + "/r/release.yaml"), SizeIs(4));
  std::filesystem::rename(directory_.path() / "r/release.yaml",
                          directory_.path() / "r/mine.yml");
  EXPECT_THAT(Read(directory_.string() + "/r/mine.yml"), SizeIs(4));
}

TEST_F(ListItemsTest, ReadsListsThatNoReleaseNames) {
  Write("d/files-arm64.list", "https://h/x\n");
  Write("d/files.sums", std::string(64, 'a') + "  x\n");
  Write("d/readme.txt", "https://h/no\n");
  const auto items = Read(directory_.string() + "/d");
  ASSERT_THAT(items, SizeIs(1));
  EXPECT_EQ(items[0].architecture, "arm64");
  EXPECT_THAT(items[0].digest, Not(IsEmpty()));
  std::filesystem::create_directories(directory_.path() / "empty");
  EXPECT_EQ(ReadListItems(directory_.path() / "empty").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadListItems(directory_.path() / "none").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(WithoutVersionTest, TakesVersionsOutOfUrls) {
  const auto name = [](const std::string& url) {
    const VersionedName found = WithoutVersion(File(url));
    return found.name + " " + found.version;
  };
  EXPECT_EQ(name("https://dl.k8s.io/release/v1.32.8/bin/linux/amd64/kubelet"),
            "https://dl.k8s.io/release/*/bin/linux/amd64/kubelet v1.32.8");
  EXPECT_EQ(name("https://h/c/v1.7.22/c-1.7.22-linux-amd64.tar.gz"),
            "https://h/c/*/c-*-linux-amd64.tar.gz v1.7.22");
  EXPECT_EQ(name("https://h/release/20240305/x86_64/runsc"),
            "https://h/release/*/x86_64/runsc 20240305");
  EXPECT_EQ(name("https://h/youki_0_1_0_linux.tar.gz"),
            "https://h/youki_*_linux.tar.gz 0_1_0");
  EXPECT_EQ(name("https://h/v2/plain/arm64/k8s"),
            "https://h/v2/plain/arm64/k8s ");
}

TEST(WithoutVersionTest, TakesTagsAndDigestsOffImages) {
  EXPECT_EQ(WithoutVersion(Image("quay.io/calico/cni:v3.27.4")).name,
            "quay.io/calico/cni");
  EXPECT_EQ(WithoutVersion(Image("quay.io/calico/cni:v3.27.4")).version,
            "v3.27.4");
  EXPECT_EQ(WithoutVersion(Image("busybox")).name, "docker.io/library/busybox");
  EXPECT_EQ(WithoutVersion(Image("Not An Image")).name, "Not An Image");
}

TEST_F(ListItemsTest, TheDiffNamesWhatAnUpgradeChanges) {
  EXPECT_EQ(Diff("https://h/v1.0.0/kubelet\n"
                 "quay.io/a/b:v1\n"
                 "quay.io/a/gone:v1\n"
                 "docker.io/old/kube:v1\n"
                 "r.io/two:v3.3.0\nr.io/two:v3.4.0\n",
                 "https://h/v1.1.0/kubelet\n"
                 "quay.io/a/b:v2\n"
                 "docker.io/new/kube:v2\n"
                 "ghcr.io/come:v1\n"
                 "r.io/two:v3.4.0\n"),
            "version  https://h/*/kubelet  v1.0.0 -> v1.1.0\n"
            "moved    docker.io/old/kube v1 -> docker.io/new/kube v2\n"
            "added    ghcr.io/come  v1\n"
            "version  quay.io/a/b  v1 -> v2\n"
            "removed  quay.io/a/gone  v1\n"
            "removed  r.io/two  v3.3.0\n"
            "6 changes\n");
}

TEST_F(ListItemsTest, TheDiffNamesAFileThatWasReplacedUnderItsName) {
  const std::string a = "sha256:" + std::string(64, 'a');
  const std::string b = "sha256:" + std::string(64, 'b');
  EXPECT_THAT(Diff("https://h/1.0.0/x " + a, "https://h/1.0.0/x " + b),
              HasSubstr("hash     https://h/*/x  " + a + " -> " + b));
  EXPECT_EQ(Diff("https://h/1.0.0/x", "https://h/1.0.0/x " + b),
            "The lists say the same.\n");
}

TEST_F(ListItemsTest, TheCheckFindsUrlsOfTheOtherArchitecture) {
  const std::string hash = " sha256:" + std::string(64, 'a') + "\n";
  EXPECT_THAT(Check("files-arm64.list", "https://h/1.0.0/x86_64/runsc" + hash),
              AllOf(HasSubstr("files-arm64.list:1: "),
                    HasSubstr("it says x86_64, in the list of arm64")));
  EXPECT_EQ(Check("files-arm64.list", "https://h/1.0.0/aarch64/runsc" + hash),
            "Nothing smells.\n");
  EXPECT_EQ(Check("files.list", "https://h/1.0.0/x86_64/runsc" + hash),
            "Nothing smells.\n");
}

TEST_F(ListItemsTest, TheCheckFindsWhatHasNoHashOrChangesUnderItsName) {
  const std::string hash = " sha256:" + std::string(64, 'a') + "\n";
  EXPECT_THAT(Check("f.list", "https://h/v1.0.0/kubelet\n"),
              HasSubstr("no hash is stated"));
  for (const char* url :
       {"https://raw.x/a/b/master/install.yaml", "https://h/latest/kubelet",
        "https://h/a/refs/heads/release-1.2/x.yaml", "https://h/a/raw/HEAD/x",
        "https://charts.x/index.yaml"}) {
    EXPECT_THAT(Check("f.list", url + hash), HasSubstr("1 warning")) << url;
  }
  for (const char* image : {"a.io/b/c:latest", "a.io/b/c", "busybox",
                            "a.io:5000/b/c", "a.io/b/c:main"}) {
    EXPECT_THAT(Check("i.list", image), HasSubstr("1 warning")) << image;
  }
  EXPECT_EQ(Check("i.list",
                  "a.io/b/c:v1.2\na.io/latest/c:v1\n"
                  "a.io/b/c:latest@sha256:" +
                      std::string(64, 'a')),
            "Nothing smells.\n");
}

TEST_F(ListItemsTest, TheCheckFindsWhatHasMoved) {
  EXPECT_THAT(Check("i.list", "k8s.gcr.io/pause:3.9\n"),
              HasSubstr("to registry.k8s.io"));
  EXPECT_THAT(Check("i.list", "weaveworks/weave-kube:2.8.1\n"),
              HasSubstr("the project has ended"));
  EXPECT_EQ(Check("i.list", "registry.k8s.io/pause:3.9\n"),
            "Nothing smells.\n");
}

TEST_F(ListItemsTest, TheCheckComparesVersionsWithKubespray) {
  Listing listing;
  listing.AddFile("https://h/v1.32.8/amd64/kubelet", "", "amd64", {});
  listing.AddImage("quay.io/a/b:v3.3.0", {});
  listing.AddImage("quay.io/a/b:v3.4.0", {});
  const auto check = [&](const std::vector<ListItem>& items) {
    return CheckLists(items, &listing);
  };
  EXPECT_THAT(check({Image("quay.io/a/b:v3.4.0")}), IsEmpty());
  const auto other = check({Image("quay.io/a/b:v3.5.0")});
  ASSERT_THAT(other, SizeIs(1));
  EXPECT_EQ(other[0].what, "this Kubespray names v3.3.0, v3.4.0, not v3.5.0");
  const auto unknown = check({Image("quay.io/not/known:v1")});
  ASSERT_THAT(unknown, SizeIs(1));
  EXPECT_EQ(unknown[0].what, "this Kubespray does not name it");
  EXPECT_THAT(SmellsText(check({File("https://h/v1.31.0/amd64/kubelet")})),
              HasSubstr("names v1.32.8, not v1.31.0"));
}

}  // namespace
}  // namespace kso::cli
