// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_DIFF_CONTENTS_H_
#define KSO_COMMON_DIFF_CONTENTS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/repeated_field.h"
#include "kso/v1/build.pb.h"

namespace kso::diff {

// A file or image, as far as it is known.
struct Item {
  // The file's URL or the image's reference.
  std::string name;
  // Empty and -1 where nobody has said.
  std::string digest;
  int64_t size = -1;
};

// The items that a release brings inside.
struct Contents {
  // For people: a release's name, a build, a reference.
  std::string title;
  std::vector<Item> files;
  std::vector<Item> images;
  // The settings beside the lists, by their names: {"platforms",
  // "linux/amd64"}.
  std::vector<std::pair<std::string, std::string>> settings;
};

// Of a release that was read, which knows no sizes, and digests only where its
// lists state them.
Contents ContentsOf(const v1::Release& release);

// Of a build. One that failed knows what it had got to.
Contents ContentsOf(const v1::Build& build);

// Of what was made, with digests and sizes, and no settings.
Contents ContentsOf(
    std::string title,
    const google::protobuf::RepeatedPtrField<v1::ItemVerdict>& items);

}  // namespace kso::diff

#endif  // KSO_COMMON_DIFF_CONTENTS_H_
