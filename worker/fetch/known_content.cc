// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/known_content.h"

#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "common/files/directory.h"

namespace kso::worker {

KnownContent::KnownContent(std::filesystem::path directory)
    : directory_(std::move(directory)) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
}

std::optional<Digest> KnownContent::Find(std::string_view name) const {
  return Read(PathOf(name));
}

std::optional<Digest> KnownContent::Read(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::string text;
  if (!std::getline(stream, text)) return std::nullopt;
  auto digest = Digest::Parse(text);
  if (!digest.ok()) return std::nullopt;
  return *std::move(digest);
}

void KnownContent::Remember(std::string_view name, const Digest& digest) const {
  // A file that was written in part does not parse, and counts as none.
  std::ofstream(PathOf(name)) << digest.ToString() << "\n";
}

void KnownContent::ForgetAllBut(BlobStore& blobs) const {
  // A file that cannot be listed stays; what it says is checked when it is
  // used.
  ForEachEntry(directory_, [&blobs](const auto& entry) {
    const std::optional<Digest> digest = Read(entry.path());
    if (digest.has_value() && blobs.Stat(*digest).ok()) return;
    std::error_code ignored;
    std::filesystem::remove(entry.path(), ignored);
  }).IgnoreError();
}

std::filesystem::path KnownContent::PathOf(std::string_view name) const {
  return directory_ / Sha256Of(name).hex();
}

}  // namespace kso::worker
