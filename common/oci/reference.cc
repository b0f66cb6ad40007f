// SPDX-License-Identifier: Apache-2.0
#include "common/oci/reference.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/base/strings.h"
#include "common/text/without_login.h"

namespace kso::oci {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kOfficialPrefix = "library/";

absl::Status BadReference(std::string_view text, std::string_view reason) {
  return absl::InvalidArgumentError(
      Concat("\"", absl::CHexEscape(WithoutLogin(text).substr(0, 300)),
             "\" is not an image reference: ", reason));
}

// Returns whether `host` is one of the names of Docker Hub that people and
// tools write.
bool IsDockerHub(std::string_view host) {
  if (host.ends_with(":443")) host.remove_suffix(4);
  for (const std::string_view name :
       {kDockerHub, std::string_view("index.docker.io"),
        std::string_view("registry-1.docker.io"),
        std::string_view("registry.hub.docker.com")}) {
    if (host == name) return true;
  }
  return false;
}

// Docker keeps 64 hex digits for image ids.
bool LooksLikeImageId(std::string_view name) {
  return name.size() == 64 &&
         name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<Reference> Reference::Parse(std::string_view text) {
  Reference reference;
  std::string_view name = text;
  if (const size_t at = name.find('@'); at != std::string_view::npos) {
    absl::StatusOr<Digest> digest = Digest::Parse(name.substr(at + 1));
    if (name.find('/', at) != std::string_view::npos) {
      return BadReference(text,
                          "it has a user name or a password; keep the login "
                          "apart, as `docker login` does");
    }
    if (!digest.ok()) {
      return BadReference(text, ToStd(digest.status().message()));
    }
    reference.digest = *std::move(digest);
    name = name.substr(0, at);
  }
  const size_t colon = name.rfind(':');
  const size_t last_slash = name.rfind('/');
  if (colon != std::string_view::npos &&
      (last_slash == std::string_view::npos || colon > last_slash)) {
    reference.tag = name.substr(colon + 1);
    name = name.substr(0, colon);
    if (!IsValidTag(reference.tag)) {
      return BadReference(text,
                          "a tag is up to 128 letters, digits, '_', '.' and "
                          "'-', and does not begin with '.' or '-'");
    }
  }
  if (LooksLikeImageId(name)) {
    return BadReference(text, "64 hex digits are an image id; name the image");
  }
  const size_t slash = name.find('/');
  if (slash != std::string_view::npos && LooksLikeHost(name.substr(0, slash))) {
    reference.host = name.substr(0, slash);
    reference.path = name.substr(slash + 1);
  } else {
    reference.host = kDockerHub;
    reference.path = name;
  }
  if (!IsValidHost(reference.host)) {
    return BadReference(text,
                        "the part before the first '/' must be a host "
                        "name or address, with a port if need be");
  }
  // A capital letter may be all that makes a host of it: without, the text
  // would name a repository of Docker Hub.
  if (std::string canonical = CanonicalRegistryHost(reference.host);
      LooksLikeHost(canonical)) {
    reference.host = std::move(canonical);
  }
  if (!IsValidRepositoryPath(reference.path)) {
    return BadReference(text,
                        "a repository is lowercase letters and digits, with "
                        "single '.', '_' or '-' between them, in components "
                        "separated by '/'");
  }
  if (reference.host == kDockerHub &&
      reference.path.find('/') == std::string::npos) {
    reference.path.insert(0, kOfficialPrefix);
  }
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

std::string CanonicalRegistryHost(std::string_view host) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(host));
  return IsDockerHub(lower) ? std::string(kDockerHub) : lower;
}

std::string Reference::Name() const { return Concat(host, "/", path); }

std::string Reference::ToString() const {
  std::string text = Name();
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->ToString();
  return text;
}

std::string Reference::Identifier() const {
  return digest ? digest->ToString() : tag;
}

std::string RegistryHost(std::string_view host) {
  return std::string(
      IsDockerHub(host) ? std::string_view("registry-1.docker.io") : host);
}

}  // namespace kso::oci
