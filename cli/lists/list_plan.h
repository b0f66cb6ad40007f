// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_LISTS_LIST_PLAN_H_
#define KSO_CLI_LISTS_LIST_PLAN_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/lists/feature_rules.h"
#include "cli/lists/image_mentions.h"
#include "cli/lists/kubespray_checkout.h"
#include "cli/lists/listing.h"
#include "cli/lists/render_request.h"
#include "cli/lists/role_tree.h"

namespace kso::cli {

// The choice of the items of a release that are listed.
enum class Scope {
  // The items that the rendered values of variables enable.
  kEnabled,
  // All that Kubespray can download or name.
  kEverything,
};

// Turns a checkout into questions to Ansible, and the answers into lists: the
// entries of `downloads`, the images that roles and templates name, and the
// rules of feature_rules.h. What cannot be told is taken as asked for, and
// reported. Not thread safe.
class ListPlan {
 public:
  // `checkout` and `tree` must outlive the plan.
  static absl::StatusOr<ListPlan> Make(const KubesprayCheckout& checkout,
                                       const RoleTree& tree, Scope scope);

  // For kso_render.py. Variables that `keep` matches are not restored.
  std::string Request(const std::vector<std::string>& keep) const;

  // Adds what one answer asks for.
  void AddTo(const RenderAnswer& answer, Listing& listing) const;

 private:
  // Numbers of questions; -1 where there is nothing to ask.
  struct DownloadQuestions {
    const Download* download;
    // nullptr: as the variables are.
    const Variant* variant;
    int enabled;
    int file;
    int container;
    int url;
    int checksum;
    int repo;
    int tag;
  };
  struct ConditionQuestion {
    int number;
    // It compares versions, which enabling a feature does not change.
    bool of_version;
  };
  using AllOf = std::vector<ConditionQuestion>;
  struct MentionQuestions {
    std::string role;
    ImageMention mention;
    // "roles/kubernetes-apps/metallb/templates/metallb.yaml.j2".
    std::string file;
    int text;
    // The same where Kubespray's general defaults are the stronger ones.
    int general;
    AllOf conditions;
    // One of them has to hold; empty when no task names the file.
    std::vector<AllOf> tasks;
  };
  struct RuleQuestions {
    const FeatureRule* rule;
    int condition;
    int text;
  };
  struct UseQuestions {
    const RoleUse* use;
    // -1 where the role's name is no template.
    int role;
    AllOf conditions;
  };
  struct ArgocdQuestions {
    int enabled = -1;
    int version = -1;
    // Its manifest, where `downloads` does not have it.
    int url = -1;
  };

  ListPlan(const KubesprayCheckout& checkout, const RoleTree& tree, Scope scope)
      : checkout_(&checkout), tree_(&tree), scope_(scope) {}

  void AskDownloads();
  void AskDownload(const Download& download, const Variant* variant);
  void AskUses();
  absl::Status AskMentions();
  void AskRules();
  void AskArgocd();
  AllOf AskAll(const std::string& role, const Conditions& conditions);

  bool IsEnabled(const RenderAnswer& answer, int number) const;
  bool MayHold(const RenderAnswer& answer, const AllOf& conditions) const;
  // The roles that a cluster applies, and with what cannot be told about it
  // those that it may apply: the variable that has the role's name.
  std::map<std::string, std::string> AppliedRoles(
      const RenderAnswer& answer) const;
  void AddDownload(const RenderAnswer& answer,
                   const DownloadQuestions& questions, Listing& listing) const;
  // `doubt`: as AppliedRoles has it of the mention's role.
  void AddMention(const RenderAnswer& answer, const MentionQuestions& questions,
                  const std::string& doubt, Listing& listing) const;
  void AddRule(const RenderAnswer& answer, const RuleQuestions& questions,
               Listing& listing) const;
  void AddArgocd(const RenderAnswer& answer, Listing& listing) const;
  // The images of entries of `downloads` that are not enabled.
  std::set<std::string> DisabledImages(const RenderAnswer& answer) const;

  const KubesprayCheckout* checkout_;
  const RoleTree* tree_;
  Scope scope_;
  RenderRequest request_;
  std::vector<DownloadQuestions> downloads_;
  std::vector<UseQuestions> uses_;
  // The roles that something applies, under whatever conditions.
  std::set<std::string> used_;
  std::vector<MentionQuestions> mentions_;
  std::vector<RuleQuestions> rules_;
  ArgocdQuestions argocd_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_LISTS_LIST_PLAN_H_
