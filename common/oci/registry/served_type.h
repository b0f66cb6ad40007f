// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_SERVED_TYPE_H_
#define KSO_COMMON_OCI_REGISTRY_SERVED_TYPE_H_

#include <string>
#include <string_view>

#include "common/http/transport.h"

namespace kso::oci {

// The media type of an answer's body: its Content-Type without parameters, in
// lower case; empty where it has none.
std::string ServedType(const http::Response& response);

// Returns whether a media type says nothing of a document: it is empty, or what
// plain file servers and object stores call any file.
bool SaysNothing(std::string_view media_type);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_SERVED_TYPE_H_
