// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/archive_writer.h"

#include <algorithm>
#include <string>

#include "common/base/status_macros.h"
#include "common/blob/verifying_sink.h"
#include "common/bytes/digest.h"

namespace kso::cli {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

class Writer {
 public:
  Writer(const ArchivePlan& plan, oci::ImageStore& store, PartWriter& out,
         const CarryProgress& progress)
      : plan_(plan), store_(store), out_(out), progress_(progress) {}

  absl::Status Run() {
    for (const ArchivePiece& piece : plan_.pieces) {
      KSO_RETURN_IF_ERROR(PutText(piece.text));
      if (piece.blob.has_value()) KSO_RETURN_IF_ERROR(PutBlob(*piece.blob));
      if (progress_) progress_(out_.position(), plan_.size);
    }
    return absl::OkStatus();
  }

 private:
  // Bytes of an earlier run are of no use from `position` on.
  absl::Status Distrust(int64_t position) {
    resuming_ = false;
    return out_.Rewind(position);
  }

  absl::Status PutText(std::string_view text) {
    const int64_t start = out_.position();
    size_t done = 0;
    while (resuming_ && done < text.size()) {
      KSO_ASSIGN_OR_RETURN(
          const size_t count,
          out_.Peek(buffer_.data(),
                    std::min(buffer_.size(), text.size() - done)));
      const std::string_view there(buffer_.data(), count);
      if (count == 0) {
        resuming_ = false;
      } else if (there != text.substr(done, count)) {
        KSO_RETURN_IF_ERROR(Distrust(start));
        done = 0;
      } else {
        KSO_RETURN_IF_ERROR(out_.Accept(there));
        done += count;
      }
    }
    return out_.Write(text.substr(done));
  }

  absl::Status PutBlob(const oci::ImagePart& part) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(part.descriptor.digest()));
    const int64_t start = out_.position();
    const int64_t size = part.descriptor.size();
    if (resuming_) {
      VerifyingSink blob(&out_, digest, size);
      KSO_RETURN_IF_ERROR(TakeWhatIsThere(blob, size));
      const bool some = blob.position() > 0;
      if (blob.position() < size) {
        KSO_RETURN_IF_ERROR(Fetch(part, blob));
      }
      const absl::Status status = blob.Finish();
      if (status.ok() || !some) return status;
      // An earlier run's bytes were damaged, or torn by a crash.
      KSO_RETURN_IF_ERROR(Distrust(start));
    }
    VerifyingSink blob(&out_, digest, size);
    KSO_RETURN_IF_ERROR(Fetch(part, blob));
    return blob.Finish();
  }

  absl::Status TakeWhatIsThere(VerifyingSink& blob, int64_t size) {
    while (blob.position() < size) {
      const auto wanted = static_cast<size_t>(std::min<int64_t>(
          size - blob.position(), static_cast<int64_t>(buffer_.size())));
      KSO_ASSIGN_OR_RETURN(const size_t count,
                           out_.Peek(buffer_.data(), wanted));
      if (count == 0) {
        resuming_ = false;
        return absl::OkStatus();
      }
      const std::string_view there(buffer_.data(), count);
      KSO_RETURN_IF_ERROR(blob.Skip(there));
      KSO_RETURN_IF_ERROR(out_.Accept(there));
      if (progress_) progress_(out_.position(), plan_.size);
    }
    return absl::OkStatus();
  }

  // Fetches the bytes that `blob` lacks.
  absl::Status Fetch(const oci::ImagePart& part, VerifyingSink& blob) {
    class Counted : public ByteSink {
     public:
      Counted(Writer* writer, ByteSink* next)
          : writer_(*writer), next_(*next) {}
      absl::Status Write(std::string_view bytes) override {
        KSO_RETURN_IF_ERROR(next_.Write(bytes));
        if (writer_.progress_) {
          writer_.progress_(writer_.out_.position(), writer_.plan_.size);
        }
        return absl::OkStatus();
      }

     private:
      Writer& writer_;
      ByteSink& next_;
    } counted(this, &blob);
    return store_.GetBlob(part.repository, part.descriptor, counted,
                          blob.position());
  }

  const ArchivePlan& plan_;
  oci::ImageStore& store_;
  PartWriter& out_;
  const CarryProgress& progress_;
  // Tells whether bytes of an earlier run may be right at the position.
  bool resuming_ = true;
  std::string buffer_ = std::string(kBufferBytes, '\0');
};

}  // namespace

absl::Status WriteArchive(const ArchivePlan& plan, oci::ImageStore& store,
                          PartWriter& out, const CarryProgress& progress) {
  return Writer(plan, store, out, progress).Run();
}

}  // namespace kso::cli
