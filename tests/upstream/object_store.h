// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_OBJECT_STORE_H_
#define KSO_TESTS_UPSTREAM_OBJECT_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

namespace kso::upstream {

// Content on disk, ready to be served.
struct Object {
  std::string sha256;  // hexadecimal
  uint64_t size = 0;
  std::string path;
  std::string diff_id;  // layers only: the digest of the uncompressed tar
};

// Content by what it was made of, so that a second start makes nothing. All
// methods may be called from any thread.
class ObjectStore {
 public:
  struct Made {
    std::string content;
    std::string diff_id;
  };

  static absl::StatusOr<ObjectStore> Open(const std::string& directory);

  // The object of `recipe`; calls `make` when it does not exist yet. A recipe
  // must name everything that its content depends on.
  absl::StatusOr<Object> Get(
      std::string_view recipe,
      absl::FunctionRef<absl::StatusOr<Made>()> make) const;

  absl::StatusOr<Object> Put(std::string_view content,
                             std::string_view diff_id = "") const;

 private:
  explicit ObjectStore(std::string directory)
      : directory_(std::move(directory)) {}

  std::string PathOf(std::string_view sha256) const;

  std::string directory_;
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_OBJECT_STORE_H_
