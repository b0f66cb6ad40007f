// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_VERIFYING_SOURCE_H_
#define KSO_COMMON_BLOB_VERIFYING_SOURCE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"

namespace kso {

// Hands on the bytes of `source`, which must be the whole of `digest`, and
// hashes them. Wrong bytes never end well: with `size`, the Read that would
// hand out the last byte fails with DATA_LOSS; without, the Read at the end
// does. `on_verdict`, when there is one, is told once whether they were right;
// not at all when the reader stops early or `source` fails.
std::unique_ptr<ByteSource> CreateVerifyingSource(
    std::unique_ptr<ByteSource> source, const Digest& digest,
    std::optional<int64_t> size,
    std::function<void(bool right)> on_verdict = nullptr);

}  // namespace kso

#endif  // KSO_COMMON_BLOB_VERIFYING_SOURCE_H_
