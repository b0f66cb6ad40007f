// SPDX-License-Identifier: Apache-2.0
#include "common/diff/compare.h"

#include "common/diff/contents.h"
#include "common/diff/version_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::diff {
namespace {

using ::testing::SizeIs;

TEST(WithoutVersion, FindsWhatChangesFromReleaseToRelease) {
  struct Case {
    const char* name;
    const char* key;
    const char* version;
  };
  for (const Case& test : std::vector<Case>{
           {"https://dl.k8s.io/release/v1.29.5/bin/linux/amd64/kubelet",
            "https://dl.k8s.io/release/*/bin/linux/amd64/kubelet", "v1.29.5"},
           {"https://github.com/etcd-io/etcd/releases/download/v3.5.12/"
            "etcd-v3.5.12-linux-arm64.tar.gz",
            "https://github.com/etcd-io/etcd/releases/download/*/"
            "etcd-*-linux-arm64.tar.gz",
            "v3.5.12"},
           {"https://x.io/helm-3.14.2-linux-amd64.tar.gz",
            "https://x.io/helm-*-linux-amd64.tar.gz", "3.14.2"},
           {"https://x.io/v1.2.0-rc.3/a-1.2.0-rc.3.tgz",
            "https://x.io/*/a-*.tgz", "v1.2.0-rc.3 1.2.0-rc.3"},
           {"http://10.0.0.1:8080/k8s/x", "http://10.0.0.1:8080/k8s/x", ""},
           {"https://x.io/file-2.tar.gz", "https://x.io/file-2.tar.gz", ""},
           {"https://x.io/av1.2/b", "https://x.io/av1.2/b", ""},
           {"https://x.io/a-1.2.3+k3s1-b", "https://x.io/a-*-b", "1.2.3+k3s1"},
           {"https://x.io/a-1.2-linux", "https://x.io/a-*-linux", "1.2"},
           {"https://x.io/a-1.2-rc/b", "https://x.io/a-*-rc/b", "1.2"},
           {"https://x.io/a-1.2", "https://x.io/a-*", "1.2"},
           {"registry.k8s.io/pause:3.9", "registry.k8s.io/pause", "3.9"},
           {"localhost:5000/a/b:latest", "localhost:5000/a/b", "latest"},
           {"localhost:5000/a/b", "localhost:5000/a/b", ""},
           {"quay.io/x@sha256:00", "quay.io/x", "sha256:00"},
           {"quay.io/x:1@sha256:00", "quay.io/x", "1@sha256:00"}}) {
    EXPECT_EQ(WithoutVersion(test.name).key, test.key);
    EXPECT_EQ(WithoutVersion(test.name).version, test.version) << test.name;
  }
}

Contents Old() {
  return {"v1",
          {{"https://dl.k8s.io/v1.29.5/kubelet", "sha256:aa", 100 << 20},
           {"https://x.io/same", "sha256:bb", 5},
           {"https://x.io/moved", "sha256:cc", 5},
           {"https://x.io/gone", "", 1 << 20}},
          {{"registry.k8s.io/pause:3.9", "", 700},
           {"quay.io/a:1.0.0", "", -1},
           {"quay.io/a:2.0.0", "", -1}},
          {{"platforms", "linux/amd64"}, {"files.base", "nginx:1"}}};
}

Contents New() {
  return {"v2",
          {{"https://dl.k8s.io/v1.29.6/kubelet", "sha256:ab", 102 << 20},
           {"https://x.io/same", "sha256:bb", 5},
           {"https://x.io/moved", "sha256:cd", 5},
           {"https://x.io/fresh", "", -1}},
          {{"registry.k8s.io/pause:3.9", "", 700},
           {"quay.io/a:2.0.0", "", -1},
           {"quay.io/a:3.0.0", "", -1}},
          {{"platforms", "linux/amd64, linux/arm64"}}};
}

TEST(Compare, SaysWhatIsAddedDroppedAndChanged) {
  const ContentsDiff diff = Compare(Old(), New());
  ASSERT_THAT(diff.files.added, SizeIs(1));
  EXPECT_EQ(diff.files.added[0].name, "https://x.io/fresh");
  ASSERT_THAT(diff.files.dropped, SizeIs(1));
  EXPECT_EQ(diff.files.dropped[0].name, "https://x.io/gone");
  ASSERT_THAT(diff.files.changed, SizeIs(2));
  EXPECT_EQ(diff.files.changed[0].version_from, "v1.29.5");
  EXPECT_EQ(diff.files.changed[0].version_to, "v1.29.6");
  EXPECT_EQ(diff.files.changed[1].to.name, "https://x.io/moved");
  EXPECT_EQ(diff.files.same, 1);
  // The version that both have is the same; the other one went on.
  ASSERT_THAT(diff.images.changed, SizeIs(1));
  EXPECT_EQ(diff.images.changed[0].version_from, "1.0.0");
  EXPECT_EQ(diff.images.changed[0].version_to, "3.0.0");
  EXPECT_EQ(diff.images.same, 2);
  // A fact that only one side states is not compared.
  ASSERT_THAT(diff.settings, SizeIs(1));
  EXPECT_EQ(diff.settings[0].to, "linux/amd64, linux/arm64");
}

TEST(Compare, WithItselfThereIsNothing) {
  const ContentsDiff diff = Compare(Old(), Old());
  EXPECT_EQ(diff.files.same, 4);
  EXPECT_EQ(diff.images.same, 3);
  EXPECT_THAT(diff.files.changed, SizeIs(0));
  EXPECT_THAT(diff.settings, SizeIs(0));
  EXPECT_EQ(Incoming(diff).bytes, 0);
  EXPECT_EQ(Outgoing(diff).bytes, 0);
}

TEST(Compare, SizesTellWhereADigestIsNotKnown) {
  struct Case {
    Item from;
    Item to;
    size_t changed;
  };
  for (const Case& test : std::vector<Case>{
           {{"https://x.io/f", "", 5}, {"https://x.io/f", "", 6}, 1},
           {{"https://x.io/f", "", 0}, {"https://x.io/f", "", 5}, 1},
           {{"https://x.io/f", "", 5}, {"https://x.io/f", "", 0}, 1},
           {{"https://x.io/f", "", -1}, {"https://x.io/f", "", 5}, 0},
           {{"https://x.io/f", "", 5}, {"https://x.io/f", "", -1}, 0},
           {{"https://x.io/f", "sha256:aa", 5}, {"https://x.io/f", "", 5}, 0},
           {{"https://x.io/f", "sha256:aa", 5}, {"https://x.io/f", "", 6}, 1},
           {{"https://x.io/f", "", 6},
            {"https://x.io/f", "sha256:aa", 5},
            1}}) {
    const ContentsDiff diff =
        Compare({"a", {test.from}, {}, {}}, {"b", {test.to}, {}, {}});
    EXPECT_THAT(diff.files.changed, SizeIs(test.changed))
        << test.from.size << " " << test.to.size;
  }
}

TEST(Compare, AnotherVersionBesideANewOneIsAdded) {
  const ContentsDiff diff = Compare(
      {"a", {}, {{"quay.io/a:1.0", "", -1}}, {}},
      {"b", {}, {{"quay.io/a:2.0", "", -1}, {"quay.io/a:3.0", "", -1}}, {}});
  ASSERT_THAT(diff.images.changed, SizeIs(1));
  EXPECT_EQ(diff.images.changed[0].version_to, "2.0");
  ASSERT_THAT(diff.images.added, SizeIs(1));
  EXPECT_EQ(diff.images.added[0].name, "quay.io/a:3.0");
}

TEST(Sum, AnEmptyFileHasAKnownSize) {
  Sum sum;
  sum.Add({"https://x.io/empty", "", 0});
  EXPECT_EQ(sum.unknown, 0);
  sum.Add({"https://x.io/f", "", -1});
  EXPECT_EQ(sum.unknown, 1);
}

TEST(Compare, SumsWhatComesInAndWhatGoes) {
  const ContentsDiff diff = Compare(Old(), New());
  EXPECT_EQ(Incoming(diff).bytes, (102 << 20) + 5);
  EXPECT_EQ(Incoming(diff).unknown, 2);
  EXPECT_EQ(Outgoing(diff).bytes, (101 << 20) + 5);
}

TEST(ContentsOf, AListDoesNotKnowSizes) {
  v1::Release release;
  release.add_files()->set_url("https://x.io/a");
  release.add_images()->set_reference("registry.k8s.io/pause:3.9");
  const Contents contents = ContentsOf(release);
  ASSERT_THAT(contents.files, SizeIs(1));
  EXPECT_LT(contents.files[0].size, 0);
  ASSERT_THAT(contents.images, SizeIs(1));
  EXPECT_LT(contents.images[0].size, 0);
}

TEST(ContentsOf, ABuildKnowsSizesAndDigests) {
  v1::Build build;
  build.set_name("v1");
  v1::PlannedItem* item = build.mutable_plan()->add_items();
  item->set_name("https://x.io/a");
  item->set_size(-1);
  build.mutable_plan()->add_items()->set_name("registry.k8s.io/pause:3.9");
  v1::ItemVerdict* verdict = build.add_verdicts();
  verdict->set_name("https://x.io/a");
  verdict->set_digest("sha256:aa");
  verdict->set_size(12);
  const Contents contents = ContentsOf(build);
  ASSERT_THAT(contents.files, SizeIs(1));
  EXPECT_EQ(contents.files[0].digest, "sha256:aa");
  EXPECT_EQ(contents.files[0].size, 12);
  ASSERT_THAT(contents.images, SizeIs(1));
  EXPECT_EQ(contents.images[0].name, "registry.k8s.io/pause:3.9");
}

}  // namespace
}  // namespace kso::diff
