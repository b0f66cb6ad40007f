// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_MEDIA_TYPES_H_
#define KSO_COMMON_OCI_MEDIA_TYPES_H_

#include <string_view>

namespace kso::oci {

// The media types of indexes, manifests, configs and layers (OCI image spec,
// media-types.md), and Docker's names for them.
inline constexpr std::string_view kOciIndex =
    "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciManifest =
    "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciConfig =
    "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayerTar =
    "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip =
    "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciLayerZstd =
    "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kDockerManifestList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
// Schema 1, which no current container runtime takes; the second is the one
// with signatures, whose digest is that of its payload without them.
inline constexpr std::string_view kDockerSchema1 =
    "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view kDockerSignedSchema1 =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";
inline constexpr std::string_view kDockerConfig =
    "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";

inline bool IsIndexType(std::string_view media_type) {
  return media_type == kOciIndex || media_type == kDockerManifestList;
}
inline bool IsManifestType(std::string_view media_type) {
  return media_type == kOciManifest || media_type == kDockerManifest;
}
inline bool IsSchema1Type(std::string_view media_type) {
  return media_type == kDockerSchema1 || media_type == kDockerSignedSchema1;
}

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_MEDIA_TYPES_H_
