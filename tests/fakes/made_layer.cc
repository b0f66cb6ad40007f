// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/made_layer.h"

#include <cstdint>
#include <string>

#include "common/bytes/digest.h"

namespace kso::testing {

v1::MadeLayer MadeOf(const v1::Task& task) {
  v1::MadeLayer made;
  v1::MakeLayer work = task.make_layer();
  // A layer that is made again is the same.
  work.clear_copy_of();
  const std::string bytes = work.SerializeAsString();
  made.mutable_layer()->set_media_type(task.make_layer().media_type());
  made.mutable_layer()->set_digest(Sha256Of(bytes).ToString());
  made.mutable_layer()->set_size(static_cast<int64_t>(bytes.size()));
  made.set_diff_id(Sha256Of("unpacked " + bytes).ToString());
  for (const v1::LayerMember& member : task.make_layer().members()) {
    v1::MadeMember& one = *made.add_members();
    one.set_path(member.path());
    one.set_size(7);
    if (member.has_blob()) {
      one.set_digest(member.blob().blob().digest());
      one.set_size(member.blob().blob().size());
    } else if (member.has_file()) {
      const std::string& stated = member.file().digest();
      if (stated.starts_with("sha512:")) one.set_sha512(stated);
      one.set_digest(stated.starts_with("sha256:")
                         ? stated
                         : Sha256Of(member.file().url()).ToString());
      one.mutable_content();
    } else {
      one.set_digest(Sha256Of(member.content()).ToString());
      one.set_size(static_cast<int64_t>(member.content().size()));
    }
  }
  return made;
}

}  // namespace kso::testing
