#ifndef KSO_COMMON_OCI_JSON_FIELD_H_
#define KSO_COMMON_OCI_JSON_FIELD_H_

#include <nlohmann/json.hpp>
#include <string>

namespace kso::oci {

// The string at `key` of `object`; empty when there is none, when it is no
// string, and when `object` is no object.
inline std::string StringOf(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_JSON_FIELD_H_
