// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/make_layer.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/sinks.h"
#include "common/bytes/written_blob.h"
#include "common/layer/content_time.h"
#include "common/layer/layer_writer.h"
#include "common/oci/destination.h"
#include "common/run/run_all.h"
#include "worker/layer/file_facts.h"
#include "worker/layer/scratch_file.h"
#include "worker/task/cancellable_sink.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A member's bytes, wherever they are, as the layer writer and the coordinator
// want them.
struct Member {
  Digest digest;
  LayerFile file;
  // Of a file from upstream.
  std::optional<FileFacts> facts = std::nullopt;
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
      Member got = FromCache(content, tools.cache);
      KSO_ASSIGN_OR_RETURN(
          got.facts, LookAtFile(member.file(), content, *tools.cache, control));
      return got;
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

// Tells who watches how many bytes of a layer have gone to the destination, on
// their way there.
class PushProgressSink : public ByteSink {
 public:
  // Both must outlive it.
  PushProgressSink(ByteSink& next, TaskControl& control)
      : next_(next), control_(control) {
    control_.SetPushing(0);
  }

  absl::Status Write(std::string_view bytes) override {
    KSO_RETURN_IF_ERROR(next_.Write(bytes));
    sent_ += static_cast<int64_t>(bytes.size());
    control_.SetPushing(sent_);
    return absl::OkStatus();
  }

 private:
  ByteSink& next_;
  TaskControl& control_;
  int64_t sent_ = 0;
};

// The registry that is pushed to; empty where the coordinator keeps the blobs.
std::string HostOf(const v1::Destination& destination) {
  return destination.kind() == v1::Destination::REGISTRY
             ? oci::DestinationHost(destination)
             : "";
}

// The layer of one task, whose members are in the cache.
class Packing {
 public:
  static absl::StatusOr<Packing> Fetch(const v1::Task& task,
                                       const LayerTools& tools,
                                       TaskControl& control) {
    Packing packing(&task.make_layer(), &tools, &control);
    const auto& members = task.make_layer().members();
    std::vector<std::optional<Member>> fetched(members.size());
    std::vector<std::function<absl::Status()>> fetches;
    for (int i = 0; i < members.size(); ++i) {
      fetches.push_back([&, i]() -> absl::Status {
        KSO_ASSIGN_OR_RETURN(fetched[i],
                             GetMember(task, members[i], tools, control));
        return absl::OkStatus();
      });
    }
    KSO_RETURN_IF_ERROR(RunAll(tools.fetches_at_once, fetches));
    for (int i = 0; i < members.size(); ++i) {
      packing.Add(members[i], *std::move(fetched[i]));
    }
    return packing;
  }

  // Writes the layer, as WriteBlob promises.
  absl::StatusOr<WrittenBlob> Write(ByteSink& sink) {
    CancellableSink cancellable(sink, control_);
    const auto written =
        WriteLayer(files_, work_.media_type(), cancellable, tools_.encode_pool);
    if (absl::IsNotFound(written.status()) ||
        absl::IsDataLoss(written.status())) {
      // Bytes that were fetched a moment ago have rotted in the cache; another
      // try fetches them anew.
      return WorkerTrouble(written.status());
    }
    KSO_RETURN_IF_ERROR(written.status());
    *made_.mutable_layer() = written->descriptor;
    made_.set_diff_id(written->diff_id.ToString());
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(written->descriptor.digest()));
    return WrittenBlob{.digest = digest, .size = written->descriptor.size()};
  }

  // Writes the layer straight into `destination`, or by way of the disk where
  // that takes no streams. Returns the bytes that moved.
  absl::StatusOr<int64_t> Push(oci::ImageStore& destination,
                               const std::string& repository,
                               const std::string& host) {
    control_.SetActivity(Concat("packing and pushing ", work_.name()), host);
    const absl::StatusOr<int64_t> pushed =
        destination.PutStream(repository, [this](ByteSink& sink) {
          PushProgressSink counted(sink, control_);
          return Write(counted);
        });
    if (!absl::IsUnimplemented(pushed.status())) return pushed;

    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ScratchFile> scratch,
                         ScratchFile::Create(tools_.cache));
    // The encoded layer may be smaller: whether it fits shows when it is
    // written.
    (void)tools_.cache->MakeRoom(members_size_);
    control_.SetActivity(Concat("packing ", work_.name()));
    const absl::Status written = Write(*scratch).status();
    KSO_RETURN_IF_ERROR(scratch->status());
    KSO_RETURN_IF_ERROR(written);
    control_.SetActivity(Concat("pushing ", work_.name()), host);
    return destination.PutBlob(repository, made_.layer(), scratch->Opener());
  }

  // Makes the layer for its digest only.
  absl::Status PackToCompare() {
    control_.SetActivity(Concat("packing ", work_.name(), " to compare it"));
    NullSink sink;
    return Write(sink).status();
  }

  // The layer that was made. To be called after Push or PackToCompare.
  v1::MadeLayer& made() { return made_; }

  // Remembers the layer's files. To be called after Push.
  void Remember() {
    for (const v1::LayerMember& member : work_.members()) {
      // The source of such a member ends with the task.
      if (member.has_content()) return;
    }
    MadeLayer layer{.digest = made_.layer().digest(),
                    .diff_id = made_.diff_id()};
    for (size_t i = 0; i < files_.size(); ++i) {
      layer.files.push_back({.path = files_[i].path,
                             .size = files_[i].size,
                             .mode = files_[i].mode,
                             .mtime = files_[i].mtime,
                             .blob = digests_[i]});
    }
    tools_.made_layers->Add(std::move(layer));
  }

 private:
  Packing(const v1::MakeLayer* work, const LayerTools* tools,
          TaskControl* control)
      : work_(*work), tools_(*tools), control_(*control) {}

  void Add(const v1::LayerMember& member, Member got) {
    got.file.path = member.path();
    if (member.mode() != 0) got.file.mode = member.mode();
    if (work_.times_of_content()) got.file.mtime = ContentTime(got.digest);
    v1::MadeMember& entry = *made_.add_members();
    entry.set_path(member.path());
    entry.set_digest(got.digest.ToString());
    entry.set_size(got.file.size);
    if (got.facts.has_value()) {
      entry.set_sha512(got.facts->sha512);
      *entry.mutable_content() = std::move(got.facts->content);
    }
    members_size_ += got.file.size;
    files_.push_back(std::move(got.file));
    digests_.push_back(std::move(got.digest));
  }

  const v1::MakeLayer& work_;
  const LayerTools& tools_;
  TaskControl& control_;
  std::vector<LayerFile> files_;
  // The digests of the same members.
  std::vector<Digest> digests_;
  int64_t members_size_ = 0;
  v1::MadeLayer made_;
};

}  // namespace

absl::StatusOr<v1::MadeLayer> MakeLayer(const v1::Task& task,
                                        const LayerTools& tools,
                                        TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(Packing packing, Packing::Fetch(task, tools, control));
  if (!task.make_layer().copy_of().empty()) {
    KSO_RETURN_IF_ERROR(packing.PackToCompare());
    return std::move(packing.made());
  }
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> destination,
      tools.stores->OpenDestination(task.destination(), control));
  const absl::StatusOr<int64_t> pushed = packing.Push(
      *destination,
      oci::DestinationRepository(task.destination(), task.make_layer().image()),
      HostOf(task.destination()));
  if (!pushed.ok()) {
    return About(pushed.status(),
                 Concat("layer ", task.make_layer().name(), " to ",
                        task.destination().location()),
                 "");
  }
  control.AddPushed(*pushed);
  packing.Remember();
  return std::move(packing.made());
}

}  // namespace kso::worker
