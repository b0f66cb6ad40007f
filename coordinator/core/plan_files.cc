#include "coordinator/core/plan_files.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "coordinator/core/grouping.h"
#include "coordinator/core/layer_plan.h"
#include "coordinator/core/permanent_failure.h"
#include "coordinator/core/served_path.h"
#include "coordinator/core/site_files.h"

namespace kso::coordinator {
namespace {

// Of the 60 data layers that an image may have, the configuration takes one and
// one is left over.
constexpr GroupLimits kLimits = {.large_bytes = 16 << 20, .max_groups = 58};

// A URL of the lists.
struct PlannedFile {
  std::string path;
  v1::FileSource source;
  // The architectures whose lists have it.
  std::set<std::string> architectures;
};

// By URL, so that the lists' order is of no consequence.
std::map<std::string, PlannedFile> CollectFiles(const v1::Release& release,
                                                const Resolved& resolved,
                                                Plan& plan) {
  std::map<std::string, PlannedFile> files;
  for (const v1::FileRequest& request : release.files()) {
    const auto found = resolved.files.find(request.url());
    const absl::StatusOr<std::string> path = ServedPath(request.url());
    if (found == resolved.files.end() || !path.ok()) {
      plan.failures.push_back(PermanentFailure(
          request.url(),
          path.ok() ? "it was not resolved" : ToStd(path.status().message()),
          "submit the release again", request.location()));
      continue;
    }
    PlannedFile& file = files[request.url()];
    file.path = *path;
    file.source.set_url(request.url());
    if (!request.digest().empty()) file.source.set_digest(request.digest());
    file.source.set_size(found->second.size());
    file.source.set_etag(found->second.etag());
    if (file.source.location().empty()) {
      file.source.set_location(request.location());
    }
    file.architectures.insert(request.architectures().begin(),
                              request.architectures().end());
  }
  return files;
}

std::vector<GroupItem> GroupItems(const std::vector<PlannedFile>& files) {
  std::vector<GroupItem> items;
  for (const PlannedFile& file : files) {
    items.push_back({.id = file.path,
                     .family = Concat(absl::StrJoin(file.architectures, "+"),
                                      " ", ComponentOf(file.path)),
                     .size = file.source.size()});
  }
  return items;
}

// The release's platform whose files alone these are; empty when they are of
// several architectures or of one that the release does not build for.
v1::Platform PlatformOf(const std::set<std::string>& architectures,
                        const v1::Release& release) {
  if (architectures.size() == 1) {
    for (const v1::Platform& platform : release.platforms()) {
      if (platform.architecture() == *architectures.begin()) return platform;
    }
  }
  return {};
}

v1::Task FilesLayer(const TaskFactory& factory, size_t number,
                    const std::vector<PlannedFile>& files,
                    const std::vector<int>& group) {
  std::vector<std::string> names;
  std::set<std::string> architectures;
  std::vector<v1::LayerMember> members;
  for (const int i : group) {
    const PlannedFile& file = files[i];
    names.push_back(file.path.substr(file.path.rfind('/') + 1));
    architectures.insert(file.architectures.begin(), file.architectures.end());
    v1::LayerMember member;
    member.set_path(Concat(kFilesDirectory, file.path));
    *member.mutable_file() = file.source;
    members.push_back(std::move(member));
  }
  v1::Task task =
      factory.NewLayer(NumberedId("layer/files", number), kFilesImage,
                       LayerTitle(names, absl::StrJoin(architectures, ", ")),
                       std::move(members));
  *task.mutable_platform() = PlatformOf(architectures, factory.release());
  return task;
}

v1::Task ConfigLayer(const TaskFactory& factory) {
  v1::LayerMember member;
  member.set_path(std::string(kNginxConfigPath));
  member.set_content(std::string(kNginxConfig));
  return factory.NewLayer("layer/files-config", kFilesImage,
                          "configuration of nginx", {std::move(member)});
}

}  // namespace

void PlanFiles(const TaskFactory& factory, const Resolved& resolved,
               const ChosenImage& base, Plan& plan) {
  std::vector<PlannedFile> files;
  for (auto& [url, file] : CollectFiles(factory.release(), resolved, plan)) {
    files.push_back(std::move(file));
  }
  plan.summary.set_file_count(static_cast<int>(files.size()));

  std::vector<std::string> layers;
  for (const std::vector<int>& group :
       GroupByContent(GroupItems(files), kLimits)) {
    layers.push_back(
        AddLayer(FilesLayer(factory, layers.size(), files, group), plan));
  }
  layers.push_back(AddLayer(ConfigLayer(factory), plan));

  for (const ChosenManifest& manifest : base.manifests) {
    AddBaseCopy(factory, kFilesImage, base, manifest, plan);
    AddImage(kFilesImage, /*tag_suffix=*/"", manifest.platform,
             factory.release().files_base(), layers, plan);
  }
}

}  // namespace kso::coordinator
