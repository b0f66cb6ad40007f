// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_STRING_SINK_H_
#define KSO_TESTS_FAKES_STRING_SINK_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/byte_stream.h"

namespace kso::testing {

// Keeps what it is given.
class StringSink : public ByteSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    content_.append(bytes);
    return absl::OkStatus();
  }

  const std::string& content() const { return content_; }

 private:
  std::string content_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_STRING_SINK_H_
