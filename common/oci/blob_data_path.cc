// SPDX-License-Identifier: Apache-2.0
#include "common/oci/blob_data_path.h"

#include "common/base/strings.h"

namespace kso::oci {

std::string BlobDataPath(const Digest& digest) {
  return Concat(kBlobsDirectory, digest.algorithm_name(), "/",
                digest.hex().substr(0, 2), "/", digest.hex(), "/data");
}

}  // namespace kso::oci
