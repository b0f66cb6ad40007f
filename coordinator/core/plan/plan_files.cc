// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_files.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/release/check_content.h"
#include "common/release/served_path.h"
#include "common/site.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/plan/file_component.h"
#include "coordinator/core/plan/layer_packs.h"
#include "coordinator/core/plan/layer_plan.h"
#include "coordinator/core/plan/pack_grouping.h"
#include "coordinator/core/plan/site_files.h"

namespace kso::coordinator {
namespace {

// An image has at most 60 data layers. The configuration takes one of them, and
// one is left over.
constexpr GroupLimits kGroups = {.large_bytes = 16 << 20, .max_groups = 58};

// A URL of the lists.
struct PlannedFile {
  std::string path;
  v1::FileSource source;
  // The architectures whose lists have it.
  std::set<std::string> architectures;
};

// The files of the release by URL, so that the lists' order is of no
// consequence.
std::map<std::string, PlannedFile> CollectFiles(const v1::Release& release,
                                                const Resolved& resolved,
                                                Plan& plan) {
  std::map<std::string, PlannedFile> files;
  for (const v1::FileRequest& request : release.files()) {
    const auto found = resolved.files.find(request.url());
    const absl::StatusOr<std::string> path = release::ServedPath(request.url());
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
    if (!request.digest().empty()) {
      if (release::FindWaiver(release, request.url()) == nullptr) {
        file.source.set_digest(request.digest());
      } else {
        file.source.set_waived_digest(request.digest());
      }
    }
    file.source.set_size(found->second.size());
    file.source.set_etag(found->second.etag());
    file.source.set_last_modified(found->second.last_modified());
    if (file.source.location().empty()) {
      file.source.set_location(request.location());
    }
    file.architectures.insert(request.architectures().begin(),
                              request.architectures().end());
  }
  return files;
}

v1::LayerMember MemberOf(const PlannedFile& file) {
  v1::LayerMember member;
  member.set_path(Concat(site::kFilesDirectory, file.path));
  *member.mutable_file() = file.source;
  return member;
}

std::vector<WantedMember> WantedMembers(const std::vector<PlannedFile>& files,
                                        const Mirrors& mirrors) {
  std::vector<WantedMember> wanted;
  for (const PlannedFile& file : files) {
    const v1::LayerMember member = MemberOf(file);
    wanted.push_back({member.path(), ContentIdentity(member, mirrors)});
  }
  return wanted;
}

// Files whose content is in doubt are fetched again by each build, so they form
// families of their own: no other file is written again with them.
std::vector<GroupItem> GroupItems(const std::vector<PlannedFile>& files,
                                  const std::vector<WantedMember>& wanted) {
  std::vector<GroupItem> items;
  for (size_t i = 0; i < files.size(); ++i) {
    const PlannedFile& file = files[i];
    items.push_back({.id = file.path,
                     .family = Concat(wanted[i].identity.empty() ? "?" : "",
                                      absl::StrJoin(file.architectures, "+"),
                                      " ", ComponentOf(file.path)),
                     .size = file.source.size()});
  }
  return items;
}

// The platform of the release that all of these files are for; empty when they
// are for several architectures, or for one that the release does not build
// for.
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
    members.push_back(MemberOf(file));
  }
  v1::Task task =
      factory.NewLayer(NumberedId("layer/files", number), site::kFilesImage,
                       LayerTitle(names, absl::StrJoin(architectures, ", ")),
                       std::move(members));
  task.mutable_make_layer()->set_times_of_content(true);
  *task.mutable_platform() = PlatformOf(architectures, factory.release());
  return task;
}

// The layer with nginx's configuration, and with the whiteouts of files in kept
// layers that are not wanted any more.
v1::Task ConfigLayer(const TaskFactory& factory,
                     const std::vector<std::string>& whiteouts) {
  std::vector<v1::LayerMember> members;
  members.emplace_back().set_path(std::string(kNginxConfigPath));
  members.back().set_content(NginxConfig());
  members.emplace_back().set_path(std::string(kNginxIpv6ConfigPath));
  members.back().set_content(NginxIpv6Config());
  for (const std::string& path : whiteouts) {
    members.emplace_back().set_path(path);
    members.back().set_content("");
  }
  return factory.NewLayer("layer/files-config", site::kFilesImage,
                          "configuration of nginx", std::move(members));
}

// Adds the layers with the files, and returns their ids, in order. New layers
// come last, so that they cover what kept ones have under the same path.
std::vector<std::string> AddFileLayers(const TaskFactory& factory,
                                       const std::vector<PlannedFile>& files,
                                       const PlanHistory& history, Plan& plan) {
  const LayerPacks before = PacksOf(
      history, site::kFilesImage, site::kFilesImage,
      {.media_type = factory.layer_media_type(), .times_of_content = true});
  const std::vector<WantedMember> wanted =
      WantedMembers(files, factory.release().mirrors());
  const std::vector<Pack> packs = MatchPacks(before, wanted);
  PackLimits limits;
  limits.groups = kGroups;
  const PackedGroups groups =
      GroupAfterPacks(GroupItems(files, wanted), packs, limits);
  plan.gives_up_layers |= groups.kept.size() < packs.size();
  std::vector<std::string> layers;
  LayerPacks kept;
  for (const int pack : groups.kept) {
    kept.push_back(before[pack]);
    layers.push_back(AddKeptLayer(
        FilesLayer(factory, layers.size(), files, packs[pack].items),
        *before[pack], packs[pack].size, plan));
  }
  for (const std::vector<int>& group : groups.fresh) {
    layers.push_back(AddLayer(FilesLayer(factory, layers.size(), files, group),
                              history, plan));
  }
  layers.push_back(
      AddLayer(ConfigLayer(factory, Whiteouts(kept, wanted)), history, plan));
  return layers;
}

}  // namespace

void PlanFiles(const TaskFactory& factory, const Resolved& resolved,
               const ChosenImage& base, const PlanHistory& history,
               Plan& plan) {
  std::vector<PlannedFile> files;
  for (auto& [url, file] : CollectFiles(factory.release(), resolved, plan)) {
    files.push_back(std::move(file));
  }
  plan.summary.set_file_count(static_cast<int>(files.size()));
  const std::vector<std::string> layers =
      AddFileLayers(factory, files, history, plan);
  for (const ChosenManifest& manifest : base.manifests) {
    AddBaseCopy(factory, site::kFilesImage, base, manifest, history, plan);
    AddImage(site::kFilesImage, /*tag_suffix=*/"", manifest.platform,
             factory.release().files_base(), layers, plan);
  }
}

}  // namespace kso::coordinator
