#include "worker/layer/make_layer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/byte_stream.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/layer/layer_writer.h"
#include "common/oci/destination.h"
#include "worker/layer/scratch_file.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A member's bytes, wherever they are, as the layer writer and the coordinator
// want them.
struct Member {
  Digest digest;
  LayerFile file;
};

// Lets a long write end when the task is cancelled.
class CancellableSink : public ByteSink {
 public:
  CancellableSink(ByteSink& next, const TaskControl& control)
      : next_(next), control_(control) {}

  absl::Status Write(std::string_view bytes) override {
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    return next_.Write(bytes);
  }

 private:
  ByteSink& next_;
  const TaskControl& control_;
};

Member FromCache(const CachedContent& content, DiskBlobStore* cache) {
  return {.digest = content.digest,
          .file = {.path = {},
                   .size = content.size,
                   .open = [cache, content](int64_t offset) {
                     return cache->Open(content.digest, offset);
                   }}};
}

absl::StatusOr<Member> GetMember(const v1::Task& task,
                                 const v1::LayerMember& member,
                                 const LayerTools& tools,
                                 TaskControl& control) {
  switch (member.source_case()) {
    case v1::LayerMember::kFile: {
      KSO_ASSIGN_OR_RETURN(
          const CachedContent content,
          tools.files->Fetch(member.file(), task.mirrors(), control));
      return FromCache(content, tools.cache);
    }
    case v1::LayerMember::kBlob: {
      KSO_ASSIGN_OR_RETURN(
          const CachedContent content,
          tools.blobs->Fetch(member.blob(), task.mirrors(), control));
      return FromCache(content, tools.cache);
    }
    case v1::LayerMember::kContent:
      return Member{
          .digest = Sha256Of(member.content()),
          .file = {.path = {},
                   .size = static_cast<int64_t>(member.content().size()),
                   .open = [&member](int64_t offset)
                       -> absl::StatusOr<std::unique_ptr<ByteSource>> {
                     return SourceOfString(member.content(), offset);
                   }}};
    default:
      return absl::InvalidArgumentError(
          Concat("the member ", member.path(), " has no source"));
  }
}

absl::StatusOr<v1::MadeLayer> FetchAndPack(const v1::Task& task,
                                           const LayerTools& tools,
                                           ScratchFile& scratch,
                                           TaskControl& control) {
  v1::MadeLayer made;
  std::vector<LayerFile> files;
  int64_t total = 0;
  for (const v1::LayerMember& member : task.make_layer().members()) {
    KSO_ASSIGN_OR_RETURN(Member got, GetMember(task, member, tools, control));
    got.file.path = member.path();
    if (member.mode() != 0) got.file.mode = member.mode();
    v1::MadeMember& entry = *made.add_members();
    entry.set_path(member.path());
    entry.set_digest(got.digest.ToString());
    entry.set_size(got.file.size);
    total += got.file.size;
    files.push_back(std::move(got.file));
  }

  // The encoded layer may be smaller: whether it fits shows when it is written.
  (void)tools.cache->MakeRoom(total);
  control.SetActivity(Concat("packing ", task.make_layer().name()));
  CancellableSink sink(scratch, control);
  auto written = WriteLayer(std::move(files), task.make_layer().media_type(),
                            sink, tools.encode_pool);
  KSO_RETURN_IF_ERROR(scratch.status());
  if (absl::IsNotFound(written.status()) ||
      absl::IsDataLoss(written.status())) {
    // What was fetched a moment ago has rotted; another try fetches it anew.
    return WorkerTrouble(written.status());
  }
  KSO_RETURN_IF_ERROR(written.status());
  *made.mutable_layer() = written->descriptor;
  made.set_diff_id(written->diff_id.ToString());
  return made;
}

}  // namespace

absl::StatusOr<v1::MadeLayer> MakeLayer(const v1::Task& task,
                                        const LayerTools& tools,
                                        TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchFile> scratch,
                       ScratchFile::Create(tools.cache));
  KSO_ASSIGN_OR_RETURN(v1::MadeLayer made,
                       FetchAndPack(task, tools, *scratch, control));

  control.SetActivity(Concat("pushing ", task.make_layer().name()));
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> destination,
      tools.stores->OpenDestination(task.destination(), control));
  const absl::StatusOr<int64_t> pushed = destination->PutBlob(
      oci::DestinationRepository(task.destination(), task.make_layer().image()),
      made.layer(), scratch->Opener());
  if (!pushed.ok()) {
    return About(pushed.status(),
                 Concat("layer ", task.make_layer().name(), " to ",
                        task.destination().location()),
                 "");
  }
  control.AddPushed(*pushed);
  return made;
}

}  // namespace kso::worker
