// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/blob_sweep.h"

#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "common/base/digest.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/blob_image_store.h"
#include "common/oci/image_closure.h"

namespace kso::coordinator {
namespace {

namespace fs = std::filesystem;

// `needed` and what its indexes refer to.
absl::StatusOr<std::set<std::string>> Closure(BlobStore* blobs,
                                              const BlobsInFarm& needed) {
  std::set<std::string> all(needed.blobs.begin(), needed.blobs.end());
  const std::unique_ptr<oci::ImageStore> store = CreateBlobImageStore(blobs);
  for (const v1::Descriptor& index : needed.indexes) {
    all.insert(index.digest());
    const absl::StatusOr<std::vector<oci::ImagePart>> parts =
        oci::ImageClosure(*store, {{index, "", ""}});
    // Of an image that is not whole, what the build's tasks made is kept.
    if (absl::IsNotFound(parts.status())) continue;
    KSO_RETURN_IF_ERROR(parts.status());
    for (const oci::ImagePart& part : *parts) {
      all.insert(part.descriptor.digest());
    }
  }
  return all;
}

}  // namespace

absl::StatusOr<SweepReport> SweepBlobStore(BlobStore* blobs,
                                           const fs::path& directory,
                                           const BlobsInFarm& needed,
                                           absl::Time written_before) {
  KSO_ASSIGN_OR_RETURN(const std::set<std::string> keep,
                       Closure(blobs, needed));
  SweepReport report;
  for (const char* algorithm : {"sha256", "sha512"}) {
    std::error_code error;
    for (const fs::directory_entry& entry :
         fs::recursive_directory_iterator(directory / algorithm, error)) {
      const absl::StatusOr<Digest> digest = Digest::Parse(
          Concat(algorithm, ":", entry.path().filename().string()));
      struct stat info;
      if (!digest.ok() || keep.contains(digest->ToString()) ||
          ::lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode) ||
          absl::TimeFromTimespec(info.st_mtim) >= written_before ||
          ::unlink(entry.path().c_str()) != 0) {
        continue;
      }
      ++report.blobs;
      report.bytes += info.st_size;
    }
  }
  return report;
}

}  // namespace kso::coordinator
