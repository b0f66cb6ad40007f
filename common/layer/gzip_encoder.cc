// SPDX-License-Identifier: Apache-2.0
#include "common/layer/gzip_encoder.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"

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

absl::StatusOr<std::string> Deflate(const std::string& plain) {
  const std::unique_ptr<libdeflate_compressor,
                        decltype(&libdeflate_free_compressor)>
      compressor(libdeflate_alloc_compressor(kLevel),
                 &libdeflate_free_compressor);
  if (compressor == nullptr) {
    return Exhausted(Resource::kMemory, "no memory for a compressor");
  }
  const size_t bound =
      libdeflate_deflate_compress_bound(compressor.get(), plain.size());
  std::string member(kHeader);
  member.resize(kHeader.size() + bound);
  const size_t size =
      libdeflate_deflate_compress(compressor.get(), plain.data(), plain.size(),
                                  member.data() + kHeader.size(), bound);
  if (size == 0) return absl::InternalError("libdeflate did not compress");
  member.resize(kHeader.size() + size);
  AppendTrailer(member, libdeflate_crc32(0, plain.data(), plain.size()),
                plain.size());
  return member;
}

}  // namespace

GzipEncoder::GzipEncoder(ByteSink* sink, EncodePool* pool)
    : sink_(*sink), members_(sink, pool, &Deflate) {}

absl::Status GzipEncoder::BeginRun(Run run) {
  if (run == run_) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(EndRun());
  run_ = run;
  return absl::OkStatus();
}

absl::Status GzipEncoder::Write(std::string_view bytes) {
  const size_t limit =
      run_ == Run::kCompressed ? kStoredBlockBytes : kMemberBytes;
  while (!bytes.empty()) {
    pending_.reserve(limit);
    const size_t count = std::min(limit - pending_.size(), bytes.size());
    pending_.append(bytes.data(), count);
    bytes.remove_prefix(count);
    if (pending_.size() < limit) break;
    KSO_RETURN_IF_ERROR(run_ == Run::kCompressed ? WriteStoredBlock(false)
                                                 : AddDeflatedMember());
  }
  return absl::OkStatus();
}

absl::Status GzipEncoder::Finish() {
  KSO_RETURN_IF_ERROR(EndRun());
  if (wrote_member_) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(AddDeflatedMember());
  return members_.WriteAll();
}

absl::Status GzipEncoder::EndRun() {
  if (run_ == Run::kPlain) {
    if (!pending_.empty()) KSO_RETURN_IF_ERROR(AddDeflatedMember());
    return members_.WriteAll();
  }
  if (pending_.empty() && !member_open_) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(WriteStoredBlock(true));
  encoded_.clear();
  AppendTrailer(encoded_, crc_, member_bytes_);
  member_open_ = false;
  return sink_.Write(encoded_);
}

absl::Status GzipEncoder::AddDeflatedMember() {
  std::string plain;
  plain.swap(pending_);
  wrote_member_ = true;
  return members_.Add(std::move(plain));
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
