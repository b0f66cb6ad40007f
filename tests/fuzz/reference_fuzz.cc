// SPDX-License-Identifier: Apache-2.0
// Image references, destinations and platforms.

#include <string>

#include "common/oci/destination.h"
#include "common/oci/grammar.h"
#include "common/oci/login/token_realm.h"
#include "common/oci/mirrors.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string_view text = input.Line();
  const auto reference = oci::Reference::Parse(text);
  fuzz::RequireSaid(reference.status(), "a refusal has a reason");
  if (reference.ok()) {
    fuzz::Require(
        oci::IsValidHost(reference->host) &&
            oci::IsValidRepositoryPath(reference->path) &&
            (reference->tag.empty() || oci::IsValidTag(reference->tag)),
        "the parts of a reference are checked");
    const auto again = oci::Reference::Parse(reference->ToString());
    fuzz::Require(again.ok() && again->ToString() == reference->ToString(),
                  "a normalized reference stays as it is");
    google::protobuf::RepeatedPtrField<v1::Mirror> mirrors;
    v1::Mirror& mirror = *mirrors.Add();
    mirror.set_prefix(std::string(input.Line()));
    mirror.set_location(std::string(input.Line()));
    oci::ResolveMirror(*reference, mirrors);
    oci::MirrorUrl(text, mirrors);
  }
  const auto destination = oci::ParseDestination(text);
  fuzz::RequireSaid(destination.status(), "a refusal has a reason");
  if (destination.ok()) {
    oci::DestinationHost(*destination);
    oci::DestinationRepository(*destination, "kubespray-files");
    fuzz::Require(
        oci::ParseDestination(oci::FormatDestination(*destination)).ok(),
        "a destination that is shown can be read again");
  }
  const auto platform = oci::ParsePlatform(text);
  if (platform.ok()) {
    fuzz::Require(oci::IsValidPlatform(*platform) &&
                      oci::PlatformSatisfies(*platform, *platform),
                  "a platform satisfies itself");
  }
  const auto realms = oci::ParseTokenRealms({std::string(text)});
  fuzz::RequireSaid(realms.status(), "a refusal has a reason");
  return 0;
}
