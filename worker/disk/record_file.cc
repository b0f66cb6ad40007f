// SPDX-License-Identifier: Apache-2.0
#include "worker/disk/record_file.h"

#include <fstream>
#include <system_error>

#include "common/base/strings.h"

namespace kso::worker {

namespace fs = std::filesystem;

void WriteRecordFile(const fs::path& path, std::string_view text) {
  const fs::path partial = Concat(path.string(), ".partial");
  std::ofstream stream(partial, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  std::error_code ignored;
  if (stream) {
    fs::rename(partial, path, ignored);
  } else {
    fs::remove(partial, ignored);
  }
}

}  // namespace kso::worker
