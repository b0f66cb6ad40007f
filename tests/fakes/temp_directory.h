// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_TEMP_DIRECTORY_H_
#define KSO_TESTS_FAKES_TEMP_DIRECTORY_H_

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

namespace kso::testing {

// A new, empty directory of a test, which is gone with all that is in it at the
// end of its scope. The test ends at once when it cannot be made.
class TempDirectory {
 public:
  TempDirectory() : TempDirectory(Base()) {}
  explicit TempDirectory(const std::string& base) {
    std::string pattern = base + "/kso-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      std::perror(pattern.c_str());
      std::abort();
    }
    path_ = pattern;
  }
  ~TempDirectory() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string string() const { return path_.string(); }

 private:
  static std::string Base() {
    const char* base = ::getenv("TEST_TMPDIR");
    return base == nullptr ? "/tmp" : base;
  }

  std::filesystem::path path_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_TEMP_DIRECTORY_H_
