// SPDX-License-Identifier: Apache-2.0
#include "common/release_file/sections.h"

namespace kso::release_file {

void ReadMirrors(const ReleaseInput& input, const YamlNode& node,
                 v1::Release* release) {
  if (node.kind != YamlNode::Kind::kSequence) {
    input.problems->Add({input.file, node.line}, "'mirrors' should be a list",
                        "write - {prefix: \"docker.io/\", location: "
                        "\"HOST/docker.io/\"}, one a line");
    return;
  }
  for (const YamlNode& item : node.items) {
    const Fields fields(item, "mirrors", input.file,
                        {"prefix", "location", "insecure"}, input.problems);
    const auto prefix = fields.RequiredString("prefix", "say what to replace");
    const auto location =
        fields.RequiredString("location", "say what to replace it with");
    const bool insecure = fields.Bool("insecure", false);
    if (!prefix.has_value() || !location.has_value()) continue;
    const int index = release->mirrors_size();
    input.places->Set(release::Field::kMirrorPrefix, index, prefix->place);
    input.places->Set(release::Field::kMirrorLocation, index, location->place);
    input.places->Set(release::Field::kMirrorInsecure, index,
                      fields.PlaceOf("insecure"));
    v1::Mirror& mirror = *release->add_mirrors();
    mirror.set_prefix(prefix->text);
    mirror.set_location(location->text);
    mirror.set_insecure(insecure);
  }
}

}  // namespace kso::release_file
