// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "cli/commands/release/release_commands.h"
#include "cli/diff/diff_text.h"
#include "common/base/status_macros.h"
#include "common/diff/compare.h"
#include "common/diff/contents.h"
#include "common/release_file/release_on_disk.h"
#include "nlohmann/json.hpp"

namespace kso::cli {
namespace {

// The release.yaml that a path means; empty where there is none.
std::filesystem::path ReleaseFile(const std::string& name) {
  std::error_code error;
  const std::filesystem::path path = name;
  if (std::filesystem::is_directory(path, error)) return path / "release.yaml";
  return std::filesystem::is_regular_file(path, error)
             ? path
             : std::filesystem::path();
}

// The build that pushed an image to this reference; null where the coordinator
// knows none.
const v1::Build* BuildOfReference(const v1::ListBuildsResponse& builds,
                                  absl::string_view reference) {
  absl::ConsumePrefix(&reference, "docker://");
  for (const v1::Build& build : builds.builds()) {
    for (const v1::ImageResult& image : build.images()) {
      for (const std::string& tag : image.tags()) {
        if (absl::StrCat(image.repository(), ":", tag) == reference) {
          return &build;
        }
      }
      if (absl::StrCat(image.repository(), "@", image.index().digest()) ==
          reference) {
        return &build;
      }
    }
  }
  return nullptr;
}

class Diff : public Command {
 public:
  explicit Diff(Arguments arguments) {
    constexpr char kWhat[] =
        "A directory with a release.yaml, a build, a release's name for its "
        "newest build, or the reference of an image that a build pushed.";
    arguments.Positional("BUILD", &from_, kWhat);
    arguments.Positional("OTHER", &to_, "The same, of the later release.");
    arguments.Example("ksoctl diff v0.1.0-2.25.1 v0.1.0-2.26.0",
                      "What the newest build of one release brings beside "
                      "another's, with sizes and digests.");
    arguments.Example("ksoctl diff release-2.25 release-2.26 --output json",
                      "Of two release directories, before anything is built.");
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    KSO_ASSIGN_OR_RETURN(const diff::Contents from, Find(context, from_));
    KSO_ASSIGN_OR_RETURN(const diff::Contents to, Find(context, to_));
    const diff::ContentsDiff changes = diff::Compare(from, to);
    context.PrintJsonOr(DiffJson(changes), DiffText(changes));
    return ExitStatus::kDone;
  }

 private:
  static absl::StatusOr<diff::Contents> Find(Context& context,
                                             const std::string& name) {
    if (const std::filesystem::path file = ReleaseFile(name); !file.empty()) {
      KSO_ASSIGN_OR_RETURN(const v1::Release release,
                           release_file::ReadRelease(file));
      return diff::ContentsOf(release);
    }
    if (absl::StartsWith(name, "/") || absl::StartsWith(name, ".") ||
        absl::EndsWith(name, "/")) {
      return absl::NotFoundError(
          absl::StrCat(name, ": there is no such directory"));
    }
    if (name.find('/') == std::string::npos) {
      KSO_ASSIGN_OR_RETURN(const v1::Build build,
                           context.coordinator->GetBuild(name));
      return diff::ContentsOf(build);
    }
    KSO_ASSIGN_OR_RETURN(const v1::ListBuildsResponse builds,
                         context.coordinator->ListBuilds());
    const v1::Build* const build = BuildOfReference(builds, name);
    if (build == nullptr) {
      return absl::NotFoundError(absl::StrCat(
          name,
          " is no release directory, and no build that the coordinator "
          "still knows has pushed an image there; name a directory, or "
          "one of `ksoctl builds`"));
    }
    return diff::ContentsOf(*build);
  }

  std::string from_;
  std::string to_;
};

}  // namespace

std::unique_ptr<Command> CreateDiff(Arguments arguments) {
  return std::make_unique<Diff>(arguments);
}

}  // namespace kso::cli
