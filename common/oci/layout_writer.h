// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LAYOUT_WRITER_H_
#define KSO_COMMON_OCI_LAYOUT_WRITER_H_

#include <filesystem>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "common/bytes/digest.h"
#include "common/oci/image_closure.h"
#include "common/oci/image_store.h"
#include "common/oci/layout_index.h"

namespace kso::oci {

// Makes `to` a name of a blob's file, so that its bytes are on disk once. The
// blob's bytes need not be right. An error where a link cannot be made.
using LinkBlob = std::function<absl::Status(const Digest& digest,
                                            const std::filesystem::path& to)>;

// Brings `images`, with all that they consist of, from `store` to this machine
// as an OCI image layout (OCI image spec, image-layout.md), into `directory`,
// which may hold images already: those with other names stay, and blobs that
// are there and right are not fetched again. What `link`, where there is one,
// can link is not copied. Every byte is verified, on its way or where it is.
// Names appear last, all at once: what fails before leaves those of earlier
// images as they were, and can be run again.
//
// FAILED_PRECONDITION when another process is writing there, or when there is
// something else. Errors of `store` are handed on: NOT_FOUND when an image is
// not whole there.
absl::Status WriteOciLayout(ImageStore& store,
                            const std::vector<LayoutImage>& images,
                            const std::filesystem::path& directory,
                            const LinkBlob& link = nullptr);

// The roots of `images`, as ImageClosure takes them.
std::vector<ImagePart> RootsOf(const std::vector<LayoutImage>& images);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LAYOUT_WRITER_H_
