// SPDX-License-Identifier: Apache-2.0
// The text of a file of a Kubespray checkout, whoever wrote its roles.

#include <string>

#include "cli/lists/ansible.h"
#include "cli/lists/image_mentions.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kso;  // NOLINT(google-build-using-namespace)
  fuzz::Input input(data, size);
  const std::string_view text = input.Rest();
  int last = 1;
  for (const cli::ImageMention& mention : cli::FindImageMentions(text)) {
    fuzz::Require(mention.line >= last, "mentions are in their order");
    last = mention.line;
    fuzz::Require(!mention.text.empty(), "a mention says something");
  }
  const std::string version = cli::ParseAnsibleVersion(text);
  fuzz::Require(cli::CompareVersions(version, version) == 0,
                "a version is as new as itself");
  return 0;
}
