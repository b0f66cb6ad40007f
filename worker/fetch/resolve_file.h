// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_RESOLVE_FILE_H_
#define KSO_WORKER_FETCH_RESOLVE_FILE_H_

#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/run/clock.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Asks a host for a file's size and validators: by HEAD, or where the host does
// not support HEAD (403, 405, 501) by a GET of one byte. Errors carry item and
// location as failure.h says.
absl::StatusOr<v1::ResolvedFile> ResolveFile(
    const v1::ResolveFile& work,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors,
    http::Transport& transport, Clock& clock, TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_RESOLVE_FILE_H_
