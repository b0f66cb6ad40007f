// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/layer_unpacker.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/shell.h"
#include "tests/fakes/tar_layers.h"
#include "worker/task/failure.h"
#include "worker/unpack/beneath.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;
using testing::ContentOf;
using testing::Directory;
using testing::File;
using testing::HardLink;
using testing::LayerBytes;
using testing::Link;

class LayerUnpackerTest : public ::testing::Test {
 protected:
  LayerUnpackerTest() {
    // The files that must not be touched are beside the layer's directory.
    fs::create_directories(directory_);
    std::ofstream(outside_ / "precious") << "precious";
  }
  ~LayerUnpackerTest() override { fs::remove_all(outside_); }

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root unpacks layers";
  }

  absl::StatusOr<int64_t> UnpackBytes(std::string_view blob,
                                      std::string_view media_type,
                                      const Digest& diff_id) {
    LayerUnpacker unpacker({.media_type = std::string(media_type),
                            .size = static_cast<int64_t>(blob.size()),
                            .diff_id = diff_id,
                            .most_entries = most_entries_},
                           directory_, make_room_);
    return unpacker.Finish(unpacker.Write(blob));
  }

  absl::StatusOr<int64_t> Unpack(
      std::initializer_list<testing::TarEntry> entries) {
    const LayerBytes layer(entries);
    return UnpackBytes(layer.bytes(), oci::kOciLayerTar,
                       Sha256Of(layer.bytes()));
  }

  // Refused, and nothing was done elsewhere.
  void ExpectRefused(const absl::StatusOr<int64_t>& unpacked) {
    EXPECT_EQ(unpacked.status().code(), absl::StatusCode::kFailedPrecondition)
        << unpacked.status();
    ExpectNothingOutside();
  }
  void ExpectNothingOutside() {
    EXPECT_EQ(ContentOf(outside_ / "precious"), "precious");
    EXPECT_EQ(testing::Shell("ls -A " + outside_.string()),
              "layer\nprecious\n");
  }

  struct stat Stat(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(lstat((directory_ / path).c_str(), &info), 0) << path;
    return info;
  }
  bool Exists(const std::string& path) {
    struct stat info;
    return lstat((directory_ / path).c_str(), &info) == 0;
  }
  bool Opaque(const std::string& path) {
    const FileDescriptor directory(
        open((directory_ / path).c_str(), O_RDONLY | O_DIRECTORY));
    return IsOpaque(directory.get());
  }

  const fs::path outside_ = fs::path(::testing::TempDir()) / "layer_unpacker";
  const fs::path directory_ = outside_ / "layer";
  // Fewer than a layer may really have, since they take time.
  int64_t most_entries_ = 1000;
  MakeRoom make_room_ = [](int64_t) { return absl::OkStatus(); };
};

TEST_F(LayerUnpackerTest, UnpacksWhatThereIs) {
  const auto bytes =
      Unpack({Directory("etc", 0750), File("etc/motd", "hello"),
              Link("etc/link", "motd"), HardLink("etc/same", "etc/motd"),
              File("usr/share/deep", "implied parents")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  // Besides the content, 4 KiB for each of the seven.
  EXPECT_EQ(*bytes, 20 + 7 * 4096);
  EXPECT_EQ(Stat("etc").st_mode & 07777, 0750u);
  EXPECT_EQ(ContentOf(directory_ / "etc/motd"), "hello");
  EXPECT_EQ(Stat("etc/motd").st_mtime, 1700000000);
  EXPECT_EQ(fs::read_symlink(directory_ / "etc/link"), "motd");
  EXPECT_EQ(Stat("etc/same").st_ino, Stat("etc/motd").st_ino);
  EXPECT_EQ(ContentOf(directory_ / "usr/share/deep"), "implied parents");
}

TEST_F(LayerUnpackerTest, RefusesMoreEntriesThanALayerHas) {
  // A few bytes a file, when it is compressed. The directory is one, too.
  for (const int files : {999, 1000}) {
    std::vector<testing::TarEntry> entries;
    for (int i = 0; i < files; ++i) {
      entries.push_back(File("f/" + std::to_string(i), ""));
    }
    const LayerBytes layer(entries, &archive_write_add_filter_gzip);
    const LayerBytes tar(entries);
    const auto unpacked =
        UnpackBytes(layer.bytes(), oci::kOciLayerGzip, Sha256Of(tar.bytes()));
    if (files == 999) {
      EXPECT_TRUE(unpacked.ok()) << unpacked.status();
    } else {
      ExpectRefused(unpacked);
      EXPECT_EQ(ToFailure(unpacked.status(), "").kind(),
                v1::Failure::PERMANENT);
    }
  }
}

TEST_F(LayerUnpackerTest, TheRootIsNoEntry) {
  const auto bytes = Unpack({Directory("./", 0700), File("./file", "x")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, 1 + 4096);
  EXPECT_TRUE(Exists("file"));
}

TEST_F(LayerUnpackerTest, APathHasSoManyBytesAndNames) {
  const std::string name(255, 'd');
  std::string longest = name;
  for (int i = 0; i < 15; ++i) longest += "/" + name;
  ASSERT_EQ(longest.size(), kLongestLayerPath);
  EXPECT_EQ(SplitLayerPath(longest).value().size(), 16u);
  EXPECT_EQ(SplitLayerPath("/" + longest).status().code(),
            absl::StatusCode::kFailedPrecondition);
  std::string deepest;
  for (size_t i = 0; i < kDeepestLayerPath; ++i) deepest += "/d";
  EXPECT_EQ(SplitLayerPath(deepest).value().size(), kDeepestLayerPath);
  EXPECT_EQ(SplitLayerPath(deepest + "/d").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(SplitLayerPath("/./a//b/.").value(),
            (std::vector<std::string>{"a", "b"}));
}

TEST_F(LayerUnpackerTest, DirectoriesAreMadeForAllAndOnlyWhereAsked) {
  const FileDescriptor root(
      open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_TRUE(absl::IsNotFound(
      OpenDirectoryBeneath(root.get(), {"a", "b"}, false).status()));
  EXPECT_FALSE(Exists("a"));
  const mode_t before = umask(077);
  EXPECT_TRUE(OpenDirectoryBeneath(root.get(), {"a"}, true).ok());
  umask(before);
  EXPECT_EQ(Stat("a").st_mode & 07777, 0755u);
  // Those that are there stay as they are.
  fs::permissions(directory_ / "a", fs::perms::owner_all);
  EXPECT_TRUE(OpenDirectoryBeneath(root.get(), {"a", "b"}, true).ok());
  EXPECT_EQ(Stat("a").st_mode & 07777, 0700u);
  EXPECT_EQ(Stat("a/b").st_mode & 07777, 0755u);
}

TEST_F(LayerUnpackerTest, TheWayToADirectoryLeadsThroughNothingElse) {
  std::ofstream(directory_ / "file") << "x";
  fs::create_directory_symlink("..", directory_ / "link");
  const FileDescriptor root(
      open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (const char* name : {"file", "link"}) {
    const absl::Status status =
        OpenDirectoryBeneath(root.get(), {name, "x"}, true).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_NE(std::string(status.message()).find("leads through a link"),
              std::string::npos)
        << status;
  }
  ExpectNothingOutside();
}

TEST_F(LayerUnpackerTest, WhiteoutsAreTheDeviceWithoutANumber) {
  struct stat info = {};
  info.st_mode = S_IFCHR | 0644;
  EXPECT_TRUE(IsWhiteout(info));
  info.st_rdev = makedev(1, 3);
  EXPECT_FALSE(IsWhiteout(info));
  info.st_rdev = 0;
  info.st_mode = S_IFREG | 0644;
  EXPECT_FALSE(IsWhiteout(info));
}

TEST_F(LayerUnpackerTest, OnlyTheRightMarkMakesADirectoryOpaque) {
  fs::create_directory(directory_ / "etc");
  const FileDescriptor etc(
      open((directory_ / "etc").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_FALSE(IsOpaque(etc.get()));
  ASSERT_EQ(fsetxattr(etc.get(), "trusted.overlay.opaque", "n", 1, 0), 0);
  EXPECT_FALSE(IsOpaque(etc.get()));
  EXPECT_TRUE(MakeOpaque(etc.get()));
  EXPECT_TRUE(IsOpaque(etc.get()));
  EXPECT_TRUE(MakeOpaque(etc.get()));
}

TEST_F(LayerUnpackerTest, RefusesPathsThatNoImageHas) {
  std::string deep;
  for (int i = 0; i < 256; ++i) deep += "d/";
  EXPECT_TRUE(Unpack({File(deep.substr(2) + "file", "")}).ok());
  for (const std::string& path :
       {deep + "file", std::string(5000, 'd'),
        std::string(3000, 'd') + "/" + std::string(2000, 'd')}) {
    const auto unpacked = Unpack({File(path, "")});
    ExpectRefused(unpacked);
    EXPECT_EQ(ToFailure(unpacked.status(), "").kind(), v1::Failure::PERMANENT);
    EXPECT_LT(unpacked.status().message().size(), 500u);
  }
  // No file system has such a name, which is not the disk's fault.
  const auto unpacked = Unpack({File(std::string(300, 'n'), "")});
  ExpectRefused(unpacked);
  EXPECT_EQ(ToFailure(unpacked.status(), "").kind(), v1::Failure::PERMANENT);
}

// Each directory on the way of a path is one, whichever entry makes it.
TEST_F(LayerUnpackerTest, CountsTheDirectoriesOnTheWay) {
  std::vector<testing::TarEntry> entries;
  for (int i = 0; i < 10; ++i) {
    std::string path = std::to_string(i);
    for (int level = 0; level < 200; ++level) path += "/d";
    entries.push_back(File(path, ""));
  }
  const LayerBytes layer(entries);
  ExpectRefused(
      UnpackBytes(layer.bytes(), oci::kOciLayerTar, Sha256Of(layer.bytes())));
}

TEST_F(LayerUnpackerTest, KnowsEachCompression) {
  for (const auto& [filter, media_type] :
       {std::pair(&archive_write_add_filter_gzip, oci::kOciLayerGzip),
        std::pair(&archive_write_add_filter_gzip, oci::kDockerLayerGzip),
        std::pair(&archive_write_add_filter_zstd, oci::kOciLayerZstd)}) {
    const LayerBytes plain({File("file", "content")});
    const LayerBytes packed({File("file", "content")}, filter);
    const auto bytes =
        UnpackBytes(packed.bytes(), media_type, Sha256Of(plain.bytes()));
    EXPECT_TRUE(bytes.ok()) << media_type << bytes.status();
    EXPECT_EQ(ContentOf(directory_ / "file"), "content");
    fs::remove(directory_ / "file");
  }
  EXPECT_EQ(
      UnpackBytes("", "application/vnd.cncf.helm.chart", Sha256Of("")).status(),
      absl::InvalidArgumentError("layers of type "
                                 "application/vnd.cncf.helm.chart are not "
                                 "known"));
}

TEST_F(LayerUnpackerTest, KeepsOwnersModesAndCapabilities) {
  const std::string capability("\x01\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                               20);
  const auto bytes =
      Unpack({{.path = "sudo", .content = "x", .mode = 04755},
              {.path = "theirs", .content = "x", .mode = 0600, .uid = 101},
              {.path = "ping",
               .content = "x",
               .xattr = {"security.capability", capability}}});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(Stat("sudo").st_mode & 07777, 04755u);
  EXPECT_EQ(Stat("theirs").st_uid, 101u);
  char value[64];
  EXPECT_EQ(lgetxattr((directory_ / "ping").c_str(), "security.capability",
                      value, sizeof(value)),
            20);
}

TEST_F(LayerUnpackerTest, KeepsNamesThatAreNotAscii) {
  const auto bytes = Unpack({File("z\xc3\xbcrich/\xe6\x96\x87", "x")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(Exists("z\xc3\xbcrich/\xe6\x96\x87"));
}

// Else a layer could make overlayfs look elsewhere.
TEST_F(LayerUnpackerTest, LeavesOutAttributesOfTheMachine) {
  const auto bytes =
      Unpack({{.path = "a",
               .content = "x",
               .xattr = {"trusted.overlay.redirect", "/etc/shadow"}}});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  char value[64];
  EXPECT_LT(lgetxattr((directory_ / "a").c_str(), "trusted.overlay.redirect",
                      value, sizeof(value)),
            0);
}

TEST_F(LayerUnpackerTest, LeavesOutDevices) {
  const auto bytes = Unpack({Directory("dev"),
                             {.path = "dev/null", .type = AE_IFCHR},
                             {.path = "dev/sda", .type = AE_IFBLK},
                             {.path = "pipe", .type = AE_IFIFO},
                             File("after", "x")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(fs::is_empty(directory_ / "dev"));
  EXPECT_TRUE(S_ISFIFO(Stat("pipe").st_mode));
  EXPECT_TRUE(Exists("after"));
}

TEST_F(LayerUnpackerTest, WhiteoutsAreThoseOfOverlayfs) {
  const auto bytes =
      Unpack({File("etc/.wh.gone", ""), File("var/.wh..wh..opq", ""),
              File("var/new", "x"), File(".wh..wh.plnk", "")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(IsWhiteout(Stat("etc/gone")));
  EXPECT_FALSE(Exists("etc/.wh.gone"));
  EXPECT_TRUE(Opaque("var"));
  EXPECT_FALSE(Opaque("etc"));
  EXPECT_EQ(testing::Shell("ls -A " + (directory_ / "var").string()), "new\n");
  EXPECT_FALSE(Exists(".wh..wh.plnk"));
}

// A whiteout hides what lower layers have, not what its own has.
TEST_F(LayerUnpackerTest, WhiteoutsSpareTheirOwnLayer) {
  const auto bytes =
      Unpack({File(".wh.file", ""), File("file", "new"), File("before", "kept"),
              File(".wh.before", ""), File(".wh.directory", ""),
              File("directory/sub/file", "x"), Directory("other"),
              File(".wh.other", "")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(ContentOf(directory_ / "file"), "new");
  EXPECT_EQ(ContentOf(directory_ / "before"), "kept");
  EXPECT_EQ(ContentOf(directory_ / "directory/sub/file"), "x");
  EXPECT_TRUE(Opaque("directory"));
  EXPECT_TRUE(Opaque("other"));
}

TEST_F(LayerUnpackerTest, WhatIsWhitedOutInAWhiteoutStaysHidden) {
  const auto bytes =
      Unpack({File(".wh.etc", ""), File("etc/.wh.passwd", ""),
              File(".wh.var", ""), File("var/.wh..wh..opq", "")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_TRUE(Opaque("etc"));
  EXPECT_TRUE(IsWhiteout(Stat("etc/passwd")));
  EXPECT_TRUE(Opaque("var"));
}

TEST_F(LayerUnpackerTest, LaterEntriesReplaceEarlierOnes) {
  const auto bytes = Unpack(
      {File("a", "old"), File("a", "new"), Link("b", "../precious"),
       File("b", "new"), Link("c", ".."), Directory("c"), File("c/d", "in c")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(ContentOf(directory_ / "a"), "new");
  EXPECT_EQ(ContentOf(directory_ / "b"), "new");
  EXPECT_EQ(ContentOf(directory_ / "c/d"), "in c");
  ExpectNothingOutside();
}

TEST_F(LayerUnpackerTest, ReplacesNamesOfAHardLinkWithoutTheOther) {
  const auto bytes =
      Unpack({File("a", "old"), HardLink("b", "a"), File("b", "new")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(ContentOf(directory_ / "a"), "old");
  EXPECT_EQ(ContentOf(directory_ / "b"), "new");
}

TEST_F(LayerUnpackerTest, RefusesToLeaveItsDirectory) {
  ExpectRefused(Unpack({File("../precious", "stolen")}));
  ExpectRefused(Unpack({File("a/../../precious", "stolen")}));
  ExpectRefused(Unpack({HardLink("mine", "../precious")}));
  ExpectRefused(Unpack({File("../.wh.precious", "")}));
  for (const char* whiteout : {"a/.wh...", "a/.wh..", "a/.wh.", ".wh.."}) {
    ExpectRefused(Unpack({File(whiteout, "")}));
  }
}

TEST_F(LayerUnpackerTest, AbsolutePathsAreThoseOfTheImage) {
  const std::string precious = (outside_ / "precious").string();
  const auto bytes =
      Unpack({File(precious, "the image's"), HardLink("/same", precious)});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(ContentOf(directory_.string() + precious), "the image's");
  EXPECT_EQ(ContentOf(directory_ / "same"), "the image's");
  ExpectNothingOutside();
}

TEST_F(LayerUnpackerTest, RefusesToGoThroughLinks) {
  for (const std::string& target : {std::string(".."), outside_.string()}) {
    const auto way = Link("way", target);
    ExpectRefused(Unpack({way, File("way/precious", "stolen")}));
    ExpectRefused(Unpack({way, Directory("way/new")}));
    ExpectRefused(Unpack({way, Link("way/link", "x")}));
    ExpectRefused(Unpack({way, HardLink("mine", "way/precious")}));
    ExpectRefused(Unpack({way, HardLink("way/mine", "file")}));
    ExpectRefused(Unpack({way, File("way/.wh.precious", "")}));
    ExpectRefused(Unpack({way, File("way/.wh..wh..opq", "")}));
    ExpectRefused(Unpack({way, File("way/sub/.wh.x", "")}));
  }
}

TEST_F(LayerUnpackerTest, LinksThemselvesMayPointAnywhere) {
  const auto bytes = Unpack(
      {Link("a", "/dev/stdout"), HardLink("b", "a"), Link("c", "../..")});
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(fs::read_symlink(directory_ / "b"), "/dev/stdout");
  ExpectNothingOutside();
}

TEST_F(LayerUnpackerTest, RefusesATarOfAnotherDiffId) {
  const LayerBytes layer({File("file", "content")});
  EXPECT_TRUE(absl::IsDataLoss(
      UnpackBytes(layer.bytes(), oci::kOciLayerTar, Sha256Of("another"))
          .status()));
  // Nor may anything follow the tar that the diffID does not cover.
  const std::string longer = layer.bytes() + std::string(1024, 'x');
  EXPECT_TRUE(absl::IsDataLoss(
      UnpackBytes(longer, oci::kOciLayerTar, Sha256Of(layer.bytes()))
          .status()));
}

TEST_F(LayerUnpackerTest, RefusesWhatIsCutOrNoTar) {
  const LayerBytes plain({File("file", std::string(50000, 'x'))});
  const LayerBytes packed({File("file", std::string(50000, 'x'))},
                          archive_write_add_filter_gzip);
  const Digest diff_id = Sha256Of(plain.bytes());
  EXPECT_FALSE(
      UnpackBytes(plain.bytes().substr(0, 20000), oci::kOciLayerTar, diff_id)
          .ok());
  EXPECT_FALSE(UnpackBytes(packed.bytes().substr(0, packed.bytes().size() / 2),
                           oci::kOciLayerGzip, diff_id)
                   .ok());
  EXPECT_FALSE(UnpackBytes("no gzip", oci::kOciLayerGzip, diff_id).ok());
  EXPECT_FALSE(UnpackBytes("no tar", oci::kOciLayerTar, diff_id).ok());
}

// With zstd, 100 MiB of zeros are some 10 KB.
TEST_F(LayerUnpackerTest, RefusesBombs) {
  const std::string zeros(100 << 20, '\0');
  const LayerBytes packed({File("bomb", zeros)}, archive_write_add_filter_zstd);
  ASSERT_LT(packed.bytes().size(), 50000u);
  ExpectRefused(
      UnpackBytes(packed.bytes(), oci::kOciLayerZstd, Sha256Of("unread")));
  EXPECT_FALSE(Exists("bomb"));
  // A tar that ends before its zeros do.
  const LayerBytes padding(zeros, archive_write_add_filter_zstd);
  ExpectRefused(
      UnpackBytes(padding.bytes(), oci::kOciLayerZstd, Sha256Of(zeros)));
}

TEST_F(LayerUnpackerTest, TakesAllThatGzipCanHold) {
  const std::string zeros(100 << 20, '\0');
  const LayerBytes packed({File("disk.img", zeros)},
                          archive_write_add_filter_gzip);
  const LayerBytes tar({File("disk.img", zeros)});
  ASSERT_LT(packed.bytes().size(), 200000u);
  ASSERT_TRUE(
      UnpackBytes(packed.bytes(), oci::kOciLayerGzip, Sha256Of(tar.bytes()))
          .ok());
  EXPECT_TRUE(Exists("disk.img"));
}

TEST_F(LayerUnpackerTest, SaysWhyTheBlobDidNotCome) {
  const LayerBytes layer({File("file", "content")});
  LayerUnpacker unpacker({.media_type = std::string(oci::kOciLayerTar),
                          .size = 2000,
                          .diff_id = Sha256Of(layer.bytes())},
                         directory_, make_room_);
  ASSERT_TRUE(unpacker.Write(layer.bytes().substr(0, 700)).ok());
  EXPECT_EQ(unpacker.Finish(absl::UnavailableError("cut")).status(),
            absl::UnavailableError("cut"));
}

// Its digest is looked at while it is sent.
TEST_F(LayerUnpackerTest, AWrongBlobIsRefusedThoughItsTarIsRight) {
  const LayerBytes plain({File("file", "content")});
  const LayerBytes packed({File("file", "content")},
                          archive_write_add_filter_gzip);
  LayerUnpacker unpacker({.media_type = std::string(oci::kOciLayerGzip),
                          .size = static_cast<int64_t>(packed.bytes().size()),
                          .diff_id = Sha256Of(plain.bytes())},
                         directory_, make_room_);
  ASSERT_TRUE(unpacker.Write(packed.bytes()).ok());
  EXPECT_FALSE(unpacker.Finish(absl::DataLossError("another digest")).ok());
}

TEST_F(LayerUnpackerTest, SmallLayersMayGrowMoreThanLargeOnes) {
  const std::string zeros(60 << 20, '\0');
  const LayerBytes packed({File("disk.img", zeros)},
                          archive_write_add_filter_zstd);
  const LayerBytes tar({File("disk.img", zeros)});
  const auto bytes =
      UnpackBytes(packed.bytes(), oci::kOciLayerZstd, Sha256Of(tar.bytes()));
  EXPECT_TRUE(bytes.ok()) << bytes.status();
}

TEST_F(LayerUnpackerTest, EndsWhenNobodyWantsItAnyMore) {
  LayerUnpacker unpacker({.media_type = std::string(oci::kOciLayerTar),
                          .size = 2000,
                          .diff_id = Sha256Of("")},
                         directory_, make_room_);
}

TEST_F(LayerUnpackerTest, AFullDiskIsTheWorkersTrouble) {
  make_room_ = [](int64_t) {
    return WorkerTrouble(absl::ResourceExhaustedError("the disk is full"));
  };
  const auto unpacked = Unpack({File("file", "content")});
  EXPECT_EQ(ToFailure(unpacked.status(), "").kind(),
            v1::Failure::INFRASTRUCTURE);
}

TEST_F(LayerUnpackerTest, ADiskThatFailsIsTheWorkersTrouble) {
  const struct {
    unsigned long flags;
    const char* options;
    const char* advice;
  } kCases[] = {{0, "size=1m", "give the worker's --cache-dir more space"},
                {MS_RDONLY, "size=16m", ""}};
  for (const auto& [flags, options, advice] : kCases) {
    if (mount("tmpfs", directory_.c_str(), "tmpfs", flags, options) != 0) {
      GTEST_SKIP() << "cannot mount a small file system here";
    }
    const auto unpacked = Unpack({File("file", std::string(2 << 20, 'x'))});
    umount2(directory_.c_str(), MNT_DETACH);
    const v1::Failure failure = ToFailure(unpacked.status(), "");
    EXPECT_EQ(failure.kind(), v1::Failure::INFRASTRUCTURE) << unpacked.status();
    EXPECT_EQ(failure.advice(), advice);
  }
}

}  // namespace
}  // namespace kso::worker
