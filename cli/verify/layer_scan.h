// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_LAYER_SCAN_H_
#define KSO_CLI_VERIFY_LAYER_SCAN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::cli {

// A regular file of a layer.
struct ScannedFile {
  int64_t size = 0;
  // "sha256:HEX".
  std::string digest;
  // "sha512:HEX", and the programs in it; of a file that kubespray-files
  // serves.
  std::string sha512;
  v1::FileContent content;
  // Of a file that is itself a program, the architecture that it is for, by
  // OCI's name for it.
  std::string architecture;
  // All of a file that tells of others: what is beside the hosts in
  // kubespray-files, and the links and documents of kubespray-images.
  std::string text;
};

// The part of a layer that the finished images serve: below /opt/k8s/k8s/ and
// /var/lib/registry/.
struct LayerScan {
  // By path, without a leading slash.
  std::map<std::string, ScannedFile> files;
  // The paths at which there is no regular file or directory: links, devices.
  std::set<std::string> odd;
  // The paths that the layer hides of those below it (OCI image spec, layer.md,
  // "Whiteouts"), and the directories of which it hides all.
  std::set<std::string> hidden;
  std::set<std::string> opaque;
};

// Sends the bytes of a layer's blob, verified.
using SendBlob = std::function<absl::Status(ByteSink& sink)>;

// Reads a layer while it is sent, unpacking nothing: its tar is compared with
// `diff_id`, and each file that is served is hashed and looked into. Errors are
// those of `send`; DATA_LOSS when the tar is another, and FAILED_PRECONDITION
// when it is damaged or absurdly large.
absl::StatusOr<LayerScan> ScanLayer(const v1::Descriptor& layer,
                                    const Digest& diff_id,
                                    const SendBlob& send);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_LAYER_SCAN_H_
