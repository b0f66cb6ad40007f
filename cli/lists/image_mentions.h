// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_IMAGE_MENTIONS_H_
#define KSO_CLI_LISTS_IMAGE_MENTIONS_H_

#include <string>
#include <string_view>
#include <vector>

namespace kso::cli {

// A place in a file of a role where an image is named.
struct ImageMention {
  // Counts from 1.
  int line = 0;
  // The expression that names it, as a Jinja template: "{{ nginx_image_repo
  // }}:{{ tag }}", behind the {% set %} tags that stand before it.
  std::string text;
  // The same without those tags, for messages.
  std::string shown;
  // The conditions of the {% if %} tags around it, all of which have to hold.
  std::vector<std::string> conditions;
};

// Finds the images that a template, a manifest or a tasks file of a role names:
//
//   - as the value of a key or flag whose name ends in "image" (image:,
//     sandbox_image =, --acme-http01-solver-image=), unless it is a path;
//   - as "repository:" and "tag:" below a key "image:", as values of Helm
//     charts have them;
//   - as a variable that ends in "_repo", with a tag behind it, anywhere.
//
// Does not render anything: whether a text is an image's name shows when it is
// rendered.
std::vector<ImageMention> FindImageMentions(std::string_view content);

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_IMAGE_MENTIONS_H_
