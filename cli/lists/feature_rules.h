// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_FEATURE_RULES_H_
#define KSO_CLI_LISTS_FEATURE_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kso::cli {

// The items that a cluster asks for and neither Kubespray's `downloads` nor a
// template of its roles names: charts, and images that a chart, a manifest from
// elsewhere or kubeadm names.
struct FeatureRule {
  enum class Kind { kFile, kImage };

  const char* feature;
  // The role as whose task the texts are rendered. The rule applies only to
  // releases that have it.
  const char* role;
  // A path of the checkout without which the rule does not apply; may be empty.
  const char* needs;
  // A Jinja expression: whether the cluster asks for it.
  const char* condition;
  Kind kind;
  // The template of its URL or its reference.
  const char* text;
  // The variables that the text is made of.
  const char* variable;
};
const std::vector<FeatureRule>& FeatureRules();

// An entry of `downloads` that asks for something else by a variable's value.
// Lists of everything have both.
struct Variant {
  const char* feature;
  const char* download;
  const char* variable;
  const char* value;
};
const std::vector<Variant>& Variants();

// The images that a release of Argo CD names in its manifests/install.yaml, by
// "2.14.5" or "v2.14.5". Nothing for a release that no Kubespray names.
std::optional<std::vector<std::string>> ArgocdImages(std::string_view version);

// Patterns over images that are known to exist for amd64 only, with the reason.
struct OneArchitecture {
  const char* pattern;
  const char* why;
};
const std::vector<OneArchitecture>& ImagesOfOneArchitecture();

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_FEATURE_RULES_H_
