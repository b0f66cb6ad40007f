// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/test_release.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace kso::upstream {

std::string WriteTestRelease(const std::string& name) {
  const std::string directory = testing::TempDir() + "/" + name;
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/release.yaml")
      << "files:\n"
         "  base: docker.io/library/nginx:1.25.2-alpine\n"
         "  lists: {amd64: amd64.list, arm64: arm64.list}\n"
         "images:\n"
         "  base: docker.io/library/registry:3\n"
         "  list: images.list\n"
         "  missingPlatform: {default: fail, allow: "
         "[\"docker.io/amazon/*\"]}\n";
  std::ofstream(directory + "/amd64.list") << "# a comment\n\n"
                                           << kDirectUrl << " sha256:00\n";
  std::ofstream(directory + "/arm64.list") << kRedirectedUrl << "\n"
                                           << kDirectUrl << "\n";
  std::ofstream(directory + "/images.list") << kIndexImage << "\n"
                                            << kSecondImage << "\n"
                                            << kAmd64Image << "\n";
  return directory;
}

}  // namespace kso::upstream
