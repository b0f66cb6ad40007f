// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/files_in_layers.h"

#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "common/release/served_path.h"
#include "common/site.h"

namespace kso::coordinator {

std::map<std::string, v1::MadeMember> FilesInLayers(
    const v1::Release& release,
    const std::vector<const v1::MadeLayer*>& layers) {
  std::map<std::string, v1::MadeMember> files;
  for (const v1::FileRequest& request : release.files()) {
    const absl::StatusOr<std::string> path = release::ServedPath(request.url());
    if (path.ok()) files[Concat(site::kFilesDirectory, *path)];
  }
  for (const v1::MadeLayer* layer : layers) {
    for (const v1::MadeMember& member : layer->members()) {
      const auto file = files.find(member.path());
      if (file != files.end()) file->second = member;
    }
  }
  return files;
}

}  // namespace kso::coordinator
