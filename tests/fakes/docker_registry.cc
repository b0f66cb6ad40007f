// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/docker_registry.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace kso::testing {
namespace {

constexpr char kProgram[] = "/usr/bin/docker-registry";

void WriteConfig(const std::filesystem::path& file,
                 const std::filesystem::path& root, const std::string& host) {
  std::ofstream(file) << "version: 0.1\n"
                      << "log: {level: error}\n"
                      << "storage:\n"
                      << "  filesystem: {rootdirectory: " << root << "}\n"
                      << "  delete: {enabled: true}\n"
                      << "http: {addr: \"" << host << "\"}\n";
}

}  // namespace

absl::StatusOr<std::unique_ptr<DockerRegistry>> DockerRegistry::Start() {
  const int port = FreePort();
  std::unique_ptr<DockerRegistry> registry(
      new DockerRegistry(absl::StrCat("127.0.0.1:", port)));
  const std::filesystem::path directory = registry->directory_.path();
  const std::filesystem::path config = directory / "config.yml";
  WriteConfig(config, directory / "data", registry->host_);
  KSO_ASSIGN_OR_RETURN(
      registry->process_,
      ServerProcess::Start({kProgram, "serve", config.string()}, port));
  return registry;
}

}  // namespace kso::testing
