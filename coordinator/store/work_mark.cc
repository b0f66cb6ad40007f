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

#include "common/base/file_io.h"
#include "common/base/status_macros.h"
#include "common/release/build_request.h"

namespace kso::coordinator {
namespace {

// The file: the length of the build's id in its first byte, then the id.
constexpr size_t kFileBytes = 4096;
constexpr size_t kLongestId = 255;

class MappedWorkMark : public WorkMark {
 public:
  explicit MappedWorkMark(char* page) : page_(page) {
    const size_t length = static_cast<unsigned char>(page_[0]);
    std::string id(page_ + 1, length);
    // A file of another origin marks nothing.
    if (release::CheckBuildId(id).ok()) interrupted_ = std::move(id);
    MappedWorkMark::End();
  }
  ~MappedWorkMark() override { munmap(page_, kFileBytes); }

  const std::string& interrupted() const override { return interrupted_; }

  void Begin(std::string_view build_id) override {
    const size_t length = std::min(build_id.size(), kLongestId);
    std::memcpy(page_ + 1, build_id.data(), length);
    SetLength(length);
  }
  void End() override { SetLength(0); }

 private:
  // The compiler must not move the write of the length to where it is of no
  // use, nor drop it.
  void SetLength(size_t length) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    *static_cast<volatile char*>(page_) = static_cast<char>(length);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }

  char* const page_;
  std::string interrupted_;
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
