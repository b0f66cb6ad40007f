// SPDX-License-Identifier: Apache-2.0
#include "common/layer/decompression.h"

#include <string>

#include "common/bytes/byte_stream.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

constexpr char kPlain[] = "application/vnd.oci.image.layer.v1.tar";
constexpr char kGzip[] = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr char kZstd[] = "application/vnd.oci.image.layer.v1.tar+zstd";
constexpr char kDockerGzip[] =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";

constexpr char kText[] = "hello hello hello";
// The same by gzip -9n, and by zstd.
const std::string kGzipped(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40"
    "\x90\x00\x80\x88\xf9\xe5\x11\x00\x00\x00",
    28);
const std::string kZstandard(
    "\x28\xb5\x2f\xfd\x04\x58\x65\x00\x00\x30\x68\x65\x6c\x6c\x6f\x20\x01\x00"
    "\x31\x4a\x11\xa2\xed\x1e\x0c",
    25);

// The bytes that come out of a blob, read in small pieces.
absl::StatusOr<std::string> Decompressed(const std::string& blob,
                                         const std::string& type,
                                         int64_t most_bytes = 1000) {
  const auto source = SourceOfString(blob);
  auto inside = CreateDecompressingSource(source.get(), type, most_bytes);
  if (!inside.ok()) return inside.status();
  std::string text;
  char buffer[5];
  while (true) {
    const auto count = (*inside)->Read(buffer, sizeof buffer);
    if (!count.ok()) return count.status();
    if (*count == 0) break;
    text.append(buffer, *count);
  }
  // The end stays the end.
  const auto again = (*inside)->Read(buffer, sizeof buffer);
  EXPECT_TRUE(again.ok() && *again == 0);
  return text;
}

TEST(DecompressionTest, TheTypeSaysHow) {
  EXPECT_EQ(*Decompressed(kText, kPlain), kText);
  EXPECT_EQ(*Decompressed(kGzipped, kGzip), kText);
  EXPECT_EQ(*Decompressed(kGzipped, kDockerGzip), kText);
  EXPECT_EQ(*Decompressed(kZstandard, kZstd), kText);
  // Bytes are not looked at to find out.
  EXPECT_EQ(*Decompressed(kGzipped, kPlain), kGzipped);
  EXPECT_NE(Decompressed(kGzipped, kZstd).value_or(""), kText);
  EXPECT_EQ(Decompressed(kText, "application/zip").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(DecompressionTest, SeveralMembersAreOneStream) {
  EXPECT_EQ(*Decompressed(kGzipped + kGzipped, kGzip),
            std::string(kText) + kText);
}

TEST(DecompressionTest, AnEmptyBlobIsEmpty) {
  EXPECT_EQ(*Decompressed("", kPlain), "");
}

TEST(DecompressionTest, DamageIsNoEnd) {
  for (const size_t cut : {size_t{12}, kGzipped.size() - 9}) {
    EXPECT_EQ(Decompressed(kGzipped.substr(0, cut), kGzip).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << cut;
  }
}

TEST(DecompressionTest, NoMoreComesOutThanIsAllowed) {
  EXPECT_EQ(*Decompressed(kGzipped, kGzip, 17), kText);
  EXPECT_EQ(Decompressed(kGzipped, kGzip, 16).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Decompressed(kText, kPlain, 4).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace kso
