// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_LAYER_ENCODER_H_
#define KSO_COMMON_LAYER_LAYER_ENCODER_H_

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// Turns the tar of a layer into its blob. The bytes depend only on what is
// written and on where the runs begin, not on how it is cut into Writes, the
// machine, the number of threads or the time. Memory is bounded. Not thread
// safe.
class LayerEncoder : public ByteSink {
 public:
  enum class Run {
    // Bytes that may become smaller. An encoder begins with this kind.
    kPlain,
    // Bytes of a compressed format, which are stored.
    kCompressed,
  };

  // The bytes of the following Writes are of this kind. Does nothing when those
  // before were, too.
  virtual absl::Status BeginRun(Run run) = 0;

  // Ends the blob. Call once.
  virtual absl::Status Finish() = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_LAYER_ENCODER_H_
