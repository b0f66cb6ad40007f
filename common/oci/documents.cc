// SPDX-License-Identifier: Apache-2.0
#include "common/oci/documents.h"

#include <cstdint>
#include <utility>

#include "common/bytes/digest.h"

namespace kso::oci {

DocumentJson DescriptorJson(const v1::Descriptor& descriptor) {
  DocumentJson json = {{"mediaType", descriptor.media_type()},
                       {"digest", descriptor.digest()},
                       {"size", descriptor.size()}};
  if (descriptor.has_platform()) {
    const v1::Platform& platform = descriptor.platform();
    json["platform"] = {{"architecture", platform.architecture()},
                        {"os", platform.os()}};
    if (!platform.variant().empty()) {
      json["platform"]["variant"] = platform.variant();
    }
  }
  return json;
}

v1::Document MakeDocument(std::string_view media_type, std::string content) {
  v1::Document document;
  v1::Descriptor& descriptor = *document.mutable_content_descriptor();
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(Sha256Of(content).ToString());
  descriptor.set_size(static_cast<int64_t>(content.size()));
  document.set_content(std::move(content));
  return document;
}

}  // namespace kso::oci
