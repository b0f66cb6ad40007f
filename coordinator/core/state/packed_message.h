// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_PACKED_MESSAGE_H_
#define KSO_COORDINATOR_CORE_STATE_PACKED_MESSAGE_H_

#include <cstdint>
#include <memory>

#include "google/protobuf/io/coded_stream.h"

namespace kso::coordinator {

// A message kept as its serialized bytes, in one piece of memory. As an object,
// a message of strings takes several times as much. Each look parses the bytes,
// so this is for messages of which there are many and which are seldom looked
// at. Not thread safe.
template <typename Message>
class PackedMessage {
 public:
  // Packs a message. One without fields takes no memory.
  void Set(const Message& message) {
    size_ = static_cast<uint32_t>(message.ByteSizeLong());
    bytes_ = size_ == 0 ? nullptr : std::make_unique<char[]>(size_);
    message.SerializeToArray(bytes_.get(), static_cast<int>(size_));
  }
  void Clear() { Set({}); }

  bool empty() const { return size_ == 0; }
  // Parses the bytes into `message`, on top of the fields that it has.
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
