// SPDX-License-Identifier: Apache-2.0
// kso-image makes container images of kso's own programs; deploy/package calls
// it.

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/platform.h"
#include "deploy/image/program_image.h"

namespace kso::image {
namespace {

struct Flags {
  std::string layout;
  std::vector<std::string> roots;
  std::vector<std::string> labels;
  ProgramImage image;
};

absl::Status Run(Flags& flags) {
  for (const std::string& root : flags.roots) {
    const size_t equals = root.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          Concat("--root ", root, " lacks '='; write linux/amd64=DIR"));
    }
    KSO_ASSIGN_OR_RETURN(v1::Platform platform,
                         oci::ParsePlatform(root.substr(0, equals)));
    flags.image.roots.push_back({std::move(platform), root.substr(equals + 1)});
  }
  for (const std::string& label : flags.labels) {
    const size_t equals = label.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          Concat("--label ", label, " lacks '='; write NAME=VALUE"));
    }
    flags.image.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return WriteProgramImage(flags.image, flags.layout);
}

int Main(int argc, char** argv) {
  CLI::App app("Writes an image of a program into an OCI image layout.",
               "kso-image");
  Flags flags;
  app.add_option("--layout", flags.layout, "The directory of the layout.")
      ->required();
  app.add_option("--name", flags.image.ref_name,
                 "The image's name in the layout, such as kso-worker:0.1.0.")
      ->required();
  app.add_option("--root", flags.roots,
                 "A platform and the directory of its files: "
                 "linux/amd64=DIR. Once for each platform.")
      ->required();
  app.add_option("--entrypoint", flags.image.entrypoint,
                 "The program, and words that always follow it.")
      ->required();
  app.add_option("--user", flags.image.user, "UID:GID.")->required();
  app.add_option("--env", flags.image.environment, "NAME=VALUE.");
  app.add_option("--workdir", flags.image.working_directory,
                 "The working directory.");
  app.add_option("--port", flags.image.ports, "PORT/tcp.");
  app.add_option("--label", flags.labels, "NAME=VALUE.");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Run(flags);
  if (status.ok()) return 0;
  std::cerr << "kso-image: " << status.message() << std::endl;
  return 1;
}

}  // namespace
}  // namespace kso::image

int main(int argc, char** argv) { return kso::image::Main(argc, argv); }
