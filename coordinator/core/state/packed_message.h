// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_PACKED_MESSAGE_H_
#define KSO_COORDINATOR_CORE_STATE_PACKED_MESSAGE_H_

#include <cstdint>
#include <memory>

#include "google/protobuf/io/coded_stream.h"

namespace kso::coordinator {

// A message as its bytes, in one piece of memory. Spread out in fields, one of
// strings takes several times as much. For what there is much of
// and is seldom looked at, since each look parses it. Not thread safe.
template <typename Message>
class PackedMessage {
 public:
  // A message without fields takes no memory.
  void Set(const Message& message) {
    size_ = static_cast<uint32_t>(message.ByteSizeLong());
    bytes_ = size_ == 0 ? nullptr : std::make_unique<char[]>(size_);
    if (size_ > 0) {
      message.SerializeToArray(bytes_.get(), static_cast<int>(size_));
    }
  }
  void Clear() {
    bytes_ = nullptr;
    size_ = 0;
  }

  bool empty() const { return size_ == 0; }
  // Adds the fields to those that `message` has.
  void MergeInto(Message& message) const {
    google::protobuf::io::CodedInputStream bytes(
        reinterpret_cast<const uint8_t*>(bytes_.get()),
        static_cast<int>(size_));
    message.MergeFromCodedStream(&bytes);
  }
  Message Get() const {
    Message message;
    MergeInto(message);
    return message;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  uint32_t size_ = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_PACKED_MESSAGE_H_
