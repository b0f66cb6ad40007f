// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_FARM_JSON_TEXT_H_
#define KSO_TESTS_FAKES_FARM_JSON_TEXT_H_

#include <google/protobuf/text_format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "coordinator/api/farm_json.h"
#include "gtest/gtest.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// Messages and their JSON as text, for tests that compare all of it.

// "2023-11-14T22:15:00.000Z": 100 seconds after most times in the tests.
inline constexpr absl::Time kNow = absl::FromUnixSeconds(1700000100);

template <typename Message>
Message Of(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

inline OutJson DetailsJson(const std::string& text) {
  return ToJson(Of<v1::BuildDetails>(text), kNow);
}

// A member a line, in the order of their names, so that a test that fails
// shows which of them are different.
inline std::string Lines(const OutJson& json) {
  return nlohmann::json::parse(json.dump()).dump(1);
}
inline std::string Expected(const char* json) {
  return nlohmann::json::parse(json).dump(1);
}

}  // namespace kso::coordinator

#endif  // KSO_TESTS_FAKES_FARM_JSON_TEXT_H_
