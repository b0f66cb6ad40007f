// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/commands/release/kubespray_arguments.h"
#include "cli/commands/release/release_commands.h"
#include "cli/farm/programs.h"
#include "cli/init/example_releases.h"
#include "cli/init/question.h"
#include "cli/init/release_edit.h"
#include "cli/lists/generate.h"
#include "cli/lists/list_writer.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/files/file_io.h"
#include "common/files/small_file.h"
#include "common/oci/destination.h"
#include "common/release_file/release_on_disk.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

constexpr size_t kLargestFile = 4 << 20;
constexpr int kMode = 0644;
constexpr char kBothPlatforms[] = "linux/amd64, linux/arm64";

class Init : public Command {
 public:
  explicit Init(Arguments arguments) {
    arguments.Positional("DIR", &directory_,
                         "The release directory to make. It must not have a "
                         "release.yaml yet.");
    arguments.Option("--release", &version_, "VERSION",
                     "The Kubespray version of an example that is shipped with "
                     "kso, as 2.25.1. Default: the newest.");
    kubespray_.DeclareTo(arguments, Arguments::Need::kOptional);
    arguments.Option("--destination", &choices_.destination, "DESTINATION",
                     "Where the images go: docker://HOST/PATH, oci:DIR or "
                     "oci-archive:FILE.");
    arguments.Repeated("--platform", &choices_.platforms, "PLATFORM",
                       "linux/amd64 or linux/arm64; again for the other. "
                       "Default: both.");
    arguments.Option("--name", &choices_.name, "NAME",
                     "The release's name, which becomes the images' tag.");
    arguments.Example("ksoctl init my-release",
                      "On a terminal: asks what is not given.");
    arguments.Example(
        "ksoctl init my-release --destination docker://r.example.com/team",
        "The newest example, for a registry.");
    arguments.Example("ksoctl init my-release --kubespray ../kubespray",
                      "The lists of a Kubespray checkout.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    const std::filesystem::path directory = directory_;
    const std::filesystem::path file = directory / kReleaseFile;
    std::error_code error;
    if (std::filesystem::exists(file, error)) {
      return absl::AlreadyExistsError(
          absl::StrCat(file.string(),
                       " is there already; edit it, or name another "
                       "directory"));
    }
    KSO_RETURN_IF_ERROR(CheckChoices());
    if (!kubespray_.given()) {
      KSO_RETURN_IF_ERROR(FindExample(context));
    }
    Ask(context);
    KSO_RETURN_IF_ERROR(CheckChoices());
    KSO_RETURN_IF_ERROR(kubespray_.given() ? Generate(directory)
                                           : CopyExample(directory));
    KSO_ASSIGN_OR_RETURN(const std::string yaml,
                         ReadSmallFile(file, kLargestFile));
    KSO_RETURN_IF_ERROR(
        ReplaceSmallFile(file, EditRelease(yaml, choices_), kMode));
    // Whoever plans it is to find nothing wrong. What is wrong is not left
    // there, so that the command can be given again.
    const absl::StatusOr<v1::Release> release = release_file::ReadRelease(file);
    if (!release.ok()) {
      std::filesystem::remove(file, error);
      return release.status();
    }
    Report(context, file, *release);
    return ExitStatus::kDone;
  }

 private:
  // Finds the example that the lists are taken from.
  absl::Status FindExample(const Context& context) {
    KSO_ASSIGN_OR_RETURN(const std::filesystem::path self, SelfPath());
    examples_ = ExampleReleases(self);
    // In a checkout, the examples are above bazel's link, not what it leads to.
    const std::string_view called = program_invocation_name;
    if (called.find('/') != called.npos) {
      examples_.merge(ExampleReleases(std::filesystem::absolute(called)));
    }
    if (examples_.empty()) {
      return absl::NotFoundError(
          "no example release is beside this program; name a Kubespray "
          "checkout with --kubespray DIR");
    }
    if (version_.empty()) {
      version_ = examples_.rbegin()->first;
      if (context.AsksPeople()) {
        version_ = AskFor(absl::StrCat("Kubespray version (", Versions(), ")"),
                          version_, *context.console.in, *context.console.err);
      }
    }
    if (examples_.count(version_) == 0) {
      return absl::NotFoundError(
          absl::StrCat("there is no example for Kubespray ", version_,
                       ", only for ", Versions(),
                       "; make its lists with --kubespray DIR, a checkout of "
                       "that release"));
    }
    return absl::OkStatus();
  }

  std::string Versions() const {
    return absl::StrJoin(examples_, ", ",
                         [](std::string* out, const auto& example) {
                           out->append(example.first);
                         });
  }

  // Asks for what the flags leave open.
  void Ask(const Context& context) {
    if (!context.AsksPeople()) return;
    std::istream& in = *context.console.in;
    std::ostream& out = *context.console.err;
    if (choices_.platforms.empty()) {
      const std::string answer = AskFor("Platforms", kBothPlatforms, in, out);
      for (const absl::string_view part :
           absl::StrSplit(answer, absl::ByAnyChar(", "), absl::SkipEmpty())) {
        choices_.platforms.emplace_back(part);
      }
    }
    if (choices_.destination.empty()) {
      choices_.destination = AskFor(
          "Destination (docker://HOST/PATH, oci:DIR or oci-archive:FILE)", "",
          in, out);
    }
  }

  absl::Status CheckChoices() const {
    const std::vector<std::string> known = absl::StrSplit(
        kBothPlatforms, absl::ByAnyChar(", "), absl::SkipEmpty());
    for (const std::string& platform : choices_.platforms) {
      if (std::find(known.begin(), known.end(), platform) == known.end()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "there are no lists for the platform '", Printable(platform),
            "'; write ", absl::StrJoin(known, " or ")));
      }
    }
    if (choices_.destination.empty()) return absl::OkStatus();
    return oci::ParseDestination(choices_.destination).status();
  }

  absl::Status Generate(const std::filesystem::path& directory) const {
    KSO_ASSIGN_OR_RETURN(const Generated generated,
                         GenerateLists(kubespray_.Options()));
    return WriteRelease(generated, choices_.destination, directory).status();
  }

  absl::Status CopyExample(const std::filesystem::path& directory) const {
    KSO_RETURN_IF_ERROR(MakeDirectories(directory));
    std::error_code error;
    for (std::filesystem::directory_iterator
             entry(examples_.at(version_), error),
         end;
         !error && entry != end; entry.increment(error)) {
      KSO_ASSIGN_OR_RETURN(const std::string content,
                           ReadSmallFile(entry->path(), kLargestFile));
      KSO_RETURN_IF_ERROR(ReplaceSmallFile(directory / entry->path().filename(),
                                           content, kMode));
    }
    if (!error) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat(examples_.at(version_).string(), ": ", error.message()));
  }

  void Report(const Context& context, const std::filesystem::path& file,
              const v1::Release& release) const {
    const std::string path = Printable(file.string());
    const nlohmann::ordered_json json = {
        {"release", path},
        {"name", release.name()},
        {"files", release.files_size()},
        {"images", release.images_size()},
        {"destination", oci::FormatDestination(release.destination())}};
    std::string text = absl::StrCat(
        "Made ", path, ": ", Count(release.files_size(), "file"), ", ",
        Count(release.images_size(), "image"), ", to ",
        Printable(oci::FormatDestination(release.destination())), "\n");
    if (choices_.destination.empty()) {
      absl::StrAppend(&text, "Set `destination:` in it first.\n");
    }
    absl::StrAppend(
        &text, FormatTable({{absl::StrCat("ksoctl doctor -f ", path),
                             "see whether all that it needs is there"},
                            {absl::StrCat("ksoctl plan -f ", path),
                             "see what it would fetch and push"},
                            {absl::StrCat("ksoctl submit -f ", path, " --wait"),
                             "build it"}},
                           "  "));
    context.PrintJsonOr(json, text);
  }

  std::string directory_;
  std::string version_;
  KubesprayArguments kubespray_;
  ReleaseChoices choices_;
  std::map<std::string, std::filesystem::path> examples_;
};

}  // namespace

std::unique_ptr<Command> CreateInit(Arguments arguments) {
  return std::make_unique<Init>(arguments);
}

}  // namespace kso::cli
