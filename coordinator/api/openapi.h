// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_OPENAPI_H_
#define KSO_COORDINATOR_API_OPENAPI_H_

#include <string_view>

namespace kso::coordinator {

// openapi.json beside this file.
extern const std::string_view kOpenApiDocument;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_OPENAPI_H_
