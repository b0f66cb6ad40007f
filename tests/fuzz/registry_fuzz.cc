// SPDX-License-Identifier: Apache-2.0
// A registry that answers anything to a client that reads from it and pushes to
// it.

#include <string>

#include "common/base/sizes.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/oci/login/credentials.h"
#include "common/oci/media_types.h"
#include "common/oci/registry/registry_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/odd_transport.h"
#include "tests/fuzz/promise.h"

namespace {

using namespace kso;  // NOLINT(google-build-using-namespace)

constexpr char kContent[] = "content";

v1::Descriptor Content() {
  v1::Descriptor blob;
  blob.set_digest(Sha256Of(kContent).ToString());
  blob.set_size(sizeof kContent - 1);
  return blob;
}

void ReadManifest(oci::ImageStore& registry, const std::string& reference) {
  const auto head = registry.HeadManifest("a", reference);
  fuzz::RequireSaid(head.status(), "a refusal has a reason");
  if (head.ok()) {
    fuzz::Require(Digest::Parse(head->digest()).ok(), "a digest is one");
    fuzz::Require(head->size() >= 0 && head->size() <= kLargestContent,
                  "a size can be one");
  }
  const auto manifest = registry.GetManifest("a", reference);
  fuzz::RequireSaid(manifest.status(), "a refusal has a reason");
  if (manifest.ok()) {
    fuzz::Require(Sha256Of(manifest->content()).ToString() ==
                      manifest->content_descriptor().digest(),
                  "what comes out has its digest");
  }
}

void ReadBlob(oci::ImageStore& registry) {
  StringSink sink;
  const absl::Status got = registry.GetBlob("a", Content(), sink);
  fuzz::RequireSaid(got, "a refusal has a reason");
  fuzz::Require(!got.ok() || sink.content() == kContent,
                "what comes out has its digest");
}

void Push(oci::ImageStore& registry) {
  const auto pushed = registry.PutBlob("a", Content(), [](int64_t offset) {
    return SourceOfString(kContent, offset);
  });
  fuzz::RequireSaid(pushed.status(), "a refusal has a reason");
  v1::Document manifest;
  manifest.set_content(R"({"schemaVersion":2})");
  v1::Descriptor& descriptor = *manifest.mutable_content_descriptor();
  descriptor.set_media_type(std::string(oci::kOciManifest));
  descriptor.set_digest(Sha256Of(manifest.content()).ToString());
  descriptor.set_size(static_cast<int64_t>(manifest.content().size()));
  fuzz::RequireSaid(registry.PutManifest("a", manifest, "v1"),
                    "a refusal has a reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  testing::FakeClock clock;
  clock.AdvanceByItself();
  const oci::Credentials credentials;
  const size_t what = input.Below(5);
  fuzz::OddTransport transport(&input);
  const auto registry = oci::CreateRegistryClient(
      {.host = "registry.example.com", .pushes = input.OneIn(2)}, &transport,
      &clock, &credentials);
  switch (what) {
    case 0:
      ReadManifest(**registry, "v1");
      break;
    case 1:
      ReadManifest(**registry, Sha256Of("").ToString());
      break;
    case 2:
      ReadBlob(**registry);
      break;
    case 3:
      fuzz::RequireSaid((*registry)->CheckPush("a"), "a refusal has a reason");
      fuzz::RequireSaid(
          (*registry)->MountBlob("a", Sha256Of(kContent), "b").status(),
          "a refusal has a reason");
      break;
    default:
      Push(**registry);
  }
  fuzz::Require(transport.requests() < 1000, "trying again has an end");
  return 0;
}
