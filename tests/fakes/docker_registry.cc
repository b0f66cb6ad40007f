// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/docker_registry.h"

#include <fstream>
#include <system_error>

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
  KSO_ASSIGN_OR_RETURN(std::filesystem::path directory,
                       NewDirectory("registry"));
  const int port = FreePort();
  std::string host = absl::StrCat("127.0.0.1:", port);
  const std::filesystem::path config = directory / "config.yml";
  WriteConfig(config, directory / "data", host);
  KSO_ASSIGN_OR_RETURN(
      std::unique_ptr<ServerProcess> process,
      ServerProcess::Start({kProgram, "serve", config.string()}, port));
  return std::unique_ptr<DockerRegistry>(new DockerRegistry(
      std::move(directory), std::move(host), std::move(process)));
}

DockerRegistry::~DockerRegistry() {
  process_ = nullptr;
  std::error_code error;
  std::filesystem::remove_all(directory_, error);
}

}  // namespace kso::testing
