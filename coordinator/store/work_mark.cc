// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/work_mark.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/files/file_io.h"
#include "common/release/build_request.h"

namespace kso::coordinator {
namespace {

// The file has slots of this size: the length of a build's id in the first
// byte, then the id. A slot of length 0 is free.
constexpr size_t kSlotBytes = 256;
constexpr int kSlots = 16;
constexpr size_t kFileBytes = kSlots * kSlotBytes;
constexpr size_t kLongestId = kSlotBytes - 1;

class MappedWorkMark : public WorkMark {
 public:
  explicit MappedWorkMark(char* page) : page_(page) {
    for (int slot = 0; slot < kSlots; ++slot) {
      const char* const bytes = BytesOf(slot);
      std::string id(bytes + 1, static_cast<unsigned char>(*bytes));
      // A file of another origin marks nothing.
      if (release::CheckBuildId(id).ok()) interrupted_.insert(std::move(id));
      SetLength(slot, 0);
    }
  }
  ~MappedWorkMark() override { munmap(page_, kFileBytes); }

  const std::set<std::string>& interrupted() const override {
    return interrupted_;
  }

  int Begin(std::string_view build_id) override {
    absl::MutexLock lock(&mutex_);
    for (int slot = 0; slot < kSlots; ++slot) {
      if (*BytesOf(slot) != 0) continue;
      const size_t length = std::min(build_id.size(), kLongestId);
      std::memcpy(BytesOf(slot) + 1, build_id.data(), length);
      SetLength(slot, length);
      return slot;
    }
    return -1;
  }
  void End(int slot) override {
    absl::MutexLock lock(&mutex_);
    SetLength(slot, 0);
  }

 private:
  char* BytesOf(int slot) const { return page_ + slot * kSlotBytes; }

  // The compiler must not move the write of the length to where it is of no
  // use, nor drop it.
  void SetLength(int slot, size_t length) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    *static_cast<volatile char*>(BytesOf(slot)) = static_cast<char>(length);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }

  // The mutex guards the bytes there.
  char* const page_;
  std::set<std::string> interrupted_;
  absl::Mutex mutex_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WorkMark>> OpenWorkMark(
    const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "deciding";
  KSO_ASSIGN_OR_RETURN(const FileDescriptor descriptor,
                       OpenFile(file, O_RDWR | O_CREAT, 0600));
  // The disk may be full later, when there is nobody to tell it to.
  if (const int error = posix_fallocate(descriptor.get(), 0, kFileBytes);
      error != 0) {
    return FileError(error, "make room for", file);
  }
  void* const page = mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE,
                          MAP_SHARED, descriptor.get(), 0);
  if (page == MAP_FAILED) return FileError(errno, "map", file);
  return std::make_unique<MappedWorkMark>(static_cast<char*>(page));
}

}  // namespace kso::coordinator
