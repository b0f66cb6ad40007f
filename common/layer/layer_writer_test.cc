// SPDX-License-Identifier: Apache-2.0
#include "common/layer/layer_writer.h"

#include <zstd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/bytes/sinks.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/shell.h"

namespace kso {
namespace {

using ::kso::testing::Shell;
using ::testing::HasSubstr;

// `size` bytes that follow from `seed`, in reads of odd sizes.
class PatternSource : public ByteSource {
 public:
  PatternSource(int64_t size, uint32_t seed) : left_(size), state_(seed) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t count =
        std::min<int64_t>({static_cast<int64_t>(size), left_, 10007});
    for (size_t i = 0; i < count; ++i) {
      state_ = state_ * 1664525 + 1013904223;
      buffer[i] = static_cast<char>(state_ >> 28);
    }
    left_ -= static_cast<int64_t>(count);
    return count;
  }

 private:
  int64_t left_;
  uint32_t state_;
};

LayerFile Text(std::string path, std::string content, uint32_t mode = 0644) {
  LayerFile file{.path = path,
                 .size = static_cast<int64_t>(content.size()),
                 .mode = mode,
                 .open = nullptr};
  file.open =
      [content = std::make_shared<std::string>(std::move(content))](
          int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    return SourceOfString(*content, offset);
  };
  return file;
}

LayerFile Pattern(std::string path, int64_t size) {
  return {
      .path = path,
      .size = size,
      .mode = 0755,
      .open = [size](int64_t) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
        return std::make_unique<PatternSource>(size, 7);
      }};
}

struct Layer {
  WrittenLayer written;
  std::string file;
};

Layer Write(std::vector<LayerFile> files,
            std::string_view type = oci::kOciLayerGzip) {
  StringSink sink;
  auto written = WriteLayer(std::move(files), type, sink);
  EXPECT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->descriptor.digest(), Sha256Of(sink.content()).ToString());
  EXPECT_EQ(written->descriptor.size(),
            static_cast<int64_t>(sink.content().size()));
  EXPECT_EQ(written->descriptor.media_type(), type);
  std::string path = absl::StrCat(
      ::testing::TempDir(), "/",
      ::testing::UnitTest::GetInstance()->current_test_info()->name());
  std::ofstream(path, std::ios::binary) << sink.content();
  return {*std::move(written), path};
}

// Refuses one write, the one after the first `before`.
class SinkThatFailsOnce : public ByteSink {
 public:
  explicit SinkThatFailsOnce(int before) : left_(before) {}

  absl::Status Write(std::string_view) override {
    if (left_-- != 0) return absl::OkStatus();
    failed_ = true;
    return absl::UnavailableError("refused");
  }

  bool failed() const { return failed_; }

 private:
  int left_;
  bool failed_ = false;
};

// Keeps the beginning of an archive, and ends it there.
class HeadOnly : public ByteSink {
 public:
  absl::Status Write(std::string_view part) override {
    if (bytes.size() > 4096) return absl::CancelledError("enough");
    bytes.append(part);
    return absl::OkStatus();
  }
  std::string bytes;
};

std::string Sha256Sum(const std::string& command) {
  return Shell(absl::StrCat(command, " | sha256sum")).substr(0, 64);
}

TEST(LayerWriterTest, TarListsWhatWasPutIn) {
  const Layer layer = Write({Text("opt/k8s/b", "bb", 0755), Text("a", ""),
                             Text("opt/k8s/a/x", "x"), Text("opt/k8s-1", "")});
  EXPECT_EQ(Shell(absl::StrCat("TZ=UTC tar tvzf ", layer.file)),
            "-rw-r--r-- 0/0               0 1970-01-01 00:00 a\n"
            "drwxr-xr-x 0/0               0 1970-01-01 00:00 opt/\n"
            "drwxr-xr-x 0/0               0 1970-01-01 00:00 opt/k8s/\n"
            "-rw-r--r-- 0/0               0 1970-01-01 00:00 opt/k8s-1\n"
            "drwxr-xr-x 0/0               0 1970-01-01 00:00 opt/k8s/a/\n"
            "-rw-r--r-- 0/0               1 1970-01-01 00:00 opt/k8s/a/x\n"
            "-rwxr-xr-x 0/0               2 1970-01-01 00:00 opt/k8s/b\n");
}

TEST(LayerWriterTest, DiffIdIsTheDigestOfTheTarInside) {
  const std::vector<LayerFile> files = {
      Pattern("elf", 5000000),
      Text("z.gz", "\x1f\x8b" + std::string(200000, 'z')),
      Text("z.xz", std::string("\xfd"
                               "7zXZ\0",
                               6)),
      Pattern("zz", 3)};
  const Layer gzip = Write(files);
  Shell(absl::StrCat("gzip -t ", gzip.file));
  EXPECT_EQ(Sha256Sum(absl::StrCat("gzip -dc ", gzip.file)),
            gzip.written.diff_id.hex());
  const Layer zstd = Write(files, oci::kOciLayerZstd);
  EXPECT_EQ(Sha256Sum(absl::StrCat("zstd -dc ", zstd.file)),
            gzip.written.diff_id.hex());
  const Layer tar = Write(files, oci::kOciLayerTar);
  EXPECT_EQ(tar.written.diff_id, gzip.written.diff_id);
  EXPECT_EQ(tar.written.descriptor.digest(), tar.written.diff_id.ToString());
}

TEST(LayerWriterTest, EmptyLayerIsTwoZeroBlocks) {
  const Layer layer = Write({});
  EXPECT_EQ(Shell(absl::StrCat("tar tzf ", layer.file)), "");
  EXPECT_EQ(layer.written.diff_id, Sha256Of(std::string(1024, '\0')));
  const Layer zstd = Write({}, oci::kOciLayerZstd);
  EXPECT_EQ(Shell(absl::StrCat("zstd -dc ", zstd.file, " | tar t")), "");
}

TEST(LayerWriterTest, LongNamesSurvive) {
  std::vector<LayerFile> files;
  // Around the limits of ustar: a name of 100, a prefix of 155.
  for (const int directory : {10, 98, 99, 100, 155, 156, 250}) {
    for (const int name : {1, 99, 100, 101, 255}) {
      files.push_back(Text(absl::StrCat(std::string(directory, 'd'), "/",
                                        std::string(name, 'n')),
                           "x"));
    }
  }
  const Layer layer = Write(files, oci::kOciLayerTar);
  const std::string listing = Shell(absl::StrCat("tar tf ", layer.file));
  for (const LayerFile& file : files) {
    EXPECT_THAT(listing, HasSubstr(absl::StrCat("\n", file.path, "\n")));
  }
  EXPECT_EQ(std::count(listing.begin(), listing.end(), '\n'), 35 + 7);
}

TEST(LayerWriterTest, BigFilesAreCompressedAndComeBack) {
  constexpr int64_t kSize = 20 << 20;
  const Layer layer = Write({Pattern("bin/kubelet", kSize)});
  EXPECT_LT(layer.written.descriptor.size(), kSize * 3 / 4);
  std::string content(kSize, '\0');
  PatternSource source(kSize, 7);
  for (size_t at = 0; at < content.size();) {
    at += *source.Read(content.data() + at, content.size() - at);
  }
  EXPECT_EQ(Sha256Sum(absl::StrCat("tar xzOf ", layer.file, " bin/kubelet")),
            Sha256Of(content).hex());
}

TEST(LayerWriterTest, CompressedFilesAreStored) {
  const std::string content = "\x28\xb5\x2f\xfd" + std::string(1 << 20, 'a');
  const Layer layer = Write({Text("a.zst", content), Text("b.zst", content)});
  EXPECT_GT(layer.written.descriptor.size(), 2 << 20);
  EXPECT_EQ(Sha256Sum(absl::StrCat("tar xzOf ", layer.file, " b.zst")),
            Sha256Of(content).hex());
}

// These bytes must never change: a release made with another version of kso
// would share no layer with the one before.
TEST(LayerWriterTest, SameFilesGiveTheSameBytesForEver) {
  std::vector<LayerFile> files = {
      Pattern("opt/k8s/elf", 3000000), Text("opt/k8s/readme", "hello"),
      Text("opt/k8s/x.tgz", "\x1f\x8b" + std::string(100000, 'z'))};
  const Layer first = Write(files);
  std::reverse(files.begin(), files.end());
  const Layer second = Write(files);
  EXPECT_EQ(first.written.descriptor.digest(),
            second.written.descriptor.digest());
  EXPECT_EQ(first.written.diff_id.ToString(),
            "sha256:"
            "ee9ce2331eb3120c86c3f9e1bc4fad89c69759c85f5b8d9c00cbe5d727732a26");
  EXPECT_EQ(first.written.descriptor.digest(),
            "sha256:"
            "ff340290a1a3b6f930c38a970f02708bba1fecdd4ee5040de568677e30aca0ee");
}

// libzstd gives the same bytes for as long as it is the same version.
TEST(LayerWriterTest, SameFilesGiveTheSameBytesWithAVersionOfZstd) {
  const std::map<unsigned, std::string> known = {
      {10504,
       "sha256:"
       "a271095412b1f41ab994caacba78ea4f04eff4ac9e1a9fe997bba8d3144b041f"},
      {10507,
       "sha256:"
       "9e68e7a0cdab466222ecfc64477e2ecb3d5dd8f58c8ca518a5b3f3ea123ab09d"}};
  const auto expected = known.find(ZSTD_versionNumber());
  if (expected == known.end()) {
    GTEST_SKIP() << "what libzstd " << ZSTD_versionString()
                 << " makes is not known";
  }
  const std::vector<LayerFile> files = {
      Pattern("opt/k8s/elf", 3000000), Text("opt/k8s/readme", "hello"),
      Text("opt/k8s/x.tgz", "\x1f\x8b" + std::string(100000, 'z'))};
  EXPECT_EQ(Write(files, oci::kOciLayerZstd).written.descriptor.digest(),
            expected->second);
}

TEST(LayerWriterTest, ZstdMakesLessOfWhatIsNotCompressed) {
  const std::vector<LayerFile> files = {Pattern("bin/kubelet", 3'500'000)};
  EXPECT_LT(Write(files, oci::kOciLayerZstd).written.descriptor.size(),
            Write(files, oci::kOciLayerTar).written.descriptor.size() * 3 / 4);
}

TEST(LayerWriterTest, ThreadsDoNotChangeTheBytes) {
  const std::vector<LayerFile> files = {
      Pattern("big", 3'500'000), Text("gz", "\x1f\x8b stored as it is"),
      Pattern("late", 2 << 20), Text("x", "small")};
  for (const std::string_view type : {oci::kOciLayerGzip, oci::kOciLayerZstd}) {
    StringSink alone;
    ASSERT_TRUE(WriteLayer(files, type, alone).ok());
    for (const int threads : {1, 4}) {
      // More layers at a time than the pool has room for.
      EncodePool pool(threads);
      std::vector<std::thread> writers;
      for (int i = 0; i < 4; ++i) {
        writers.emplace_back([&] {
          StringSink sink;
          EXPECT_TRUE(WriteLayer(files, type, sink, &pool).ok());
          EXPECT_TRUE(sink.content() == alone.content());
        });
      }
      for (std::thread& writer : writers) writer.join();
    }
  }
}

TEST(LayerWriterTest, ASourceOfAnotherSizeIsDataLoss) {
  for (const int64_t size : {2, 4, 1000000}) {
    LayerFile file = Text("dir/file", "abc");
    file.size = size;
    StringSink sink;
    const absl::Status status =
        WriteLayer({file}, oci::kOciLayerGzip, sink).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("dir/file"));
  }
}

TEST(LayerWriterTest, BadPathsAreRefused) {
  const std::vector<std::vector<std::string>> bad = {{""},
                                                     {"/etc/passwd"},
                                                     {"../x"},
                                                     {"a/../x"},
                                                     {"a/./x"},
                                                     {"a//x"},
                                                     {"a/"},
                                                     {"."},
                                                     {"x", "x"},
                                                     {"a", "a/b"},
                                                     {"a/b/c", "a/b"},
                                                     {std::string("a\0b", 3)},
                                                     {std::string(5000, 'a')}};
  for (const std::vector<std::string>& paths : bad) {
    std::vector<LayerFile> files;
    for (const std::string& path : paths) files.push_back(Text(path, ""));
    StringSink sink;
    EXPECT_TRUE(absl::IsInvalidArgument(
        WriteLayer(files, oci::kOciLayerGzip, sink).status()))
        << paths[0];
    EXPECT_EQ(sink.content(), "");
  }
}

TEST(LayerWriterTest, APathMayBeAsLongAsLinuxTakesIt) {
  StringSink sink;
  const auto write = [&sink](size_t length) {
    return WriteLayer({Text(std::string(length, 'a'), "")}, oci::kOciLayerGzip,
                      sink)
        .status();
  };
  EXPECT_TRUE(write(4095).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(write(4096)));
}

TEST(LayerWriterTest, WhatNoHeaderCanSayIsRefused) {
  const auto write = [](int64_t size, int64_t mtime) {
    LayerFile file = Text("a", "");
    file.size = size;
    file.mtime = mtime;
    StringSink sink;
    return WriteLayer({file}, oci::kOciLayerTar, sink).status();
  };
  constexpr int64_t kFirstTooLate = int64_t{1} << 33;
  EXPECT_TRUE(write(0, 0).ok());
  EXPECT_TRUE(write(0, kFirstTooLate - 1).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(write(0, kFirstTooLate)));
  EXPECT_TRUE(absl::IsInvalidArgument(write(0, -1)));
  EXPECT_TRUE(absl::IsInvalidArgument(write(-1, 0)));
}

TEST(LayerWriterTest, ARefusedWriteIsNeverForgotten) {
  for (const std::string_view type :
       {oci::kOciLayerGzip, oci::kOciLayerZstd, oci::kOciLayerTar}) {
    // More than one block of each encoder.
    const int64_t size = type == oci::kOciLayerTar ? 30'000 : (1 << 20) + 5000;
    const std::vector<LayerFile> files = {
        Text("a.gz", "\x1f\x8b" + std::string(70'000, 'z')),
        Pattern("bin/big", size), Text("x.gz", "\x1f\x8b stored"),
        Text("y", "y")};
    bool failed = true;
    for (int before = 0; failed; ++before) {
      SinkThatFailsOnce sink(before);
      const absl::Status status = WriteLayer(files, type, sink).status();
      failed = sink.failed();
      EXPECT_EQ(absl::IsUnavailable(status), failed) << type << " " << before;
      EXPECT_EQ(status.ok(), !failed) << type << " " << before;
    }
  }
}

TEST(LayerWriterTest, UnknownMediaTypesAreRefused) {
  StringSink sink;
  EXPECT_TRUE(absl::IsInvalidArgument(
      WriteLayer({}, "application/zip", sink).status()));
}

TEST(LayerWriterTest, OnlyASizeThatUstarCannotHoldIsSaidOtherwise) {
  constexpr int64_t kFirstTooLarge = int64_t{1} << 33;
  for (const int64_t size : {kFirstTooLarge - 1, kFirstTooLarge}) {
    HeadOnly sink;
    EXPECT_TRUE(absl::IsCancelled(
        WriteLayer({Pattern("huge", size)}, oci::kOciLayerTar, sink).status()));
    EXPECT_EQ(sink.bytes.find("size=8589934592\n") != std::string::npos,
              size == kFirstTooLarge);
  }
}

// The header of a file that ustar cannot hold says its size in pax, and tar
// reads it back.
TEST(LayerWriterTest, HugeSizesSurvive) {
  HeadOnly sink;
  constexpr int64_t kHuge = int64_t{9} << 30;
  EXPECT_TRUE(absl::IsCancelled(
      WriteLayer({Pattern("huge", kHuge)}, oci::kOciLayerTar, sink).status()));
  const std::string path = absl::StrCat(::testing::TempDir(), "/huge.tar");
  std::ofstream(path, std::ios::binary) << sink.bytes.substr(0, 1536);
  EXPECT_THAT(Shell(absl::StrCat("(tar tvf ", path, " || true)")),
              HasSubstr(absl::StrCat(" ", kHuge, " ")));
}

}  // namespace
}  // namespace kso
