// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_DISK_USE_H_
#define KSO_COORDINATOR_CORE_STATE_DISK_USE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace kso::coordinator {

// The bytes of the coordinator's disk that builds hold, by the identities that
// submitted them: blobs of the farm's own store, and records of the journal. An
// identity holds a blob once, however many of its builds have it; one that
// several identities hold counts for each of them. Plain data, which only State
// changes. Not thread safe.
class DiskUse {
 public:
  // Notes that a build of `who` has a blob. Returns whether `who` holds more
  // than before.
  bool AddBlob(const std::string& build_id, const std::string& who,
               const std::string& digest, int64_t size);
  void AddRecord(const std::string& build_id, const std::string& who,
                 size_t bytes);
  // The build is forgotten.
  void Remove(const std::string& build_id);

  int64_t BytesOf(const std::string& who) const;
  // The bytes that nothing of the identity would hold without this build.
  int64_t BytesOnlyOf(const std::string& build_id) const;

 private:
  struct Blob {
    int64_t size = 0;
    // The number of the identity's builds that have it.
    int builds = 0;
  };
  struct Holder {
    int64_t bytes = 0;
    std::map<std::string, Blob> blobs;
  };
  struct Part {
    std::string who;
    int64_t record_bytes = 0;
    std::set<std::string> blobs;
  };

  // The part of a build, and its identity, are there from here on.
  Part& PartOf(const std::string& build_id, const std::string& who);

  std::map<std::string, Holder> holders_;
  std::map<std::string, Part> parts_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_DISK_USE_H_
