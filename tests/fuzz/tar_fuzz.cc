// SPDX-License-Identifier: Apache-2.0
// The tar of a layer: nothing is written outside of its directory, and what is
// written is bounded.

#include <sched.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "common/bytes/byte_stream.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/scratch.h"
#include "worker/unpack/tar_unpacker.h"

namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostBytes = 64 << 10;

// The unpacked layer, two levels below a directory in which nothing else may
// appear.
struct Room {
  Room() : outside(scratch.path() / "outside"), layer(outside / "layer") {
    // A umask and a current directory of this thread alone.
    unshare(CLONE_FS);
    fs::create_directories(layer);
  }

  kso::fuzz::Scratch scratch;
  const fs::path outside;
  const fs::path layer;
};

bool OnlyTheLayerIsIn(const fs::path& outside) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(outside)) {
    if (entry.path().filename() != "layer") return false;
    ++count;
  }
  return count == 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  static Room& room = *new Room;
  fuzz::Require(chdir(room.layer.c_str()) == 0, "the directory is there");
  fuzz::Input input(data, size);
  const std::unique_ptr<ByteSource> source = SourceOfString(input.Rest());
  int64_t asked_for = 0;
  const worker::TarBounds bounds = {.most_bytes = kMostBytes,
                                    .most_entries = 1000};
  const auto unpacked = worker::UnpackTar(*source, bounds, [&](int64_t bytes) {
    asked_for += bytes;
    return absl::OkStatus();
  });
  fuzz::RequireSaid(unpacked.status(), "a refusal has a reason");
  // Each entry takes room besides its content.
  const int64_t most = bounds.most_bytes + (bounds.most_entries << 12);
  fuzz::Require(!unpacked.ok() || (*unpacked >= 0 && *unpacked <= most),
                "what is unpacked is bounded");
  fuzz::Require(asked_for <= kMostBytes, "room is asked for within the bound");
  fuzz::Require(chdir("/") == 0, "the root is there");
  fuzz::Require(OnlyTheLayerIsIn(room.outside),
                "nothing is written outside of the directory");
  // Modes may forbid what root may do all the same.
  std::error_code error;
  fs::remove_all(room.layer, error);
  fs::create_directories(room.layer, error);
  return 0;
}
