// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/object_store.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/write_file.h"

namespace kso::upstream {

namespace fs = std::filesystem;

absl::StatusOr<ObjectStore> ObjectStore::Open(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory + "/objects", error);
  if (!error) fs::create_directories(directory + "/recipes", error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(directory, ": ", error.message()));
  }
  return ObjectStore(directory);
}

std::string ObjectStore::PathOf(std::string_view sha256) const {
  return absl::StrCat(directory_, "/objects/", std::string(sha256));
}

absl::StatusOr<Object> ObjectStore::Get(
    std::string_view recipe,
    absl::FunctionRef<absl::StatusOr<Made>()> make) const {
  const std::string memo =
      absl::StrCat(directory_, "/recipes/", Sha256Hex(recipe));
  Object object;
  std::ifstream file(memo);
  if (file >> object.sha256 >> object.size) {
    file >> object.diff_id;
    object.path = PathOf(object.sha256);
    // The content may have been deleted, or its disk filled up.
    std::error_code error;
    if (fs::file_size(object.path, error) == object.size && !error) {
      return object;
    }
  }
  const absl::StatusOr<Made> made = make();
  if (!made.ok()) return made.status();
  absl::StatusOr<Object> put = Put(made->content, made->diff_id);
  if (!put.ok()) return put;
  const absl::Status written = WriteFileAtomically(
      memo, absl::StrCat(put->sha256, " ", put->size, " ", put->diff_id, "\n"));
  if (!written.ok()) return written;
  return put;
}

absl::StatusOr<Object> ObjectStore::Put(std::string_view content,
                                        std::string_view diff_id) const {
  Object object;
  object.sha256 = Sha256Hex(content);
  object.size = content.size();
  object.path = PathOf(object.sha256);
  object.diff_id = std::string(diff_id);
  std::error_code error;
  if (fs::file_size(object.path, error) == object.size && !error) return object;
  const absl::Status written = WriteFileAtomically(object.path, content);
  if (!written.ok()) return written;
  return object;
}

}  // namespace kso::upstream
