// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_TAR_UNPACKER_H_
#define KSO_WORKER_UNPACK_TAR_UNPACKER_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"

namespace kso::worker {

// Told of bytes that are about to be written; its error ends the unpacking.
using MakeRoom = std::function<absl::Status(int64_t bytes)>;

// The most that a tar may take of the machine.
struct TarBounds {
  // All files together.
  int64_t most_bytes = 0;
  // All entries, with the directories that they lie in. Each costs an inode,
  // however small the layer is. The largest layers of real images have a
  // fraction of these.
  int64_t most_entries = 200'000;
};

// Unpacks the tar of a layer into the current directory, which is empty, as a
// layer for overlayfs: whiteouts (OCI image spec, layer.md) become overlayfs's
// own. Reads to the end of the tar, not of the source. Returns the bytes of all
// files together, with 4 KiB for each entry and directory. More than `bounds`
// is FAILED_PRECONDITION, and so is a path beyond those of SplitLayerPath.
//
// Nothing outside of the directory is written, whatever the tar holds: paths
// with "..", and those that lead through a link which the tar made before, are
// FAILED_PRECONDITION. Device nodes are left out, since a container's are the
// runtime's, and so are all extended attributes but capabilities(7). Owners and
// modes are as the tar says, setuid too: keep other users out of the directory.
// Trouble with the disk is the worker's (failure.h).
//
// For threads with a current directory and a umask of their own
// (unshare(CLONE_FS)), since libarchive changes both.
absl::StatusOr<int64_t> UnpackTar(ByteSource& tar, const TarBounds& bounds,
                                  const MakeRoom& make_room);

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_TAR_UNPACKER_H_
