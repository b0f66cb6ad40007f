// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/tar.h"

#include <cstdio>
#include <cstring>
#include <utility>

namespace kso::upstream {
namespace {

constexpr size_t kBlock = 512;
constexpr unsigned long kModified = 1700000000;

struct Header {
  char name[100];
  char mode[8];
  char owner[8];
  char group[8];
  char size[12];
  char modified[12];
  char checksum[8];
  char type;
  char link_target[100];
  char magic[6];
  char version[2];
  char owner_name[32];
  char group_name[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(Header) == kBlock);

template <size_t kSize>
void PutText(std::string_view text, char (&field)[kSize]) {
  std::memcpy(field, text.data(), std::min(text.size(), kSize));
}

template <size_t kSize>
void PutOctal(unsigned long value, char (&field)[kSize]) {
  std::snprintf(field, kSize, "%0*lo", static_cast<int>(kSize - 1), value);
}

}  // namespace

void TarWriter::AddHeader(std::string_view name, char type, int mode,
                          size_t size, std::string_view link_target) {
  Header header = {};
  PutText(name, header.name);
  PutOctal(mode, header.mode);
  PutOctal(0, header.owner);
  PutOctal(0, header.group);
  PutOctal(size, header.size);
  PutOctal(kModified, header.modified);
  header.type = type;
  PutText(link_target, header.link_target);
  PutText("ustar", header.magic);
  PutText("00", header.version);
  PutText("root", header.owner_name);
  PutText("root", header.group_name);
  // The sum counts its own field as blanks.
  std::memset(header.checksum, ' ', sizeof(header.checksum));
  unsigned long sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    sum += reinterpret_cast<const unsigned char*>(&header)[i];
  }
  std::snprintf(header.checksum, sizeof(header.checksum), "%06lo", sum);
  archive_.append(reinterpret_cast<const char*>(&header), sizeof(header));
}

void TarWriter::AddDirectory(std::string_view name) {
  AddHeader(std::string(name) + "/", '5', 0755, 0, "");
}

void TarWriter::AddFile(std::string_view name, std::string_view content,
                        int mode) {
  AddHeader(name, '0', mode, content.size(), "");
  archive_.append(content);
  archive_.resize((archive_.size() + kBlock - 1) / kBlock * kBlock);
}

void TarWriter::AddSymlink(std::string_view name, std::string_view target) {
  AddHeader(name, '2', 0777, 0, target);
}

std::string TarWriter::Finish() && {
  archive_.resize(archive_.size() + 2 * kBlock);
  return std::move(archive_);
}

}  // namespace kso::upstream
