#ifndef KSO_COMMON_OCI_LAYOUT_WRITER_H_
#define KSO_COMMON_OCI_LAYOUT_WRITER_H_

#include <filesystem>
#include <vector>

#include "absl/status/status.h"
#include "common/blob/blob_store.h"
#include "common/oci/layout_index.h"

namespace kso::oci {

// Brings `images`, with all that they consist of, from `blobs` to this machine
// as an OCI image layout (OCI image spec, image-layout.md). Every byte is
// verified on its way. Errors of `blobs` are handed on: NOT_FOUND when an image
// is not whole there.

// Into `directory`, which may hold images already: those with other names stay,
// and blobs that are there and right are not fetched again. Names appear last,
// all at once: what fails before leaves those of earlier images as they were,
// and can be run again. FAILED_PRECONDITION when another process is writing
// there, or when there is something else.
absl::Status WriteOciLayout(BlobStore& blobs,
                            const std::vector<LayoutImage>& images,
                            const std::filesystem::path& directory);

// Into a tar archive of a layout, as `skopeo copy oci-archive:FILE` reads it:
// the same bytes for the same images. `file` is replaced, and only when all is
// written, to "FILE.partial" before.
absl::Status WriteOciArchive(BlobStore& blobs,
                             const std::vector<LayoutImage>& images,
                             const std::filesystem::path& file);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LAYOUT_WRITER_H_
