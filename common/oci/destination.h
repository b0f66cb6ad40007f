// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_DESTINATION_H_
#define KSO_COMMON_OCI_DESTINATION_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// "docker://HOST[:PORT]/PATH", "oci:DIR" or "oci-archive:FILE" as a
// Destination. INVALID_ARGUMENT says what is wrong. PATH may be empty.
absl::StatusOr<v1::Destination> ParseDestination(std::string_view text);
std::string FormatDestination(const v1::Destination& destination);

// HOST[:PORT] of a REGISTRY destination.
std::string DestinationHost(const v1::Destination& destination);

// The repository of an image ("kubespray-files") at a destination, without
// host: "team/kubespray-files" for registries, the image's name otherwise.
std::string DestinationRepository(const v1::Destination& destination,
                                  std::string_view image);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_DESTINATION_H_
