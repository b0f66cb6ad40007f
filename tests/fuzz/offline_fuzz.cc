// SPDX-License-Identifier: Apache-2.0
// An offline.yml that an image serves.

#include <string>

#include "common/closure/closure.h"
#include "common/closure/offline_reader.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string name(input.Line());
  const auto offline = closure::Offline::Read(input.Rest());
  fuzz::RequireSaid(offline.status(), "a refusal has a reason");
  if (!offline.ok()) return 0;
  for (const std::string& asked : {name, std::string("https://github.com/a/b"),
                                   std::string("registry.k8s.io/pause")}) {
    fuzz::RequireSaid(offline->PathOf(asked).status(),
                      "a refusal has a reason");
    fuzz::RequireSaid(offline->RepositoriesOf(asked).status(),
                      "a refusal has a reason");
    fuzz::RequireSaid(closure::CheckFile(*offline, asked, "k8s/github.com/a/b"),
                      "a disagreement has a reason");
    fuzz::RequireSaid(closure::CheckImage(*offline, asked, "k8s/pause"),
                      "a disagreement has a reason");
  }
  return 0;
}
