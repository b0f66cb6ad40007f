// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/run_check.h"

#include <map>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/strings.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "common/site.h"
#include "common/text/printable_text.h"

namespace kso::cli {
namespace {

using Outcome = ProgramReport::Outcome;

void ExpectFiles(const CheckedImage& image, const ImageTree& tree,
                 v1::VerifyImage& work) {
  work.set_image(std::string(site::kFilesImage));
  v1::ExpectedFiles& expected = *work.mutable_files();
  std::map<std::string, std::string> sha512;
  if (image.files->index.has_value()) {
    for (const closure::IndexedFile& item : image.files->index->files) {
      const std::string served = Concat(site::kPrefix, item.path);
      sha512[served] = item.sha512;
      v1::AskedFor& url = *expected.add_urls();
      url.set_name(item.verdict.name());
      url.set_served(served);
    }
    for (const closure::IndexedImage& item : image.files->index->images) {
      const auto reference = oci::Reference::Parse(item.verdict.name());
      if (!reference.ok()) continue;
      v1::AskedFor& asked = *expected.add_images();
      asked.set_name(reference->Name());
      asked.set_served(item.repository);
    }
  }
  for (const auto& [path, file] : tree.files) {
    if (!path.starts_with(site::kFilesDirectory)) continue;
    v1::MadeMember& member = *expected.add_files();
    member.set_path(path.substr(site::kFilesRootMember.size()));
    member.set_digest(file.file->digest);
    member.set_size(file.file->size);
    member.set_sha512(sha512[member.path()]);
  }
}

void ExpectImages(const RegistryContent& registry, v1::VerifyImage& work) {
  work.set_image(std::string(site::kImagesImage));
  for (const RegistryImage& image : registry.images) {
    v1::ExpectedImage& expected = *work.mutable_images()->add_images();
    expected.set_repository(image.repository);
    expected.set_tag(image.tag);
    *expected.mutable_top() = image.top;
    expected.mutable_indexes()->Assign(image.indexes.begin(),
                                       image.indexes.end());
    for (const v1::Descriptor& manifest : image.manifests) {
      *expected.add_manifests() = manifest;
    }
  }
}

worker::StoredImage StoredImageOf(const CheckedImage& image, size_t platform) {
  const PlatformReport& report = image.report.platforms[platform];
  return {.store = image.store,
          .repository = image.image.repository,
          .platform = report.manifest.platform(),
          .layers = report.layer_blobs,
          .diff_ids = report.diff_ids};
}

Outcome OutcomeOf(worker::ProgramAnswer::Outcome outcome) {
  switch (outcome) {
    case worker::ProgramAnswer::Outcome::kAnswered:
      return Outcome::kAnswered;
    case worker::ProgramAnswer::Outcome::kNoAnswer:
      return Outcome::kNoAnswer;
    case worker::ProgramAnswer::Outcome::kBroken:
      return Outcome::kBroken;
  }
  return Outcome::kNoAnswer;
}

class Runs {
 public:
  Runs(worker::ImageRunner& runner, const RunOptions& options)
      : runner_(runner), options_(options) {}

  void Run(CheckedImage& image) {
    if (!image.files.has_value() && image.registries.empty()) return;
    for (size_t i = 0; i < image.report.platforms.size(); ++i) {
      RunPlatform(image, i);
    }
    if (options_.programs && image.files.has_value()) AskPrograms(image);
  }

 private:
  void Step(const std::string& step) {
    if (options_.on_step) options_.on_step(step);
  }

  void RunPlatform(CheckedImage& image, size_t i) {
    PlatformReport& platform = image.report.platforms[i];
    const std::string name = oci::FormatPlatform(platform.manifest.platform());
    if (!image.report.problems.empty() || !platform.problems.empty()) {
      platform.not_run = "something is wrong with it already";
      return;
    }
    const auto support = runner_.SupportOf(platform.manifest.platform());
    if (!support.ok()) {
      platform.not_run = std::string(support.status().message());
      return;
    }
    Step(Concat(image.image.name, ": running ", name));
    const absl::StatusOr<v1::VerifiedImage> verified =
        runner_.Run(StoredImageOf(image, i), ExpectationsOf(image, i));
    if (!verified.ok()) {
      platform.problems.push_back(
          Concat("it was run ", support->native() ? "natively" : "emulated",
                 ": ", PrintableText(ToStd(verified.status().message()))));
      return;
    }
    platform.run = RunReport{
        .native = verified->native(),
        .checks = {verified->checks().begin(), verified->checks().end()},
        .missing_fences = {verified->missing_fences().begin(),
                           verified->missing_fences().end()}};
  }

  // Platforms that are in order have the same files (static_check.h), so each
  // is asked once, in the layers of the first.
  void AskPrograms(CheckedImage& image) {
    if (image.trees.empty() || !image.report.ok()) return;
    std::map<std::string, std::vector<ServedProgram>> by_architecture;
    for (const ServedProgram& program : image.files->programs) {
      by_architecture[program.architecture].push_back(program);
    }
    for (const auto& [architecture, programs] : by_architecture) {
      AskProgramsFor(image, architecture, programs);
    }
  }

  void AskProgramsFor(CheckedImage& image, const std::string& architecture,
                      const std::vector<ServedProgram>& programs) {
    v1::Platform platform;
    platform.set_os("linux");
    platform.set_architecture(architecture);
    std::vector<ProgramReport> reports;
    std::vector<worker::ImageRunner::Program> asked;
    for (const ServedProgram& program : programs) {
      ProgramReport& report = reports.emplace_back();
      report.path =
          Concat("/", program.path.substr(site::kFilesRootMember.size()));
      report.platform = oci::FormatPlatform(platform);
      asked.push_back({.layer = image.trees[0].files.at(program.path).layer,
                       .path = program.path});
    }
    const auto support = runner_.SupportOf(platform);
    if (support.ok()) {
      Step(Concat("asking the programs of ", oci::FormatPlatform(platform)));
      const auto answers = runner_.AskPrograms(StoredImageOf(image, 0), asked);
      for (size_t i = 0; i < reports.size(); ++i) {
        if (!answers.ok()) {
          reports[i].last_line = std::string(answers.status().message());
          continue;
        }
        const worker::ProgramAnswer& answer = (*answers)[i];
        reports[i].native = support->native();
        reports[i].outcome = OutcomeOf(answer.outcome);
        reports[i].arguments = answer.arguments;
        reports[i].last_line = answer.last_line;
      }
      if (!answers.ok()) {
        image.report.problems.push_back(
            Concat("its programs could not be asked: ",
                   PrintableText(ToStd(answers.status().message()))));
      }
    }
    for (ProgramReport& report : reports) {
      if (!support.ok()) {
        report.last_line = std::string(support.status().message());
      }
      if (report.outcome == Outcome::kBroken) {
        image.report.problems.push_back(
            Concat(report.path, " does not run: ", report.last_line));
      }
      image.report.programs.push_back(std::move(report));
    }
  }

  worker::ImageRunner& runner_;
  const RunOptions& options_;
};

}  // namespace

v1::VerifyImage ExpectationsOf(const CheckedImage& image, size_t platform) {
  v1::VerifyImage work;
  work.set_variant(image.image.name);
  *work.mutable_manifest() = image.report.platforms[platform].manifest;
  if (image.files.has_value()) {
    ExpectFiles(image, image.trees[platform], work);
  } else {
    ExpectImages(image.registries[platform], work);
  }
  return work;
}

void RunImages(worker::ImageRunner& runner, const RunOptions& options,
               std::vector<CheckedImage>& images) {
  Runs runs(runner, options);
  for (CheckedImage& image : images) runs.Run(image);
}

}  // namespace kso::cli
