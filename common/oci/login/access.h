// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_ACCESS_H_
#define KSO_COMMON_OCI_LOGIN_ACCESS_H_

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/digest.h"
#include "common/oci/image_store.h"

namespace kso::oci {

// A denial is an answer 401 or 403 of a registry or its token service, to
// whatever login there is. Many registries give it for what does not exist too,
// so that names stay hidden: to a question it is no answer. Errors of the same
// codes that this machine makes itself, such as for a token realm that it does
// not trust, are no denials.

// Marks an error as a denial. The mark stays with WithMessage and its kin
// (status_notes.h).
absl::Status AsDenial(absl::Status status);
bool IsDenial(const absl::Status& status);

// ImageStore::HasBlob, with `when_denied` in place of a denial: where a push
// follows, its answer is the one that counts.
absl::StatusOr<bool> HasBlobOr(ImageStore& store, std::string_view repository,
                               const Digest& digest, bool when_denied);

// Returns OK if all `repositories` can be pushed to (ImageStore::CheckPush),
// else the first error. NOT_FOUND names all that have to be made first.
absl::Status CheckPushToAll(ImageStore& store,
                            const std::set<std::string>& repositories);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_ACCESS_H_
