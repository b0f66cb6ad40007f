// SPDX-License-Identifier: Apache-2.0
// A host that answers anything to the question what a file is.

#include <string>

#include "common/base/sizes.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/odd_transport.h"
#include "tests/fuzz/promise.h"
#include "worker/fetch/resolve_file.h"
#include "worker/task/failure.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  testing::FakeClock clock;
  clock.AdvanceByItself();
  fuzz::OddTransport transport(&input);
  worker::TaskControl control;
  v1::ResolveFile work;
  work.set_url("https://dl.example.com/tool.tar.gz");
  work.set_location("files.list:3");
  const auto file = worker::ResolveFile(work, {}, transport, clock, control);
  if (!file.ok()) {
    const v1::Failure failure = worker::ToFailure(file.status(), "");
    fuzz::RequireShown(failure.reason(), "a failure is text");
    fuzz::Require(failure.item() == work.url(), "a failure names its item");
    fuzz::Require(!failure.SerializeAsString().empty(), "a failure is sent");
    return 0;
  }
  fuzz::Require(file->size() >= -1 && file->size() <= kLargestContent,
                "a size can be one, or is not known");
  v1::ResolvedFile read;
  fuzz::Require(read.ParseFromString(file->SerializeAsString()),
                "what is sent can be read");
  return 0;
}
