// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/write_file.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace kso::upstream {

absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view content) {
  static std::atomic<uint64_t> counter = 0;
  const std::string temporary =
      absl::StrCat(path, ".", getpid(), ".", ++counter, ".partial");
  {
    std::ofstream file(temporary, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) {
      return absl::UnavailableError(absl::StrCat(
          temporary, ": cannot be written; is the disk full or read-only?"));
    }
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace kso::upstream
