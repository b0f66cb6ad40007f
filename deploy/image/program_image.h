// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_DEPLOY_IMAGE_PROGRAM_IMAGE_H_
#define KSO_DEPLOY_IMAGE_PROGRAM_IMAGE_H_

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kso/v1/types.pb.h"

namespace kso::image {

// The root file system of an image for one platform: a directory of regular
// files, whose permissions for their owner become those of everybody.
struct PlatformRoot {
  v1::Platform platform;
  std::filesystem::path directory;
};

// An image of one of kso's own programs, without a base image.
struct ProgramImage {
  // The name in the layout, such as "kso-worker:0.1.0".
  std::string ref_name;
  // One for each platform; at least one.
  std::vector<PlatformRoot> roots;
  std::vector<std::string> entrypoint;
  // "UID:GID".
  std::string user;
  // "NAME=VALUE", in this order.
  std::vector<std::string> environment;
  std::string working_directory = "/";
  // "PORT/tcp".
  std::vector<std::string> ports;
  // Annotations of the index, and labels of every config.
  std::map<std::string, std::string> labels;
};

// Writes `image` into `layout`, an OCI image layout (OCI image spec,
// image-layout.md) that is made when it is not there; images of other names
// stay. Equal files give equal digests: times are those of 1970, owners are 0.
//
// INVALID_ARGUMENT for a root that is empty or holds anything but regular files
// and directories, and for a name that the specification does not allow.
absl::Status WriteProgramImage(const ProgramImage& image,
                               const std::filesystem::path& layout);

}  // namespace kso::image

#endif  // KSO_DEPLOY_IMAGE_PROGRAM_IMAGE_H_
