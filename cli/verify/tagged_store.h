// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_TAGGED_STORE_H_
#define KSO_CLI_VERIFY_TAGGED_STORE_H_

#include <memory>

#include "cli/verify/image_source.h"
#include "common/oci/image_store.h"

namespace kso::cli {

// The store of an archive or a directory, in which the evidence about its
// images is also found by its tags, as in a registry: its names tell them.
// `source` must outlive it. Nothing is put there.
std::unique_ptr<oci::ImageStore> CreateTaggedStore(ImageSource& source);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_TAGGED_STORE_H_
