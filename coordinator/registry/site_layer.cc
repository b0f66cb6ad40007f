// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/site_layer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/closure/closure.h"
#include "common/closure/offline_reader.h"
#include "common/closure/offline_yaml.h"
#include "common/closure/release_index.h"
#include "common/layer/content_time.h"
#include "common/layer/layer_writer.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "common/release/served_path.h"
#include "common/site.h"
#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/files_in_layers.h"
#include "coordinator/core/plan/judge_content.h"
#include "coordinator/core/plan/missing_platform.h"

namespace kso::coordinator {
namespace {

// The layers of kubespray-files; its platforms have the same.
absl::StatusOr<std::vector<const v1::MadeLayer*>> FileLayers(
    const AssembleRequest& request) {
  std::vector<const v1::MadeLayer*> layers;
  for (const v1::PlannedImage& planned : request.images) {
    if (planned.image() != site::kFilesImage) continue;
    for (const std::string& id : planned.layer_task_ids()) {
      const auto made = request.layers.find(id);
      if (made == request.layers.end()) {
        return absl::InternalError(Concat("layer ", id, " is missing"));
      }
      layers.push_back(&made->second);
    }
    break;
  }
  return layers;
}

// The items of the release as the finished images have them.
class IndexMaker {
 public:
  IndexMaker(const AssembleRequest& request, const ImageChoice& choice,
             const std::vector<const v1::MadeLayer*>& layers)
      : release_(request.release),
        choice_(choice),
        judgement_(JudgeContent(release_, choice.images, layers)),
        members_(FilesInLayers(release_, layers)) {}

  closure::ReleaseIndex Make() {
    for (const v1::ItemVerdict& verdict : judgement_.verdicts) {
      verdicts_[verdict.name()] = &verdict;
    }
    AddFiles();
    AddImages();
    if (!choice_.missing.empty()) {
      index_.missing_platforms = choice_.missing;
      index_.missing_platforms_meaning = kMissingPlatformsMeaning;
    }
    return std::move(index_);
  }

 private:
  void AddFiles() {
    std::set<std::string_view> seen;
    for (const v1::FileRequest& request : release_.files()) {
      const auto path = release::ServedPath(request.url());
      if (!path.ok() || !seen.insert(request.url()).second) continue;
      closure::IndexedFile& file = index_.files.emplace_back();
      file.path = *path;
      if (request.digest().starts_with("sha512:")) {
        file.sha512 =
            members_.at(Concat(site::kFilesDirectory, *path)).sha512();
      }
      file.verdict = VerdictOn(request.url());
    }
    std::sort(index_.files.begin(), index_.files.end(),
              [](const auto& a, const auto& b) { return a.path < b.path; });
  }

  // The choice is sorted by name.
  void AddImages() {
    std::map<std::string, std::string> requests;
    for (const v1::ImageRequest& request : release_.images()) {
      const auto reference = oci::Reference::Parse(request.reference());
      if (reference.ok()) {
        requests.try_emplace(reference->ToString(), request.reference());
      }
    }
    for (const ChosenImage& chosen : choice_.images) {
      if (chosen.manifests.empty()) continue;
      closure::IndexedImage& image = index_.images.emplace_back();
      const std::string name = chosen.reference.ToString();
      image.repository = chosen.served_repository;
      image.tag = chosen.reference.tag;
      for (const ChosenManifest& manifest : chosen.manifests) {
        image.platforms.push_back(oci::FormatPlatform(manifest.platform));
      }
      image.verdict = VerdictOn(requests[name]);
      image.verdict.set_name(name);
    }
  }

  v1::ItemVerdict VerdictOn(const std::string& name) const {
    const auto found = verdicts_.find(name);
    return found == verdicts_.end() ? v1::ItemVerdict() : *found->second;
  }

  const v1::Release& release_;
  const ImageChoice& choice_;
  const Judgement judgement_;
  const std::map<std::string, v1::MadeMember> members_;
  std::map<std::string, const v1::ItemVerdict*> verdicts_;
  closure::ReleaseIndex index_;
};

// Compares what Kubespray asks for with what the index says is there.
absl::Status CheckClosure(const std::string& offline_yaml,
                          const closure::ReleaseIndex& index) {
  KSO_ASSIGN_OR_RETURN(const closure::Offline offline,
                       closure::Offline::Read(offline_yaml));
  for (const closure::IndexedFile& file : index.files) {
    KSO_RETURN_IF_ERROR(closure::CheckFile(offline, file.verdict.name(),
                                           Concat(site::kPrefix, file.path)));
  }
  for (const closure::IndexedImage& image : index.images) {
    KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                         oci::Reference::Parse(image.verdict.name()));
    KSO_RETURN_IF_ERROR(
        closure::CheckImage(offline, reference.Name(), image.repository));
  }
  return absl::OkStatus();
}

// The texts by their names below /k8s/.
absl::StatusOr<std::map<std::string, std::string>> TextsOf(
    const v1::Release& release, const closure::ReleaseIndex& index) {
  std::map<std::string, std::string> texts;
  const std::string offline = closure::OfflineYaml(release);
  KSO_RETURN_IF_ERROR(CheckClosure(offline, index));
  texts[std::string(site::kOfflineFile)] = offline;
  texts[std::string(site::kIndexFile)] = closure::IndexJson(index);
  texts[std::string(site::kPageFile)] = closure::IndexHtml(index);
  std::map<std::string, std::string> digests;
  for (const closure::IndexedFile& file : index.files) {
    digests[file.path] = file.verdict.digest();
  }
  for (const auto& [name, text] : texts) {
    digests[name] = Sha256Of(text).ToString();
  }
  texts[std::string(site::kSumsFile)] = closure::Sha256Sums(digests);
  return texts;
}

}  // namespace

absl::StatusOr<SiteLayer> MakeSiteLayer(const AssembleRequest& request,
                                        const ImageChoice& choice) {
  KSO_ASSIGN_OR_RETURN(const std::vector<const v1::MadeLayer*> layers,
                       FileLayers(request));
  const closure::ReleaseIndex index =
      IndexMaker(request, choice, layers).Make();
  KSO_ASSIGN_OR_RETURN(const auto texts, TextsOf(request.release, index));
  SiteLayer layer;
  std::vector<LayerFile> files;
  for (const auto& [name, text] : texts) {
    const Digest digest = Sha256Of(text);
    v1::MadeMember& member = *layer.made.add_members();
    member.set_path(Concat(site::kFilesDirectory, name));
    member.set_digest(digest.ToString());
    member.set_size(static_cast<int64_t>(text.size()));
    files.push_back({.path = member.path(),
                     .size = member.size(),
                     .mtime = ContentTime(digest),
                     .open = [&text = text](int64_t offset)
                         -> absl::StatusOr<std::unique_ptr<ByteSource>> {
                       return SourceOfString(text, offset);
                     }});
  }
  const TaskFactory factory(request.build_id, request.release);
  StringSink blob;
  KSO_ASSIGN_OR_RETURN(
      const WrittenLayer written,
      WriteLayer(std::move(files), factory.layer_media_type(), blob));
  *layer.made.mutable_layer() = written.descriptor;
  layer.made.set_diff_id(written.diff_id.ToString());
  layer.blob = blob.Take();
  return layer;
}

}  // namespace kso::coordinator
