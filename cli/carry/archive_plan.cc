// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/archive_plan.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/layer/tar_stream.h"
#include "common/oci/layout_index.h"

namespace kso::cli {
namespace {

constexpr uint32_t kMode = 0644;
constexpr int64_t kBlock = 512;

}  // namespace

absl::StatusOr<ArchivePlan> PlanArchive(
    std::string_view index_json, std::string_view docker_manifest,
    const std::vector<oci::ImagePart>& blobs) {
  ArchivePlan plan;
  StringSink text;
  TarStream tar(&text);
  // The files that say what the archive is come first.
  const auto add = [&tar](std::string_view path, std::string_view content) {
    return tar.AddFile(path, kMode, static_cast<int64_t>(content.size()),
                       *SourceOfString(content));
  };
  KSO_RETURN_IF_ERROR(add("oci-layout", oci::kLayoutFile));
  KSO_RETURN_IF_ERROR(add("index.json", index_json));
  if (!docker_manifest.empty()) {
    KSO_RETURN_IF_ERROR(add("manifest.json", docker_manifest));
  }
  KSO_RETURN_IF_ERROR(tar.AddDirectory("blobs"));
  std::string_view directory;
  for (const oci::ImagePart& part : blobs) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(part.descriptor.digest()));
    if (digest.algorithm_name() != directory) {
      directory = digest.algorithm_name();
      KSO_RETURN_IF_ERROR(tar.AddDirectory(Concat("blobs/", directory)));
    }
    const std::string path = oci::LayoutBlobPath(digest);
    const int64_t size = part.descriptor.size();
    if (!part.content.empty()) {
      KSO_RETURN_IF_ERROR(add(path, part.content));
      continue;
    }
    KSO_RETURN_IF_ERROR(tar.AddFileHeader(path, kMode, size));
    plan.size += static_cast<int64_t>(text.content().size()) + size;
    plan.pieces.push_back({text.Take(), part});
    // The padding of a tar file goes with the next piece of text.
    KSO_RETURN_IF_ERROR(
        text.Write(std::string((kBlock - size % kBlock) % kBlock, '\0')));
  }
  KSO_RETURN_IF_ERROR(tar.Finish());
  plan.size += static_cast<int64_t>(text.content().size());
  plan.pieces.push_back({text.Take(), std::nullopt});
  return plan;
}

}  // namespace kso::cli
