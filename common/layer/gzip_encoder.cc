#include "common/layer/gzip_encoder.h"

#include <libdeflate.h>

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"

namespace kso {
namespace {

constexpr int kLevel = 1;
constexpr size_t kMemberBytes = 1 << 20;
// RFC 1951, section 3.2.4.
constexpr size_t kStoredBlockBytes = 65535;

// RFC 1952, section 2.3: magic, deflate, no flags, no time, no extra flags, of
// an unknown operating system.
constexpr std::string_view kHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);

void AppendLittleEndian(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) {
    out.push_back(static_cast<char>(value & 0xff));
  }
}

void AppendTrailer(std::string& out, uint32_t crc, uint64_t bytes) {
  AppendLittleEndian(out, crc, 4);
  AppendLittleEndian(out, bytes & 0xffffffff, 4);
}

}  // namespace

void GzipEncoder::Member::Deflate() {
  const std::unique_ptr<libdeflate_compressor,
                        decltype(&libdeflate_free_compressor)>
      compressor(libdeflate_alloc_compressor(kLevel),
                 &libdeflate_free_compressor);
  if (compressor == nullptr) {
    status = absl::ResourceExhaustedError("no memory for a compressor");
    return;
  }
  const size_t bound =
      libdeflate_deflate_compress_bound(compressor.get(), plain.size());
  encoded.assign(kHeader);
  encoded.resize(kHeader.size() + bound);
  const size_t size =
      libdeflate_deflate_compress(compressor.get(), plain.data(), plain.size(),
                                  encoded.data() + kHeader.size(), bound);
  if (size == 0) {
    status = absl::InternalError("libdeflate did not compress");
    return;
  }
  encoded.resize(kHeader.size() + size);
  AppendTrailer(encoded, libdeflate_crc32(0, plain.data(), plain.size()),
                plain.size());
}

GzipEncoder::GzipEncoder(ByteSink* sink, EncodePool* pool)
    : sink_(*sink), pool_(pool) {}

// What the pool still works at, it has to itself.
GzipEncoder::~GzipEncoder() = default;

absl::Status GzipEncoder::BeginRun(Run run) {
  if (run == run_) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(EndRun());
  run_ = run;
  return absl::OkStatus();
}

absl::Status GzipEncoder::Write(std::string_view bytes) {
  const size_t limit = run_ == Run::kStored ? kStoredBlockBytes : kMemberBytes;
  while (!bytes.empty()) {
    pending_.reserve(limit);
    const size_t count = std::min(limit - pending_.size(), bytes.size());
    pending_.append(bytes.data(), count);
    bytes.remove_prefix(count);
    if (pending_.size() < limit) break;
    KSO_RETURN_IF_ERROR(run_ == Run::kStored ? WriteStoredBlock(false)
                                             : AddDeflatedMember());
  }
  return absl::OkStatus();
}

absl::Status GzipEncoder::Finish() {
  KSO_RETURN_IF_ERROR(EndRun());
  if (wrote_member_) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(AddDeflatedMember());
  return WriteAllMembers();
}

absl::Status GzipEncoder::EndRun() {
  if (run_ == Run::kDeflated) {
    if (!pending_.empty()) KSO_RETURN_IF_ERROR(AddDeflatedMember());
    return WriteAllMembers();
  }
  if (pending_.empty() && !member_open_) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(WriteStoredBlock(true));
  encoded_.clear();
  AppendTrailer(encoded_, crc_, member_bytes_);
  member_open_ = false;
  return sink_.Write(encoded_);
}

absl::Status GzipEncoder::AddDeflatedMember() {
  const auto member = std::make_shared<Member>();
  member->plain.swap(pending_);
  members_.push_back(member);
  wrote_member_ = true;
  const auto deflate = [member] {
    member->Deflate();
    member->plain = std::string();
    member->done.Notify();
  };
  while (pool_ == nullptr || !pool_->TryRun(deflate)) {
    if (members_.size() > 1) {
      // The pool is busy, with members of this encoder among others.
      KSO_RETURN_IF_ERROR(WriteFirstMember());
      continue;
    }
    deflate();
    break;
  }
  return WriteReadyMembers();
}

absl::Status GzipEncoder::WriteReadyMembers() {
  while (!members_.empty() && (members_.front()->done.HasBeenNotified() ||
                               members_.size() > pool_->capacity())) {
    KSO_RETURN_IF_ERROR(WriteFirstMember());
  }
  return absl::OkStatus();
}

absl::Status GzipEncoder::WriteAllMembers() {
  while (!members_.empty()) KSO_RETURN_IF_ERROR(WriteFirstMember());
  return absl::OkStatus();
}

absl::Status GzipEncoder::WriteFirstMember() {
  const std::shared_ptr<Member> first = std::move(members_.front());
  members_.pop_front();
  first->done.WaitForNotification();
  KSO_RETURN_IF_ERROR(first->status);
  return sink_.Write(first->encoded);
}

absl::Status GzipEncoder::WriteStoredBlock(bool last) {
  encoded_.clear();
  if (!member_open_) {
    encoded_ = kHeader;
    member_open_ = true;
    wrote_member_ = true;
    crc_ = 0;
    member_bytes_ = 0;
  }
  // The block's three header bits fill a byte, as all before it ends on one.
  const uint64_t length = pending_.size();
  encoded_.push_back(last ? 1 : 0);
  AppendLittleEndian(encoded_, length, 2);
  AppendLittleEndian(encoded_, ~length & 0xffff, 2);
  encoded_ += pending_;
  crc_ = libdeflate_crc32(crc_, pending_.data(), pending_.size());
  member_bytes_ += length;
  pending_.clear();
  return sink_.Write(encoded_);
}

}  // namespace kso
