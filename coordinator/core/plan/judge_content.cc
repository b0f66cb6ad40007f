// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/judge_content.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "common/release/check_content.h"
#include "common/release/served_path.h"
#include "common/release/wrong_programs.h"
#include "common/site.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/plan/files_in_layers.h"

namespace kso::coordinator {
namespace {

using Architectures = std::set<std::string>;

v1::ItemVerdict::Verdict VerdictOn(const v1::Release& release,
                                   const v1::FileRequest& file,
                                   const v1::MadeMember& made,
                                   const v1::Waiver* waiver) {
  const std::string& stated = file.digest();
  if (stated.empty()) {
    return waiver != nullptr && release.require_hashes()
               ? v1::ItemVerdict::WAIVED
               : v1::ItemVerdict::UNSTATED;
  }
  // A layer that was made when SHA-512 was not reported is known by it.
  const bool matches = made.digest() == stated || made.sha512() == stated ||
                       (stated.starts_with("sha512:") &&
                        made.sha512().empty() && waiver == nullptr);
  if (matches) return v1::ItemVerdict::MATCHED;
  return waiver != nullptr ? v1::ItemVerdict::WAIVED
                           : v1::ItemVerdict::VERDICT_UNSPECIFIED;
}

// Judges one item after the other.
class Judge {
 public:
  explicit Judge(const v1::Release& release) : release_(release) {}

  void Add(const v1::FileRequest& file, const v1::MadeMember& made) {
    v1::ItemVerdict& item = judgement_.verdicts.emplace_back();
    item.set_name(file.url());
    item.set_location(file.location());
    item.set_stated(file.digest());
    item.set_digest(made.digest());
    item.set_size(made.size());
    *item.mutable_listed_architectures() = file.architectures();
    if (made.digest().empty()) {
      Fail(file, "no layer has it", "please report this");
      return;
    }
    const v1::Waiver* waiver = release::FindWaiver(release_, file.url());
    item.set_verdict(VerdictOn(release_, file, made, waiver));
    if (item.verdict() == v1::ItemVerdict::WAIVED) {
      item.set_waived_because(waiver->reason());
    } else if (item.verdict() == v1::ItemVerdict::VERDICT_UNSPECIFIED) {
      Fail(file,
           Concat("expected ", file.digest(), ", got ",
                  made.sha512().empty() ? made.digest() : made.sha512()),
           "correct the checksum in the list, or find out who changed the "
           "file");
    }
    AddContent(file, made.content(), item);
  }

  void Add(const v1::ImageRequest& request, const ChosenImage& image) {
    v1::ItemVerdict& item = judgement_.verdicts.emplace_back();
    item.set_name(request.reference());
    item.set_location(request.location());
    item.set_digest(image.top.content_descriptor().digest());
    // The choice has compared it with the digest that the reference names.
    item.set_verdict(image.reference.digest ? v1::ItemVerdict::MATCHED
                                            : v1::ItemVerdict::UNSTATED);
    if (image.reference.digest) {
      item.set_stated(image.reference.digest->ToString());
    }
    std::map<std::string, int64_t> sizes;
    const auto add = [&sizes](const v1::Descriptor& descriptor) {
      sizes[descriptor.digest()] = descriptor.size();
    };
    Architectures architectures;
    add(image.top.content_descriptor());
    for (const v1::Document& index : image.indexes) {
      add(index.content_descriptor());
    }
    for (const ChosenManifest& chosen : image.manifests) {
      architectures.insert(chosen.platform.architecture());
      add(chosen.document.content_descriptor());
      add(chosen.manifest.config);
      for (const v1::Descriptor& layer : chosen.manifest.layers) add(layer);
    }
    int64_t size = 0;
    for (const auto& [digest, bytes] : sizes) size = SaturatingAdd(size, bytes);
    item.set_size(size);
    item.set_license(image.Licenses());
    item.set_signed_by(image.signed_by);
    // Workers take such an image only where the release allows it.
    item.set_architecture_problem(image.architecture_problem);
    item.mutable_architectures()->Assign(architectures.begin(),
                                         architectures.end());
  }

  Judgement Take() { return std::move(judgement_); }

 private:
  void Fail(const v1::FileRequest& file, std::string_view reason,
            std::string_view advice) {
    judgement_.failures.push_back(
        PermanentFailure(file.url(), reason, advice, file.location()));
  }

  void AddContent(const v1::FileRequest& file, const v1::FileContent& content,
                  v1::ItemVerdict& item) {
    for (const v1::FoundPrograms& found : content.programs()) {
      item.add_architectures(found.architecture());
    }
    item.set_not_looked_at(content.not_looked_at());
    item.set_only_beginning(content.only_beginning());
    if (release::MayBeOtherArchitecture(release_, file.url())) {
      item.set_other_architecture(true);
      return;
    }
    const release::WrongPrograms wrong = release::FindWrongPrograms(
        file.url(), {file.architectures().begin(), file.architectures().end()},
        content);
    if (wrong.problem.empty()) return;
    item.set_architecture_problem(wrong.problem);
    if (!wrong.mislabelled || release_.warn_of_wrong_architecture()) return;
    Fail(file, wrong.problem,
         "find out who changed the file or the list; where it is meant, name "
         "it in files.otherArchitecture, or say files.wrongArchitecture: warn");
  }

  const v1::Release& release_;
  Judgement judgement_;
};

}  // namespace

Judgement JudgeContent(const v1::Release& release,
                       const std::vector<ChosenImage>& images,
                       const std::vector<const v1::MadeLayer*>& layers) {
  const std::map<std::string, v1::MadeMember> files =
      FilesInLayers(release, layers);
  std::map<std::string, const ChosenImage*> chosen;
  for (const ChosenImage& image : images) {
    chosen[image.reference.ToString()] = &image;
  }
  Judge judge(release);
  std::set<std::string_view> seen;
  for (const v1::FileRequest& file : release.files()) {
    const absl::StatusOr<std::string> path = release::ServedPath(file.url());
    if (!path.ok() || !seen.insert(file.url()).second) continue;
    judge.Add(file, files.at(Concat(site::kFilesDirectory, *path)));
  }
  for (const v1::ImageRequest& request : release.images()) {
    const auto reference = oci::Reference::Parse(request.reference());
    if (!reference.ok()) continue;
    const auto image = chosen.find(reference->ToString());
    if (image == chosen.end() || !seen.insert(image->first).second) continue;
    judge.Add(request, *image->second);
  }
  return judge.Take();
}

}  // namespace kso::coordinator
