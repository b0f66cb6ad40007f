// SPDX-License-Identifier: Apache-2.0
#include "common/oci/destination.h"

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"
#include "common/oci/grammar.h"
#include "common/text/without_login.h"

namespace kso::oci {
namespace {

constexpr absl::string_view kRegistryPrefix = "docker://";
constexpr absl::string_view kLayoutPrefix = "oci:";
constexpr absl::string_view kArchivePrefix = "oci-archive:";

absl::Status BadDestination(absl::string_view text, std::string_view reason) {
  return absl::InvalidArgumentError(
      Concat("destination \"",
             absl::CHexEscape(WithoutLogin(ToStd(text)).substr(0, 300)),
             "\": ", reason));
}

absl::StatusOr<v1::Destination> ParseRegistry(absl::string_view text,
                                              absl::string_view location) {
  while (absl::ConsumeSuffix(&location, "/")) {
  }
  const std::string_view rest = ToStd(location);
  const size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (rest.find('@') != std::string_view::npos) {
    return BadDestination(text,
                          "it has a user name, a password or a digest; keep "
                          "the login apart, as `docker login` does");
  }
  if (!IsValidHost(host) || !LooksLikeHost(host)) {
    return BadDestination(text,
                          "name the registry's host first, as in "
                          "docker://registry.example.com/team or "
                          "docker://registry:5000/team");
  }
  if (slash != std::string_view::npos &&
      !IsValidRepositoryPath(rest.substr(slash + 1))) {
    return BadDestination(text,
                          "what follows the host must be a repository path: "
                          "lowercase components, no tag, no digest");
  }
  v1::Destination destination;
  destination.set_kind(v1::Destination::REGISTRY);
  destination.set_location(std::string(location));
  return destination;
}

absl::StatusOr<v1::Destination> OfPath(absl::string_view text,
                                       absl::string_view path,
                                       v1::Destination::Kind kind) {
  if (path.empty() || path.find('\0') != absl::string_view::npos) {
    return BadDestination(text, "a path must follow the colon");
  }
  v1::Destination destination;
  destination.set_kind(kind);
  destination.set_location(std::string(path));
  return destination;
}

}  // namespace

absl::StatusOr<v1::Destination> ParseDestination(std::string_view text) {
  const absl::string_view whole = ToAbsl(text);
  absl::string_view rest = whole;
  if (absl::ConsumePrefix(&rest, kRegistryPrefix)) {
    return ParseRegistry(whole, rest);
  }
  if (absl::ConsumePrefix(&rest, kLayoutPrefix)) {
    return OfPath(whole, rest, v1::Destination::OCI_LAYOUT);
  }
  if (absl::ConsumePrefix(&rest, kArchivePrefix)) {
    return OfPath(whole, rest, v1::Destination::OCI_ARCHIVE);
  }
  return BadDestination(
      whole, "write docker://HOST/PATH, oci:DIRECTORY or oci-archive:FILE");
}

std::string FormatDestination(const v1::Destination& destination) {
  switch (destination.kind()) {
    case v1::Destination::REGISTRY:
      return Concat(kRegistryPrefix, destination.location());
    case v1::Destination::OCI_LAYOUT:
      return Concat(kLayoutPrefix, destination.location());
    case v1::Destination::OCI_ARCHIVE:
      return Concat(kArchivePrefix, destination.location());
    default:
      return destination.location();
  }
}

std::string DestinationHost(const v1::Destination& destination) {
  return destination.location().substr(0, destination.location().find('/'));
}

std::string DestinationRepository(const v1::Destination& destination,
                                  std::string_view image) {
  const std::string& location = destination.location();
  const size_t slash = location.find('/');
  if (destination.kind() != v1::Destination::REGISTRY ||
      slash == std::string::npos) {
    return std::string(image);
  }
  return Concat(location.substr(slash + 1), "/", image);
}

}  // namespace kso::oci
