// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/carry/carry_size.h"
#include "cli/carry/export_archive.h"
#include "cli/commands/images/image_commands.h"
#include "cli/commands/outcome/bring_home.h"
#include "cli/commands/outcome/build_images.h"
#include "cli/commands/outcome/ending.h"
#include "cli/commands/outcome/own_target.h"
#include "cli/registry_connection.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"

namespace kso::cli {
namespace {

class Export : public Command {
 public:
  explicit Export(Arguments arguments) {
    arguments.Example("ksoctl export v0.1.0-2.25.1 -o release.tar",
                      "Write one archive of both images.");
    arguments.Example("ksoctl export v2 -o v2.tar --since v1 --split dvd",
                      "Only what v1 lacks, in parts that fit a DVD each.");
    arguments.Positional("BUILD", &build_,
                         "A finished build's id, the beginning of one, or a "
                         "release's name for its newest build.");
    arguments.Option("-o,--to", &to_, "FILE",
                     "The OCI archive to write, or oci:DIR for a directory. "
                     "When left out, where the release says, but not over a "
                     "file that no export has written.");
    arguments.Option("--since", &since_, "OTHER",
                     "Leave out the blobs of this build, which must be loaded "
                     "inside before: a build, or the FILE.sha256 of its "
                     "export.");
    arguments.Option("--split", &split_, "SIZE",
                     "Write parts FILE.000, FILE.001, ... of at most this: "
                     "4GiB, 4.7GB, cd, dvd, dvd-dl, bd, fat32.");
    registry_.DeclareTo(arguments);
  }

  absl::StatusOr<ExitStatus> Run(Context& context) override {
    v1::Destination destination;
    if (!to_.empty()) {
      KSO_ASSIGN_OR_RETURN(destination, ParseTarget());
    }
    BringHomeOptions options;
    options.registry = registry_;
    if (!split_.empty()) {
      KSO_ASSIGN_OR_RETURN(options.part_size, ParseCarrySize(split_));
    }
    KSO_ASSIGN_OR_RETURN(v1::Build build,
                         context.coordinator->GetBuild(build_));
    if (to_.empty()) {
      if (!IsForThisMachine(build.destination())) {
        return absl::InvalidArgumentError(absl::StrCat(
            "the images of build ", build.build_id(), " are in a registry, at ",
            build.destination().location(),
            "; say with -o FILE where to write an archive of them"));
      }
      destination = build.destination();
      KSO_RETURN_IF_ERROR(CheckOwnTarget(destination));
    }
    if (destination.kind() != v1::Destination::OCI_ARCHIVE &&
        (!split_.empty() || !since_.empty())) {
      return absl::InvalidArgumentError(
          "--since and --split are for archives; use -o FILE");
    }
    std::optional<ExportRecord> since;
    if (!since_.empty()) {
      KSO_ASSIGN_OR_RETURN(since, ReadSince(context));
      options.since = &*since;
    }
    KSO_ASSIGN_OR_RETURN(const std::string where,
                         BringHome(context, build, destination, options));
    *build.mutable_destination() = destination;
    context.Print(build, absl::StrCat(where, Advice(context, build)));
    return ExitStatus::kDone;
  }

 private:
  absl::StatusOr<v1::Destination> ParseTarget() const {
    std::string text = to_;
    if (absl::StartsWith(text, "docker://")) {
      return absl::InvalidArgumentError(
          "export writes to this machine; use -o FILE, oci-archive:FILE or "
          "oci:DIR, and `ksoctl load` to put an archive into a registry");
    }
    if (!absl::StartsWith(text, "oci:") &&
        !absl::StartsWith(text, "oci-archive:")) {
      text = absl::StrCat("oci-archive:", text);
    }
    KSO_ASSIGN_OR_RETURN(v1::Destination destination,
                         oci::ParseDestination(text));
    std::error_code error;
    const auto absolute =
        std::filesystem::absolute(destination.location(), error);
    if (!error) destination.set_location(absolute.string());
    return destination;
  }

  static std::string Advice(const Context& context, const v1::Build& build) {
    if (context.quiet) return "";
    return absl::StrCat("What they are, by digest: ksoctl status ",
                        build.build_id(), "\n");
  }

  // Reads --since, which names the record of an export, or a build.
  absl::StatusOr<ExportRecord> ReadSince(Context& context) const {
    std::error_code error;
    if (std::filesystem::is_regular_file(since_, error)) {
      return ReadExportRecord(since_);
    }
    absl::StatusOr<v1::Build> build = context.coordinator->GetBuild(since_);
    if (absl::IsNotFound(build.status())) {
      return absl::NotFoundError(absl::StrCat(
          "--since: ", build.status().message(), ", and no file ", since_));
    }
    KSO_RETURN_IF_ERROR(build.status());
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<BuildImages> images,
                         BuildImages::Open(context, *build, registry_));
    absl::StatusOr<ExportRecord> record =
        DescribeImages(images->store(), images->names());
    if (record.ok()) return record;
    const absl::Status status = images->Explain(record.status());
    return absl::Status(
        status.code(),
        absl::StrCat("--since ", since_, ": ", status.message(),
                     "; the FILE.sha256 of its export does as well"));
  }

  std::string build_;
  std::string to_;
  std::string since_;
  std::string split_;
  RegistryArguments registry_;
};

}  // namespace

std::unique_ptr<Command> CreateExport(Arguments arguments) {
  return std::make_unique<Export>(arguments);
}

}  // namespace kso::cli
