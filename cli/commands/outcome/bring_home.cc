// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/bring_home.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/carry/export_archive.h"
#include "cli/commands/outcome/build_images.h"
#include "cli/commands/outcome/carry_progress.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/oci/destination.h"
#include "common/oci/layout_writer.h"

namespace kso::cli {
namespace {

std::string Describe(const ExportedArchive& archive) {
  const std::string first = archive.files.front().string();
  std::string text = absl::StrCat("The images are in ", Printable(first));
  if (archive.files.size() > 1) {
    absl::StrAppend(&text, " to ",
                    Printable(archive.files.back().filename().string()));
  }
  absl::StrAppend(&text, ", ", FormatBytes(archive.size), ", with ",
                  Count(archive.blobs, "blob"));
  if (archive.left_out > 0) {
    absl::StrAppend(&text, "; ", Count(archive.left_out, "blob"),
                    " of theirs must be inside already");
  }
  return absl::StrCat(
      text, ".\n",
      archive.unchanged ? "All of it was there already, and is right.\n" : "",
      "Check them after copying: sha256sum -c ",
      Printable(archive.record.filename().string()), "\n");
}

}  // namespace

absl::StatusOr<std::string> BringHome(Context& context, const v1::Build& build,
                                      const v1::Destination& destination,
                                      const BringHomeOptions& options) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<BuildImages> images,
                       BuildImages::Open(context, build, options.registry));
  const std::string where = Printable(oci::FormatDestination(destination));
  if (!context.json && !context.quiet) {
    *context.console.out << "Bringing the images to " << where << " ..."
                         << std::endl;
  }
  if (destination.kind() == v1::Destination::OCI_LAYOUT) {
    KSO_RETURN_IF_ERROR(images->Explain(
        oci::WriteOciLayout(images->store(), images->names(),
                            destination.location(), images->link())));
    return absl::StrCat("The images are in ", where, "\n");
  }
  ExportOptions archive;
  archive.file = destination.location();
  archive.part_size = options.part_size;
  archive.since = options.since;
  archive.progress = ShowProgress(context);
  const absl::StatusOr<ExportedArchive> exported =
      ExportArchive(images->store(), images->names(), archive);
  KSO_RETURN_IF_ERROR(images->Explain(exported.status()));
  return Describe(*exported);
}

}  // namespace kso::cli
