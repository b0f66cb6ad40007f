// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_DOCUMENTS_H_
#define KSO_COMMON_OCI_DOCUMENTS_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "kso/v1/types.pb.h"

namespace kso::oci {

// Keeps the order of the specification, which is how people read documents.
using DocumentJson = nlohmann::ordered_json;

// A descriptor as documents hold it (OCI image spec, descriptor.md), with its
// platform where it has one.
DocumentJson DescriptorJson(const v1::Descriptor& descriptor);

// `content` with its descriptor.
v1::Document MakeDocument(std::string_view media_type, std::string content);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_DOCUMENTS_H_
