#ifndef KSO_COMMON_LAYER_GZIP_ENCODER_H_
#define KSO_COMMON_LAYER_GZIP_ENCODER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/base/byte_stream.h"
#include "common/layer/encode_pool.h"

namespace kso {

// Encodes what is written to it as a sequence of gzip members (RFC 1952), which
// any gzip reader decodes to the whole. The bytes depend only on what is
// written and on where the runs begin, not on how it is cut into Writes, the
// machine, the number of threads or the time. Memory is bounded. Not thread
// safe.
class GzipEncoder : public ByteSink {
 public:
  enum class Run {
    // Deflated by libdeflate at level 1, a member for each MiB.
    kDeflated,
    // One member of stored blocks, for what is compressed already.
    kStored,
  };

  // Begins with a deflated run. `sink` is written to on the caller's thread
  // only. With a pool, members are deflated on its threads as well. Both must
  // outlive it.
  explicit GzipEncoder(ByteSink* sink, EncodePool* pool = nullptr);
  ~GzipEncoder() override;

  // What follows is of this kind. Does nothing when it already is.
  absl::Status BeginRun(Run run);

  absl::Status Write(std::string_view bytes) override;

  // Ends the last member. An encoder that was given nothing writes an empty
  // member, as a gzip file has at least one.
  absl::Status Finish();

 private:
  // A deflated member on its way.
  struct Member {
    void Deflate();

    std::string plain;
    std::string encoded;
    absl::Status status;
    absl::Notification done;
  };

  absl::Status EndRun();
  absl::Status AddDeflatedMember();
  // Writes members in their order: all that are ready, or all.
  absl::Status WriteReadyMembers();
  absl::Status WriteAllMembers();
  absl::Status WriteFirstMember();
  absl::Status WriteStoredBlock(bool last);

  ByteSink& sink_;
  EncodePool* const pool_;
  // Shared with the pool's threads. In order; only the caller's thread adds and
  // takes away.
  std::deque<std::shared_ptr<Member>> members_;
  Run run_ = Run::kDeflated;
  bool wrote_member_ = false;
  // What was written and not yet encoded: less than a deflated member, or at
  // most a stored block.
  std::string pending_;
  std::string encoded_;
  // Of the stored run.
  bool member_open_ = false;
  uint32_t crc_ = 0;
  uint64_t member_bytes_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_GZIP_ENCODER_H_
