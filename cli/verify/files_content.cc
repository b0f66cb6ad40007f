// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/files_content.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/closure/closure.h"
#include "common/closure/index_reader.h"
#include "common/closure/offline_yaml.h"
#include "common/oci/reference.h"
#include "common/release/served_path.h"
#include "common/release/served_repository.h"
#include "common/release/verdicts.h"
#include "common/release/wrong_programs.h"
#include "common/site.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {
namespace {

// "/k8s/dl.k8s.io/...", as it is asked for.
std::string Shown(std::string_view path) {
  return PrintableText(Concat("/", site::kPrefix, path));
}

std::string Said(const absl::Status& status) {
  return std::string(ToStd(status.message()));
}

class FilesCheck {
 public:
  FilesCheck(const ImageTree& tree, Findings& findings)
      : tree_(tree), findings_(findings) {
    for (const auto& [path, file] : tree.files) {
      if (!path.starts_with(site::kFilesDirectory)) continue;
      files_[path.substr(site::kFilesDirectory.size())] = file.file;
    }
  }

  FilesContent Read() {
    FilesContent content;
    content.index = ReadIndex();
    content.offline = ReadOffline();
    return content;
  }

  FilesContent Check() {
    for (const std::string& path : tree_.odd) {
      if (!path.starts_with(site::kFilesDirectory)) continue;
      Problem(Shown(path.substr(site::kFilesDirectory.size())),
              "is no plain file");
    }
    CheckSums();
    FilesContent content = Read();
    if (content.index.has_value()) CheckIndex(*content.index);
    if (content.index.has_value() && content.offline.has_value()) {
      CheckOffline(*content.index, *content.offline);
    }
    content.programs = Programs();
    return content;
  }

 private:
  void Problem(std::string_view item, std::string_view what) {
    findings_.problems.push_back(Concat(item, " ", what));
  }

  const ScannedFile* Find(std::string_view path) const {
    const auto found = files_.find(std::string(path));
    return found == files_.end() ? nullptr : found->second;
  }

  // The text of one that tells of the release; null, and a problem, when it is
  // missing.
  const std::string* TextOf(std::string_view name) {
    const ScannedFile* file = Find(name);
    if (file != nullptr) return &file->text;
    Problem(Shown(name), "is missing");
    return nullptr;
  }

  void CheckSums() {
    const std::string* text = TextOf(site::kSumsFile);
    if (text == nullptr) return;
    const auto sums = closure::ReadSha256Sums(*text);
    if (!sums.ok()) return Problem(Shown(site::kSumsFile), Said(sums.status()));
    const size_t before = findings_.problems.size();
    for (const auto& [path, digest] : *sums) {
      const ScannedFile* file = Find(path);
      if (file == nullptr) {
        Problem(Shown(path), "is missing, and SHA256SUMS names it");
      } else if (file->digest != digest) {
        Problem(Shown(path),
                Concat("is ", file->digest, ", and SHA256SUMS says ", digest));
      }
    }
    for (const auto& [path, file] : files_) {
      if (path == site::kSumsFile || sums->contains(path)) continue;
      Problem(Shown(path), "is there, and SHA256SUMS does not name it");
    }
    if (findings_.problems.size() > before) return;
    findings_.checks.push_back(
        Concat(Count(static_cast<int64_t>(sums->size()), "file"),
               " as SHA256SUMS says"));
  }

  std::optional<closure::ReleaseIndex> ReadIndex() {
    const std::string* text = TextOf(site::kIndexFile);
    if (text == nullptr) return std::nullopt;
    absl::StatusOr<closure::ReleaseIndex> index = closure::ReadIndexJson(*text);
    if (index.ok()) return *std::move(index);
    Problem(Shown(site::kIndexFile), Said(index.status()));
    return std::nullopt;
  }

  std::optional<closure::Offline> ReadOffline() {
    const std::string* text = TextOf(site::kOfflineFile);
    if (text == nullptr) return std::nullopt;
    absl::StatusOr<closure::Offline> offline = closure::Offline::Read(*text);
    if (offline.ok()) return *std::move(offline);
    Problem(Shown(site::kOfflineFile), Said(offline.status()));
    return std::nullopt;
  }

  void CheckIndex(const closure::ReleaseIndex& index) {
    const size_t before = findings_.problems.size();
    std::set<std::string_view> named;
    int with_programs = 0;
    for (const closure::IndexedFile& item : index.files) {
      named.insert(item.path);
      const ScannedFile* file = Find(item.path);
      if (file == nullptr) {
        Problem(item.verdict.name(),
                Concat("is missing: there is no ", Shown(item.path)));
        continue;
      }
      CheckItem(item, *file);
      with_programs += file->content.programs().empty() ? 0 : 1;
    }
    for (const auto& [path, file] : files_) {
      const bool tells = path.find('/') == std::string::npos;
      if (tells || named.contains(path)) continue;
      Problem(Shown(path), "is there, and index.json does not name it");
    }
    if (findings_.problems.size() > before) return;
    google::protobuf::RepeatedPtrField<v1::ItemVerdict> verdicts;
    for (const auto& item : index.files) *verdicts.Add() = item.verdict;
    findings_.checks.push_back(
        Concat("index.json: ", release::CountVerdicts(verdicts)));
    findings_.checks.push_back(Concat("the architecture of the programs in ",
                                      Count(with_programs, "file")));
  }

  void CheckItem(const closure::IndexedFile& item, const ScannedFile& file) {
    const v1::ItemVerdict& verdict = item.verdict;
    const std::string& url = verdict.name();
    const auto path = release::ServedPath(url);
    if (!path.ok() || *path != item.path) {
      Problem(url,
              Concat("is at ", Shown(item.path), ", where nobody asks for it"));
    }
    if (file.digest != verdict.digest()) {
      Problem(url, Concat("is ", file.digest, ", and index.json says ",
                          verdict.digest()));
    } else if (file.size != verdict.size()) {
      Problem(url, Concat("has ", file.size, " bytes, and index.json says ",
                          verdict.size()));
    }
    if (!item.sha512.empty() && item.sha512 != file.sha512) {
      Problem(url, Concat("is ", file.sha512, ", and index.json says ",
                          item.sha512));
    }
    const std::string& stated = verdict.stated();
    const bool is_stated = stated == file.digest || stated == file.sha512;
    if (verdict.verdict() == v1::ItemVerdict::MATCHED && !is_stated) {
      Problem(url, Concat("is ", file.digest, ", and its list states ",
                          stated.empty() ? "nothing" : stated));
    }
    CheckPrograms(item, file);
    if (const std::string remark = release::RemarkOn(verdict);
        !remark.empty()) {
      findings_.notes.push_back(remark);
    }
  }

  void CheckPrograms(const closure::IndexedFile& item,
                     const ScannedFile& file) {
    const v1::ItemVerdict& verdict = item.verdict;
    std::set<std::string> found;
    for (const v1::FoundPrograms& programs : file.content.programs()) {
      found.insert(programs.architecture());
    }
    const std::set<std::string> said(verdict.architectures().begin(),
                                     verdict.architectures().end());
    if (found != said) {
      findings_.notes.push_back(
          Concat(verdict.name(), ": its programs are for ",
                 found.empty() ? "nothing" : absl::StrJoin(found, ", "),
                 ", and index.json says ",
                 said.empty() ? "nothing" : absl::StrJoin(said, ", ")));
    }
    const release::WrongPrograms wrong =
        release::FindWrongPrograms(verdict.name(),
                                   {verdict.listed_architectures().begin(),
                                    verdict.listed_architectures().end()},
                                   file.content);
    // Where the release lets it through, index.json says so, and there is a
    // note of it.
    if (!wrong.mislabelled || !verdict.architecture_problem().empty()) return;
    if (verdict.other_architecture()) {
      findings_.notes.push_back(
          Concat(verdict.name(), ": ", wrong.problem,
                 "; its release allows that (files.otherArchitecture)"));
      return;
    }
    Problem(Concat(verdict.name(), ":"), wrong.problem);
  }

  // Asks for everything where offline.yml leads, as Kubespray does.
  void CheckOffline(const closure::ReleaseIndex& index,
                    const closure::Offline& offline) {
    const size_t before = findings_.problems.size();
    for (const closure::IndexedFile& item : index.files) {
      Led(closure::CheckFile(offline, item.verdict.name(),
                             Concat(site::kPrefix, item.path)));
    }
    for (const closure::IndexedImage& item : index.images) {
      const auto reference = oci::Reference::Parse(item.verdict.name());
      if (!reference.ok()) {
        Problem(item.verdict.name(), Said(reference.status()));
        continue;
      }
      Led(closure::CheckImage(offline, reference->Name(), item.repository));
    }
    const auto named = offline.NamedFiles();
    if (!named.ok()) return Led(named.status());
    for (const auto& [variable, path] : *named) {
      // The file may name a place that is not below /k8s/ at all.
      const std::string_view place = path;
      if (place.starts_with(site::kPrefix) &&
          Find(place.substr(site::kPrefix.size())) != nullptr) {
        continue;
      }
      Problem("/k8s/offline.yml",
              Concat("sets ", variable, " to ", PrintableText(path),
                     ", which is missing"));
    }
    NoteOtherOffline(index);
    if (findings_.problems.size() > before) return;
    findings_.checks.push_back(
        Concat("offline.yml leads to ",
               Count(static_cast<int64_t>(index.files.size()), "file"), " and ",
               Count(static_cast<int64_t>(index.images.size()), "image")));
  }

  void Led(const absl::Status& status) {
    if (status.ok()) return;
    findings_.problems.push_back(
        Concat("/k8s/offline.yml: ", PrintableText(ToStd(status.message()))));
  }

  // Says where offline.yml is another than this program would make, which it
  // may be where another version made it.
  void NoteOtherOffline(const closure::ReleaseIndex& index) {
    v1::Release release;
    for (const closure::IndexedFile& item : index.files) {
      release.add_files()->set_url(item.verdict.name());
    }
    for (const closure::IndexedImage& item : index.images) {
      const auto reference = oci::Reference::Parse(item.verdict.name());
      if (!reference.ok()) return;
      v1::ImageRequest& image = *release.add_images();
      image.set_reference(item.verdict.name());
      image.set_keep_host(item.repository ==
                          release::ServedRepository(*reference, true));
    }
    const std::vector<std::string> wanted =
        absl::StrSplit(closure::OfflineYaml(release), '\n');
    const std::vector<std::string> got =
        absl::StrSplit(Find(site::kOfflineFile)->text, '\n');
    if (wanted == got) return;
    size_t line = 0;
    while (line < wanted.size() && line < got.size() &&
           wanted[line] == got[line]) {
      ++line;
    }
    findings_.notes.push_back(Concat(
        "/k8s/offline.yml is not what this ksoctl makes of index.json, from "
        "line ",
        line + 1, " on (\"",
        line < got.size() ? PrintableText(got[line], 100) : "", "\")"));
  }

  std::vector<ServedProgram> Programs() const {
    std::vector<ServedProgram> programs;
    for (const auto& [path, file] : files_) {
      if (file->architecture.empty()) continue;
      programs.push_back({.path = Concat(site::kFilesDirectory, path),
                          .architecture = file->architecture});
    }
    return programs;
  }

  const ImageTree& tree_;
  Findings& findings_;
  // By path below /k8s/.
  std::map<std::string, const ScannedFile*> files_;
};

}  // namespace

bool IsFilesImage(const ImageTree& tree) {
  const auto first = tree.files.lower_bound(std::string(site::kFilesDirectory));
  return first != tree.files.end() &&
         first->first.starts_with(site::kFilesDirectory);
}

FilesContent ReadFilesContent(const ImageTree& tree) {
  Findings ignored;
  return FilesCheck(tree, ignored).Read();
}

FilesContent CheckFilesImage(const ImageTree& tree, Findings& findings) {
  return FilesCheck(tree, findings).Check();
}

}  // namespace kso::cli
