// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_FILE_FACTS_H_
#define KSO_WORKER_LAYER_FILE_FACTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "kso/v1/worker.pb.h"
#include "worker/fetch/file_fetcher.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// The facts that a MadeMember tells of a file from upstream besides its
// SHA-256.
struct FileFacts {
  // As MadeMember says.
  std::string sha512;
  v1::FileContent content;
};

// Looks at a file that was fetched into `cache`, as far as that is needed: of
// one that is no archive only the beginning is read. Errors are as failure.h
// says.
absl::StatusOr<FileFacts> LookAtFile(const v1::FileSource& source,
                                     const CachedContent& file,
                                     DiskBlobStore& cache,
                                     TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_FILE_FACTS_H_
