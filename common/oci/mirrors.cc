// SPDX-License-Identifier: Apache-2.0
#include "common/oci/mirrors.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/strings.h"

namespace kso::oci {
namespace {

using Mirrors = google::protobuf::RepeatedPtrField<v1::Mirror>;

// Returns whether `prefix`, which is not empty, ends at a border between
// components of `text`.
bool EndsAtBorder(absl::string_view text, absl::string_view prefix) {
  return prefix.back() == '/' || text.size() == prefix.size() ||
         text[prefix.size()] == '/' || text[prefix.size()] == '?';
}

// The mirror with the longest prefix that matches, or null.
const v1::Mirror* Best(absl::string_view text, const Mirrors& mirrors) {
  const v1::Mirror* best = nullptr;
  for (const v1::Mirror& mirror : mirrors) {
    if (mirror.prefix().empty() || !absl::StartsWith(text, mirror.prefix()) ||
        !EndsAtBorder(text, mirror.prefix())) {
      continue;
    }
    if (best == nullptr || mirror.prefix().size() > best->prefix().size()) {
      best = &mirror;
    }
  }
  return best;
}

// `text` with the mirror's prefix replaced, and one slash at the seam whether
// or not prefix and location both end with one.
std::string Replace(absl::string_view text, const v1::Mirror& mirror) {
  absl::string_view rest = text.substr(mirror.prefix().size());
  absl::string_view location = mirror.location();
  absl::ConsumePrefix(&rest, "/");
  if (rest.empty()) return std::string(location);
  absl::ConsumeSuffix(&location, "/");
  return Concat(location, absl::StartsWith(rest, "?") ? "" : "/", rest);
}

// The mirrors of images, with their prefixes' hosts as references have them.
Mirrors MirrorsOfImages(const Mirrors& mirrors) {
  Mirrors of_images;
  for (const v1::Mirror& mirror : mirrors) {
    const std::string& prefix = mirror.prefix();
    if (absl::StrContains(prefix, "://")) continue;
    v1::Mirror& added = *of_images.Add();
    added = mirror;
    const size_t slash = std::min(prefix.find('/'), prefix.size());
    added.set_prefix(Concat(CanonicalRegistryHost(prefix.substr(0, slash)),
                            prefix.substr(slash)));
  }
  return of_images;
}

}  // namespace

ImageSource ResolveMirror(const Reference& reference, const Mirrors& mirrors) {
  const std::string name = reference.Name();
  const Mirrors of_images = MirrorsOfImages(mirrors);
  const v1::Mirror* mirror = Best(name, of_images);
  if (mirror == nullptr) return {reference.host, reference.path, false};
  const std::string replaced = Replace(name, *mirror);
  const size_t slash = replaced.find('/');
  return {replaced.substr(0, slash),
          slash == std::string::npos ? "" : replaced.substr(slash + 1),
          mirror->insecure()};
}

std::string MirrorUrl(std::string_view url, const Mirrors& mirrors) {
  const v1::Mirror* mirror = Best(ToAbsl(url), mirrors);
  return mirror == nullptr ? std::string(url) : Replace(ToAbsl(url), *mirror);
}

}  // namespace kso::oci
