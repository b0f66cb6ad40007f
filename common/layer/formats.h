// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_FORMATS_H_
#define KSO_COMMON_LAYER_FORMATS_H_

#include <string>
#include <string_view>

namespace kso {

// How the tar of a layer is compressed. Encoders (layer_writer.cc) and decoders
// (decompression.cc) are chosen by a switch over all of these,
// so that one without either does not compile.
enum class Compression { kNone, kGzip, kZstd };

// A row of the table of everything that a layer may be. A type is added by
// adding its row in formats.cc.
struct LayerFormat {
  // There is no default for any part.
  constexpr LayerFormat(std::string_view media_type,
                        std::string_view docker_media_type,
                        Compression compression)
      : media_type(media_type),
        docker_media_type(docker_media_type),
        compression(compression) {}

  // By the OCI image specification, layer.md. Layers are made as this type.
  std::string_view media_type;
  // The same by Docker's image manifest version 2, schema 2, which a base
  // image may have; empty where Docker has none.
  std::string_view docker_media_type;
  Compression compression;
};

// The row of `media_type`, OCI's or Docker's; null for a type that no layer may
// have. Rows live as long as the program.
const LayerFormat* FindLayerFormat(std::string_view media_type);

// Returns whether the farm makes layers as that media type: OCI's of any row.
bool IsLayerType(std::string_view media_type);

// Those media types, for messages: "A, B or C".
std::string LayerTypes();

}  // namespace kso

#endif  // KSO_COMMON_LAYER_FORMATS_H_
