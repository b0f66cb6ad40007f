// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FUZZ_SCRATCH_H_
#define KSO_TESTS_FUZZ_SCRATCH_H_

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace kso::fuzz {

// A directory of this process, in memory where the machine has /dev/shm, since
// a fuzzer writes without end.
class Scratch {
 public:
  Scratch() {
    std::error_code error;
    std::filesystem::path root = "/dev/shm";
    if (access(root.c_str(), W_OK) != 0) {
      root = std::filesystem::temp_directory_path(error);
    }
    std::string name = root / "kso-fuzz.XXXXXX";
    path_ = mkdtemp(name.data()) == nullptr ? "" : name;
    if (path_.empty()) std::abort();
  }
  ~Scratch() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path Write(std::string_view name, std::string_view content) {
    const std::filesystem::path file = path_ / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace kso::fuzz

#endif  // KSO_TESTS_FUZZ_SCRATCH_H_
