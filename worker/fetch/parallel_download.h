// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_PARALLEL_DOWNLOAD_H_
#define KSO_WORKER_FETCH_PARALLEL_DOWNLOAD_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/http/transfer_options.h"
#include "common/run/clock.h"
#include "worker/fetch/partial_file.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// The sizes from which a file is fetched in several streams.
struct ParallelOptions {
  // Smaller content comes in one stream, which has brought most of it before
  // another connection has shaken hands and found its speed.
  int64_t least_bytes = 32 << 20;
  // The size of a piece, which one request asks for. Small enough that a place
  // at a host is free again soon, and that the bytes behind a gap are still in
  // the page cache when they can be hashed; large enough that the round trip
  // before it hardly counts.
  int64_t piece_bytes = 16 << 20;
  // How many streams of one download may be in flight.
  int most_streams = 4;
};

// Sends the bytes of `wanted.range`, which is set, or the first of them, to
// `sink`. ABORTED for a spare request that has no place, FAILED_PRECONDITION
// when the host does not serve ranges of this content (any more). Called from
// several threads.
using GetRange = std::function<absl::Status(const http::TransferOptions& wanted,
                                            ByteSink& sink)>;

// Fetches the missing bytes of `partial`, which will have `total`, with the
// tries of RetryWhileItHelps. The calling thread begins at the front. Once the
// host has served a range as it should, other threads fetch other pieces at the
// same time, as spare requests only. FAILED_PRECONDITION as GetRange says; the
// bytes that have come stay.
absl::Status DownloadInPieces(PartialFile& partial, int64_t total,
                              const GetRange& get,
                              const ParallelOptions& options, Clock* clock,
                              TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_PARALLEL_DOWNLOAD_H_
