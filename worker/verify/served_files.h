// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_SERVED_FILES_H_
#define KSO_WORKER_VERIFY_SERVED_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/task_control.h"
#include "worker/verify/compared_content.h"

namespace kso::worker {

// Asks a running kubespray-files image, at `origin` ("http://127.0.0.1:8080"),
// for everything that it should serve: /health, a listing that names every
// host, every file whole (size, sha256 and ETag compared), `at_once` at the
// same time, and a byte range. Of files that are `compared` already only the
// size and the ETag are asked for, but for the smallest of all files. A body is
// read up to the file's size, and no further. Returns what was checked, in
// words. DATA_LOSS, FAILED_PRECONDITION or NOT_FOUND name the file that is not
// as it should be.
absl::StatusOr<std::vector<std::string>> CheckServedFiles(
    const v1::ExpectedFiles& expected, const std::string& origin,
    const ComparedContent& compared, http::Transport& transport, int at_once,
    TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_SERVED_FILES_H_
