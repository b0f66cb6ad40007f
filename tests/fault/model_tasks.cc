// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/model_tasks.h"

#include <memory>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/oci/destination.h"
#include "common/oci/manifest.h"

namespace kso::testing {
namespace {

absl::StatusOr<int64_t> Push(oci::ImageStore& store,
                             const std::string& repository,
                             const v1::Descriptor& blob,
                             const std::string& content) {
  return store.PutBlob(repository, blob,
                       [&content](int64_t offset)
                           -> absl::StatusOr<std::unique_ptr<ByteSource>> {
                         return SourceOfString(content, offset);
                       });
}

std::string DigestOf(const v1::LayerMember& member) {
  if (member.has_blob()) return member.blob().blob().digest();
  if (member.has_content()) return Sha256Of(member.content()).ToString();
  const std::string& stated = member.file().digest();
  return stated.starts_with("sha256:")
             ? stated
             : Sha256Of(member.file().url()).ToString();
}

}  // namespace

absl::StatusOr<v1::TaskResult> ModelTasks::Execute(
    const v1::Task& task, worker::TaskControl& control) {
  if (dice_.Chance(faults_.failed_task)) {
    return absl::InternalError("the worker stumbled");
  }
  switch (task.work_case()) {
    case v1::Task::kResolveFile:
    case v1::Task::kResolveImage:
      return Resolve(task);
    case v1::Task::kMakeLayer:
      return MakeLayer(task, control);
    case v1::Task::kCopyBlobs:
      return CopyBlobs(task, control);
    default:
      return Verify(task);
  }
}

absl::Status ModelTasks::AskUpstream() {
  if (dice_.Chance(faults_.missing_upstream)) {
    return absl::NotFoundError("404");
  }
  if (!dice_.Chance(faults_.failed_upstream)) return absl::OkStatus();
  if (dice_.Chance(0.5)) return absl::UnavailableError("503");
  return RetryNotBefore(absl::ResourceExhaustedError("429"),
                        absl::Seconds(dice_.Between(1, 60)));
}

absl::StatusOr<v1::TaskResult> ModelTasks::Resolve(const v1::Task& task) {
  KSO_RETURN_IF_ERROR(AskUpstream());
  v1::TaskResult result;
  if (task.has_resolve_file()) {
    *result.mutable_resolved_file() =
        upstream_.resolved.files.at(task.resolve_file().url());
  } else {
    *result.mutable_resolved_image() =
        upstream_.resolved.images.at(task.resolve_image().reference());
  }
  return result;
}

absl::StatusOr<v1::TaskResult> ModelTasks::MakeLayer(
    const v1::Task& task, worker::TaskControl& control) {
  const v1::MakeLayer& work = task.make_layer();
  std::string content;
  v1::TaskResult result;
  v1::MadeLayer& made = *result.mutable_made_layer();
  for (const v1::LayerMember& member : work.members()) {
    if (!member.has_content()) KSO_RETURN_IF_ERROR(AskUpstream());
    v1::MadeMember& entry = *made.add_members();
    entry.set_path(member.path());
    entry.set_digest(DigestOf(member));
    entry.set_size(member.has_blob()
                       ? member.blob().blob().size()
                       : static_cast<int64_t>(member.content().size()));
    content += Concat(entry.path(), " ", entry.digest(), "\n");
  }
  v1::Descriptor& layer = *made.mutable_layer();
  layer.set_media_type("application/vnd.oci.image.layer.v1.tar+gzip");
  layer.set_digest(Sha256Of(content).ToString());
  layer.set_size(static_cast<int64_t>(content.size()));
  made.set_diff_id(Sha256Of(Concat("unpacked ", content)).ToString());
  KSO_ASSIGN_OR_RETURN(
      const int64_t pushed,
      Push(destination_,
           oci::DestinationRepository(task.destination(), work.image()), layer,
           content));
  control.AddPushed(pushed);
  return result;
}

absl::StatusOr<v1::TaskResult> ModelTasks::CopyBlobs(
    const v1::Task& task, worker::TaskControl& control) {
  const std::string repository =
      oci::DestinationRepository(task.destination(), task.copy_blobs().image());
  for (const v1::BlobSource& source : task.copy_blobs().blobs()) {
    KSO_RETURN_IF_ERROR(AskUpstream());
    const auto content = upstream_.blobs.find(source.blob().digest());
    if (content == upstream_.blobs.end()) {
      return absl::NotFoundError(Concat("404: ", source.blob().digest()));
    }
    KSO_ASSIGN_OR_RETURN(
        const int64_t pushed,
        Push(destination_, repository, source.blob(), content->second));
    control.AddPushed(pushed);
  }
  v1::TaskResult result;
  result.mutable_copied_blobs();
  return result;
}

absl::StatusOr<v1::TaskResult> ModelTasks::Verify(const v1::Task& task) {
  const v1::VerifyImage& work = task.verify_image();
  const std::string repository =
      oci::DestinationRepository(task.destination(), work.image());
  KSO_ASSIGN_OR_RETURN(
      const v1::Document document,
      destination_.GetManifest(repository, work.manifest().digest()));
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(document.content(), work.manifest().media_type()));
  std::vector<v1::Descriptor> blobs = manifest.layers;
  blobs.push_back(manifest.config);
  for (const v1::Descriptor& blob : blobs) {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(blob.digest()));
    KSO_ASSIGN_OR_RETURN(const bool there,
                         destination_.HasBlob(repository, digest));
    if (!there) {
      return absl::NotFoundError(
          Concat("404: the destination has no ", blob.digest()));
    }
  }
  v1::TaskResult result;
  result.mutable_verified_image()->set_native(true);
  return result;
}

}  // namespace kso::testing
