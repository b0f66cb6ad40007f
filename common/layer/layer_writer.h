// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_LAYER_WRITER_H_
#define KSO_COMMON_LAYER_LAYER_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/layer/encode_pool.h"
#include "kso/v1/types.pb.h"

namespace kso {

// The version of the bytes that WriteLayer makes of given files. It is raised
// with every change that gives them other bytes, since layers are looked up by
// it.
inline constexpr std::string_view kLayerEncoder = "kso layer 1";

// A regular file of a layer.
struct LayerFile {
  // Relative and clean: no leading slash, no "." or ".." or empty component.
  std::string path;
  int64_t size = 0;
  uint32_t mode = 0644;
  // The modification time in seconds since 1970, below 2^33.
  int64_t mtime = 0;
  OpenSource open;
};

struct WrittenLayer {
  // Digest, size and media type of the encoded layer.
  v1::Descriptor descriptor;
  // Digest of the tar inside.
  Digest diff_id;
};

// Writes a layer of `files` to `sink`, the same bytes on every machine and
// processor: entries sorted by path with their parent directories, uid and gid
// 0, modes and times as given, directories of time 0, pax headers only where a
// name or size needs them.
// Files that are compressed already are stored, others compressed, on the
// threads of `pool` too when there is one, as GzipEncoder and ZstdEncoder say.
// Memory does not grow with the files' sizes.
//
// INVALID_ARGUMENT for bad or duplicate paths and unless IsLayerType
// (formats.h); DATA_LOSS when a source is shorter or longer than its size.
absl::StatusOr<WrittenLayer> WriteLayer(std::vector<LayerFile> files,
                                        std::string_view media_type,
                                        ByteSink& sink,
                                        EncodePool* pool = nullptr);

}  // namespace kso

#endif  // KSO_COMMON_LAYER_LAYER_WRITER_H_
