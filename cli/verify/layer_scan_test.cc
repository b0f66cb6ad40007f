// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/layer_scan.h"

#include <archive.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/verify/image_tree.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/tar_layers.h"

namespace kso::cli {
namespace {

using ::kso::testing::Directory;
using ::kso::testing::File;
using ::kso::testing::HardLink;
using ::kso::testing::LayerBytes;
using ::kso::testing::Link;
using ::kso::testing::TarEntry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;

constexpr char kFile[] = "opt/k8s/k8s/dl.k8s.io/kubelet";

absl::StatusOr<LayerScan> ScanBytes(const std::string& blob,
                                    const Digest& diff_id,
                                    std::string_view type) {
  v1::Descriptor layer;
  layer.set_media_type(std::string(type));
  layer.set_digest(Sha256Of(blob).ToString());
  layer.set_size(static_cast<int64_t>(blob.size()));
  return ScanLayer(layer, diff_id,
                   [&blob](ByteSink& sink) { return sink.Write(blob); });
}

absl::StatusOr<LayerScan> Scan(const std::vector<TarEntry>& entries) {
  return ScanBytes(LayerBytes(entries, archive_write_add_filter_gzip).bytes(),
                   Sha256Of(LayerBytes(entries).bytes()), oci::kOciLayerGzip);
}

std::shared_ptr<const LayerScan> ScanOrDie(
    const std::vector<TarEntry>& entries) {
  auto scan = Scan(entries);
  EXPECT_TRUE(scan.ok()) << scan.status();
  return std::make_shared<const LayerScan>(scan.ok() ? *std::move(scan)
                                                     : LayerScan());
}

TEST(LayerScanTest, HashesWhatIsServedAndNothingElse) {
  const auto scan = ScanOrDie({Directory("opt"), File("etc/passwd", "root"),
                               File(Concat("./", kFile), "the kubelet")});
  ASSERT_THAT(scan->files, ElementsAre(Key(kFile)));
  const ScannedFile& file = scan->files.at(kFile);
  EXPECT_EQ(file.digest, Sha256Of("the kubelet").ToString());
  EXPECT_EQ(file.size, 11);
  EXPECT_EQ(file.sha512.substr(0, 7), "sha512:");
  EXPECT_EQ(file.text, "");
}

TEST(LayerScanTest, KeepsTextsThatTellOfOthers) {
  const std::string blobs = "var/lib/registry/docker/registry/v2/blobs/";
  const auto scan =
      ScanOrDie({File("opt/k8s/k8s/offline.yml", "---"),
                 File(blobs + "sha256/aa/aa/data", " {\"a\": 1}"),
                 File(blobs + "sha256/bb/bb/data", "\x1f\x8b layer")});
  EXPECT_EQ(scan->files.at("opt/k8s/k8s/offline.yml").text, "---");
  EXPECT_EQ(scan->files.at(blobs + "sha256/aa/aa/data").text, " {\"a\": 1}");
  EXPECT_EQ(scan->files.at(blobs + "sha256/bb/bb/data").text, "");
}

TEST(LayerScanTest, SaysWhatIsNoFile) {
  const auto scan = ScanOrDie({Link(kFile, "/etc/passwd")});
  EXPECT_THAT(scan->odd, ElementsAre(kFile));
  // A second name of a file is none either, and a directory need not be one.
  const auto linked = ScanOrDie({Directory("opt/k8s/k8s/directory"),
                                 HardLink(kFile, "opt/k8s/k8s/other")});
  EXPECT_THAT(linked->odd, ElementsAre(kFile));
  EXPECT_THAT(linked->files, IsEmpty());
}

TEST(LayerScanTest, RefusesAnotherTarAndADamagedOne) {
  const std::vector<TarEntry> entries = {File(kFile, "the kubelet")};
  const std::string gzip =
      LayerBytes(entries, archive_write_add_filter_gzip).bytes();
  const Digest diff_id = Sha256Of(LayerBytes(entries).bytes());
  EXPECT_TRUE(absl::IsDataLoss(
      ScanBytes(gzip, Sha256Of("other"), oci::kOciLayerGzip).status()));
  EXPECT_FALSE(
      ScanBytes(gzip.substr(0, gzip.size() / 2), diff_id, oci::kOciLayerGzip)
          .ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      ScanBytes(gzip, diff_id, "application/octet-stream").status()));
  EXPECT_FALSE(Scan({File("opt/../etc/passwd", "x")}).ok());
}

TEST(LayerScanTest, TellsWhatTheStoreSaysFirst) {
  v1::Descriptor layer;
  layer.set_media_type(std::string(oci::kOciLayerGzip));
  const auto scan = ScanLayer(layer, Sha256Of(""), [](ByteSink&) {
    return absl::DataLossError("the blob has rotted");
  });
  EXPECT_EQ(scan.status(), absl::DataLossError("the blob has rotted"));
}

TEST(ImageTreeTest, HigherLayersHideLowerOnes) {
  const auto below =
      ScanOrDie({File("opt/k8s/k8s/a/one", "1"), File("opt/k8s/k8s/b/two", "2"),
                 File("opt/k8s/k8s/c/three", "3")});
  const auto above = ScanOrDie({File("opt/k8s/k8s/.wh.a", ""),
                                File("opt/k8s/k8s/b/.wh..wh..opq", ""),
                                File("opt/k8s/k8s/b/new", "4")});
  const auto top = ScanOrDie({File("opt/k8s/k8s/c/three", "other")});
  const ImageTree tree = TreeOf({below, above, top});
  EXPECT_THAT(tree.files, ElementsAre(Key("opt/k8s/k8s/b/new"),
                                      Key("opt/k8s/k8s/c/three")));
  EXPECT_EQ(tree.files.at("opt/k8s/k8s/c/three").layer, 2u);
  EXPECT_EQ(tree.files.at("opt/k8s/k8s/c/three").file->size, 5);
}

TEST(ImageTreeTest, WhatTakesTheDirectorysPlaceHidesAllBelow) {
  const auto below = ScanOrDie({File("opt/k8s/k8s/a/one", "1")});
  const auto above = ScanOrDie({Link("opt", "/somewhere")});
  EXPECT_THAT(TreeOf({below, above}).files, IsEmpty());
}

}  // namespace
}  // namespace kso::cli
