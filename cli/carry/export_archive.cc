// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/export_archive.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/carry/archive_plan.h"
#include "cli/carry/docker_manifest.h"
#include "cli/carry/part_writer.h"
#include "common/base/status_macros.h"
#include "common/files/file_io.h"
#include "common/oci/image_closure.h"
#include "common/oci/layout_writer.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<ExportRecord> RecordOf(
    const std::vector<oci::LayoutImage>& images,
    const std::vector<oci::ImagePart>& closure) {
  ExportRecord record;
  for (const oci::LayoutImage& image : images) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(image.index.digest()));
    for (const std::string& name : image.ref_names) {
      record.images.emplace(name, digest);
    }
  }
  for (const oci::ImagePart& part : closure) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(part.descriptor.digest()));
    record.blobs.emplace(digest, part.descriptor.size());
  }
  return record;
}

std::map<std::string, std::string> Annotations(const ExportRecord* since) {
  if (since == nullptr) return {};
  std::string names;
  for (const auto& [name, digest] : since->images) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", name, "@",
                    digest.ToString());
  }
  return {{kSinceAnnotation, names}};
}

// The files of the export that is there. Where no record of one can be read,
// no file counts as an export's.
std::set<std::string> WrittenBefore(const fs::path& record) {
  std::set<std::string> names;
  const absl::StatusOr<ExportRecord> before = ReadExportRecord(record);
  if (!before.ok()) return names;
  for (const auto& [name, sum] : before->files) names.insert(name);
  return names;
}

}  // namespace

absl::StatusOr<ExportRecord> DescribeImages(
    oci::ImageStore& store, const std::vector<oci::LayoutImage>& images) {
  KSO_ASSIGN_OR_RETURN(const std::vector<oci::ImagePart> closure,
                       oci::ImageClosure(store, oci::RootsOf(images)));
  return RecordOf(images, closure);
}

absl::StatusOr<ExportedArchive> ExportArchive(
    oci::ImageStore& store, const std::vector<oci::LayoutImage>& images,
    const ExportOptions& options) {
  KSO_ASSIGN_OR_RETURN(
      const std::string index,
      oci::MergeLayoutIndex("", images, Annotations(options.since)));
  KSO_ASSIGN_OR_RETURN(std::vector<oci::ImagePart> closure,
                       oci::ImageClosure(store, oci::RootsOf(images)));
  KSO_ASSIGN_OR_RETURN(ExportRecord record, RecordOf(images, closure));
  ExportedArchive exported;
  // An archive with only a part of the blobs is for `ksoctl load` alone.
  std::string docker_manifest;
  if (options.since == nullptr) {
    KSO_ASSIGN_OR_RETURN(docker_manifest, DockerManifest(images, closure));
  } else {
    record.since = options.since->images;
    exported.left_out = static_cast<int64_t>(
        std::erase_if(closure, [&options](const oci::ImagePart& part) {
          const auto digest = Digest::Parse(part.descriptor.digest());
          return digest.ok() && options.since->blobs.contains(*digest);
        }));
  }
  exported.blobs = static_cast<int64_t>(closure.size());

  KSO_ASSIGN_OR_RETURN(const ArchivePlan plan,
                       PlanArchive(index, docker_manifest, closure));
  exported.size = plan.size;
  exported.record = options.file.string() + ".sha256";
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<PartWriter> writer,
      PartWriter::Open({options.file, plan.size, options.part_size,
                        WrittenBefore(exported.record)}));
  KSO_RETURN_IF_ERROR(WriteArchive(plan, store, *writer, options.progress));
  // The record knows the surplus parts, so they go before it does.
  KSO_RETURN_IF_ERROR(writer->RemoveSurplus());
  // The record of the archive that is being replaced would be wrong.
  if (!writer->unchanged()) ::unlink(exported.record.c_str());
  KSO_ASSIGN_OR_RETURN(const std::vector<PartSum> sums, writer->Publish());
  exported.unchanged = writer->unchanged();
  for (const PartSum& sum : sums) {
    exported.files.push_back(sum.path);
    record.files.emplace_back(sum.path.filename().string(), sum.sha256);
  }
  KSO_RETURN_IF_ERROR(ReplaceFile(exported.record, [&record](ByteSink& file) {
    return file.Write(FormatExportRecord(record));
  }));
  return exported;
}

}  // namespace kso::cli
