// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_JSON_TEXT_H_
#define KSO_COORDINATOR_API_JSON_TEXT_H_

#include <nlohmann/json.hpp>
#include <string>

namespace kso::coordinator {

// A document as text. Bytes that are no UTF-8 become U+FFFD.
inline std::string JsonText(const nlohmann::ordered_json& document) {
  return document.dump(-1, ' ', /*ensure_ascii=*/false,
                       nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_JSON_TEXT_H_
