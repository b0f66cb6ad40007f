// SPDX-License-Identifier: Apache-2.0
#include "common/content/archive_reader.h"

#include <archive.h>

#include <cerrno>

#include "common/base/status_notes.h"

namespace kso {
namespace {

constexpr size_t kBufferBytes = 512 << 10;

}  // namespace

ArchiveReader::ArchiveReader(ByteSource* source)
    : source_(*source),
      archive_(archive_read_new()),
      buffer_(std::make_unique<char[]>(kBufferBytes)) {}

ArchiveReader::~ArchiveReader() { archive_read_free(archive_); }

absl::Status ArchiveReader::Open() {
  if (archive_ == nullptr) {
    return Exhausted(Resource::kMemory, "out of memory");
  }
  if (archive_read_open(archive_, this, nullptr, &ArchiveReader::OnRead,
                        nullptr) == ARCHIVE_OK) {
    return absl::OkStatus();
  }
  return Failure();
}

absl::Status ArchiveReader::Failure() const {
  if (!source_status_.ok()) return source_status_;
  const char* said = archive_error_string(archive_);
  return absl::FailedPreconditionError(said == nullptr ? "it is damaged"
                                                       : said);
}

ssize_t ArchiveReader::OnRead(struct archive* archive, void* self,
                              const void** buffer) {
  auto* reader = static_cast<ArchiveReader*>(self);
  const absl::StatusOr<size_t> count =
      reader->source_.Read(reader->buffer_.get(), kBufferBytes);
  if (!count.ok()) {
    reader->source_status_ = count.status();
    archive_set_error(archive, EIO, "the source failed");
    return -1;
  }
  *buffer = reader->buffer_.get();
  return static_cast<ssize_t>(*count);
}

}  // namespace kso
