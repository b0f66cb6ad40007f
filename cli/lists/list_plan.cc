// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/list_plan.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/files/text_file.h"
#include "common/oci/reference.h"

namespace kso::cli {
namespace {

constexpr size_t kMostContentBytes = 4 << 20;
constexpr char kArgocdRole[] = "kubernetes-apps/argocd";
constexpr char kArgocdDownload[] = "argocd_install";

// The names of the variables in a template, in their order: what begins each
// tag of it.
std::vector<std::string> VariablesOf(std::string_view text) {
  std::vector<std::string> names;
  for (size_t open = text.find("{{"); open != std::string_view::npos;
       open = text.find("{{", open + 2)) {
    const absl::string_view rest =
        absl::StripLeadingAsciiWhitespace(ToAbsl(text.substr(open + 2)));
    size_t end = 0;
    while (end < rest.size() &&
           (absl::ascii_isalnum(rest[end]) || rest[end] == '_')) {
      ++end;
    }
    if (end > 0) names.emplace_back(rest.substr(0, end));
  }
  return names;
}

std::string VariablesText(std::string_view text) {
  return absl::StrJoin(VariablesOf(text), " ");
}

// Returns whether a role may be the one that a template such as "apps/{{ item
// }}" names, by what stands before and behind its tags.
bool MayBeRole(const std::string& text, const std::string& role) {
  const std::string before = text.substr(0, text.find("{{"));
  const size_t close = text.rfind("}}");
  const std::string behind =
      close == std::string::npos ? "" : text.substr(close + 2);
  return role.size() > before.size() + behind.size() &&
         absl::StartsWith(role, before) && absl::EndsWith(role, behind);
}

// A context in which Kubespray's general defaults are stronger than the role's.
// In the role's own tasks the role's are, but the download role and other roles
// see the general ones.
std::string GeneralContext(const std::string& role) {
  return absl::StrCat(role, " (general)");
}

// The variable that an error of Jinja is about ("'x' is undefined"), or what
// was rendered.
std::string CulpritOf(const std::string& error, const std::string& shown) {
  constexpr absl::string_view kUndefined = "' is undefined";
  const size_t end = error.find(kUndefined.data());
  if (end == std::string::npos) return shown;
  const size_t begin = error.rfind('\'', end - 1);
  if (begin == std::string::npos) return shown;
  return error.substr(begin + 1, end - begin - 1);
}

bool IsTrue(const Rendered& rendered) {
  const std::string value = absl::AsciiStrToLower(rendered.value);
  return value == "true" || value == "yes" || value == "1" || value == "on";
}

bool IsFalse(const Rendered& rendered) {
  return rendered.ok() && !IsTrue(rendered);
}

// "sha256:HEX" of what a table of checksums has: with or without an algorithm,
// and 0 where there is none.
std::string DigestOf(const std::string& checksum) {
  std::string text = absl::AsciiStrToLower(checksum);
  if (!absl::StrContains(text, ":")) {
    text = absl::StrCat(text.size() == 128 ? "sha512:" : "sha256:", text);
  }
  const auto digest = Digest::Parse(text);
  return digest.ok() ? digest->ToString() : "";
}

bool IsUrl(const std::string& text) {
  return absl::StartsWith(text, "https://") ||
         absl::StartsWith(text, "http://");
}

// The reference, where a text is one by which a runtime pulls: with a tag or a
// digest, and no blank or rest of a template in it.
std::optional<std::string> ReferenceOf(const std::string& text) {
  const size_t slash = text.rfind('/');
  const size_t name = slash == std::string::npos ? 0 : slash;
  if (text.find_first_of(":@", name) == std::string::npos) return std::nullopt;
  const auto reference = oci::Reference::Parse(text);
  if (!reference.ok()) return std::nullopt;
  return reference->ToString();
}

bool OfVersion(const std::string& condition) {
  return absl::StrContains(condition, "is version(") ||
         absl::StrContains(condition, "is version (");
}

std::string RoleOfPlace(const std::string& place) {
  // "roles/kubespray_defaults/defaults/main/download.yml:380".
  const std::vector<std::string> parts = absl::StrSplit(place, '/');
  return parts.size() > 1 ? parts[1] : "";
}

}  // namespace

absl::StatusOr<ListPlan> ListPlan::Make(const KubesprayCheckout& checkout,
                                        const RoleTree& tree, Scope scope) {
  ListPlan plan(checkout, tree, scope);
  plan.AskDownloads();
  plan.AskUses();
  plan.AskRules();
  plan.AskArgocd();
  if (absl::Status status = plan.AskMentions(); !status.ok()) return status;
  return plan;
}

std::string ListPlan::Request(const std::vector<std::string>& keep) const {
  // A task sees the defaults of the roles that its own depends on.
  std::map<std::string, std::set<std::string>> needed;
  for (const RoleUse& use : tree_->uses) needed[use.user].insert(use.role);
  std::map<std::string, RenderRequest::RoleFiles> files;
  for (const auto& [name, role] : tree_->roles) {
    RenderRequest::RoleFiles& own = files[name];
    for (const std::string& other : needed[name]) {
      const auto found = tree_->roles.find(other);
      if (found == tree_->roles.end() || other == name) continue;
      own.defaults.insert(own.defaults.end(), found->second.defaults.begin(),
                          found->second.defaults.end());
    }
    own.defaults.insert(own.defaults.end(), role.defaults.begin(),
                        role.defaults.end());
    own.vars = role.vars;
    RenderRequest::RoleFiles& general = files[GeneralContext(name)];
    general = own;
    general.defaults.insert(general.defaults.end(), checkout_->sources.begin(),
                            checkout_->sources.end());
  }
  return request_.ToJson(checkout_->sources, files, keep);
}

void ListPlan::AskDownloads() {
  for (const Download& download : checkout_->downloads) {
    AskDownload(download, nullptr);
    if (scope_ != Scope::kEverything) continue;
    for (const Variant& variant : Variants()) {
      if (download.name == variant.download) AskDownload(download, &variant);
    }
  }
}

void ListPlan::AskDownload(const Download& download, const Variant* variant) {
  Settings settings;
  if (variant != nullptr) settings[variant->variable] = variant->value;
  const auto ask = [&](std::string_view field) {
    const std::string text = download.Text(field);
    return text.empty() ? -1 : request_.Ask("", text, settings);
  };
  DownloadQuestions& questions = downloads_.emplace_back();
  questions.download = &download;
  questions.variant = variant;
  questions.enabled = ask("enabled");
  questions.file = ask("file");
  questions.container = ask("container");
  questions.url = ask("url");
  // Up to 2.27 the field was named after the only algorithm.
  questions.checksum = ask("checksum");
  if (questions.checksum < 0) questions.checksum = ask("sha256");
  questions.repo = ask("repo");
  questions.tag = ask("tag");
}

ListPlan::AllOf ListPlan::AskAll(const std::string& role,
                                 const Conditions& conditions) {
  AllOf questions;
  for (const std::string& condition : conditions) {
    questions.push_back(
        {request_.AskWhether(role, condition), OfVersion(condition)});
  }
  return questions;
}

void ListPlan::AskUses() {
  for (const RoleUse& use : tree_->uses) {
    used_.insert(use.role);
    const std::string context = tree_->roles.contains(use.user) ? use.user : "";
    uses_.push_back({&use,
                     absl::StrContains(use.role, "{{")
                         ? request_.Ask(context, use.role)
                         : -1,
                     AskAll(context, use.conditions)});
  }
}

absl::Status ListPlan::AskMentions() {
  for (const auto& [name, role] : tree_->roles) {
    for (const std::filesystem::path& file : role.contents) {
      const auto content = ReadTextFile(file, kMostContentBytes);
      // A value that is no text names no image.
      if (!content.ok()) continue;
      std::vector<ImageMention> mentions = FindImageMentions(*content);
      if (mentions.empty()) continue;
      std::vector<AllOf> tasks;
      for (const Conditions& conditions : ConditionsOfFile(role, file)) {
        tasks.push_back(AskAll(name, conditions));
      }
      for (ImageMention& mention : mentions) {
        MentionQuestions& questions = mentions_.emplace_back();
        questions.role = name;
        questions.file = file.lexically_relative(checkout_->directory).string();
        questions.text = request_.Ask(name, mention.text);
        questions.general = request_.Ask(GeneralContext(name), mention.text);
        questions.conditions = AskAll(name, mention.conditions);
        questions.tasks = tasks;
        questions.mention = std::move(mention);
      }
    }
  }
  return absl::OkStatus();
}

void ListPlan::AskRules() {
  for (const FeatureRule& rule : FeatureRules()) {
    std::error_code error;
    if (!tree_->roles.contains(rule.role)) continue;
    if (!std::filesystem::exists(checkout_->directory / rule.needs, error)) {
      continue;
    }
    rules_.push_back({&rule, request_.AskWhether(rule.role, rule.condition),
                      request_.Ask(rule.role, rule.text)});
  }
}

void ListPlan::AskArgocd() {
  if (!tree_->roles.contains(kArgocdRole)) return;
  const bool is_download = std::any_of(
      checkout_->downloads.begin(), checkout_->downloads.end(),
      [](const Download& entry) { return entry.name == kArgocdDownload; });
  // Where `downloads` has the manifest, it is of the version that the download
  // role sees; the role of Argo CD may have another by default.
  const std::string context = is_download ? "" : kArgocdRole;
  argocd_.enabled = request_.AskWhether(
      kArgocdRole, "argocd_enabled | default(false) | bool");
  argocd_.version = request_.Ask(context, "{{ argocd_version }}");
  if (!is_download) {
    argocd_.url = request_.Ask(context, "{{ argocd_install_url }}");
  }
}

bool ListPlan::IsEnabled(const RenderAnswer& answer, int number) const {
  return scope_ == Scope::kEverything || IsTrue(answer.ValueOf(number));
}

bool ListPlan::MayHold(const RenderAnswer& answer,
                       const AllOf& conditions) const {
  return std::none_of(
      conditions.begin(), conditions.end(), [&](const auto& condition) {
        return IsFalse(answer.ValueOf(condition.number)) &&
               (condition.of_version || scope_ == Scope::kEnabled);
      });
}

std::map<std::string, std::string> ListPlan::AppliedRoles(
    const RenderAnswer& answer) const {
  std::map<std::string, std::string> applied = {{"", ""}};
  // Each round may reach roles that those of the round before apply.
  for (size_t before = 0; before != applied.size();) {
    before = applied.size();
    for (const UseQuestions& questions : uses_) {
      const RoleUse& use = *questions.use;
      const auto user = applied.find(use.user);
      if (user == applied.end() || !MayHold(answer, questions.conditions)) {
        continue;
      }
      const Rendered name = questions.role < 0 ? Rendered{use.role, ""}
                                               : answer.ValueOf(questions.role);
      if (name.ok()) {
        applied.emplace(name.value, user->second);
        continue;
      }
      const std::string doubt = CulpritOf(name.error, use.role);
      for (const auto& [role, files] : tree_->roles) {
        if (MayBeRole(use.role, role)) applied.emplace(role, doubt);
      }
    }
  }
  return applied;
}

void ListPlan::AddDownload(const RenderAnswer& answer,
                           const DownloadQuestions& questions,
                           Listing& listing) const {
  if (!IsEnabled(answer, questions.enabled)) return;
  const Download& download = *questions.download;
  const std::string role = RoleOfPlace(download.place);
  const std::string feature =
      questions.variant != nullptr ? questions.variant->feature : download.name;
  const auto value = [&](int number,
                         std::string_view field) -> std::optional<std::string> {
    const Rendered rendered = answer.ValueOf(number);
    if (rendered.ok()) return rendered.value;
    const std::string text = download.Text(field);
    listing.AddUnsettled({role, CulpritOf(rendered.error, text),
                          Concat("downloads.", download.name, ".", field, ": ",
                                 rendered.error)});
    return std::nullopt;
  };
  const std::string checksum =
      questions.checksum < 0 ? "" : answer.ValueOf(questions.checksum).value;
  if (questions.url >= 0 && IsEnabled(answer, questions.file)) {
    const auto url = value(questions.url, "url");
    if (url.has_value() && IsUrl(*url)) {
      listing.AddFile(*url, DigestOf(checksum), answer.architecture,
                      {feature, role, VariablesText(download.Text("url"))});
    }
  }
  if (questions.repo >= 0 && IsEnabled(answer, questions.container)) {
    const auto repo = value(questions.repo, "repo");
    const auto tag = value(questions.tag, "tag");
    if (!repo.has_value() || !tag.has_value()) return;
    std::string text = absl::StrCat(*repo, ":", *tag);
    // Kubespray pulls by the digest where one is stated. An entry that is a
    // file or an image by a variable's value has one checksum for both.
    const std::string digest = DigestOf(checksum);
    if (!digest.empty() && questions.url < 0) {
      absl::StrAppend(&text, "@", digest);
    }
    if (const auto reference = ReferenceOf(text)) {
      listing.AddImage(*reference,
                       {feature, role,
                        VariablesText(absl::StrCat(download.Text("repo"),
                                                   download.Text("tag")))});
    }
  }
}

std::set<std::string> ListPlan::DisabledImages(
    const RenderAnswer& answer) const {
  std::set<std::string> images;
  for (const DownloadQuestions& questions : downloads_) {
    if (questions.repo < 0 || IsEnabled(answer, questions.enabled)) continue;
    const auto reference =
        ReferenceOf(absl::StrCat(answer.ValueOf(questions.repo).value, ":",
                                 answer.ValueOf(questions.tag).value));
    if (reference.has_value()) images.insert(*reference);
  }
  return images;
}

void ListPlan::AddMention(const RenderAnswer& answer,
                          const MentionQuestions& questions,
                          const std::string& doubt, Listing& listing) const {
  const ImageMention& mention = questions.mention;
  const Rendered rendered = answer.ValueOf(questions.text);
  auto reference = ReferenceOf(rendered.value);
  // "{% if x_repo is defined %}{{ x_repo }}:{{ x_tag }}{% else %}busybox": what
  // stands in place of a repository and a tag is an image without a tag.
  if (!reference.has_value() && absl::StrContains(mention.shown, "_repo") &&
      !rendered.value.empty()) {
    reference = ReferenceOf(absl::StrCat(rendered.value, ":latest"));
  }
  if (reference.has_value()) {
    const Reason reason{questions.role, questions.role,
                        VariablesText(mention.shown)};
    if (listing.AddImage(*reference, reason) && !doubt.empty() &&
        scope_ == Scope::kEnabled) {
      listing.AddUnsettled({questions.role, doubt,
                            absl::StrCat("whether the role is applied; so ",
                                         *reference, " is listed")});
    }
    const auto general = ReferenceOf(answer.ValueOf(questions.general).value);
    if (!general.has_value() || *general == *reference) return;
    listing.AddImage(*general, reason);
    listing.AddUnsettled(
        {questions.role, reason.variable,
         absl::StrCat("the role's own defaults make it ", *reference,
                      ", and Kubespray's general ones ", *general,
                      "; both are listed")});
    return;
  }
  const std::string place =
      absl::StrCat(questions.file, ":", mention.line, ": ");
  listing.AddUnsettled(
      {questions.role, CulpritOf(rendered.error, mention.shown),
       absl::StrCat(place, rendered.ok()
                               ? absl::StrCat("'", rendered.value,
                                              "' is the name of no image")
                               : rendered.error)});
}

void ListPlan::AddRule(const RenderAnswer& answer,
                       const RuleQuestions& questions, Listing& listing) const {
  const FeatureRule& rule = *questions.rule;
  const Rendered condition = answer.ValueOf(questions.condition);
  if (scope_ == Scope::kEnabled && IsFalse(condition)) return;
  const Rendered rendered = answer.ValueOf(questions.text);
  const Reason reason{rule.feature, rule.role, rule.variable};
  const bool is_file = rule.kind == FeatureRule::Kind::kFile;
  if (is_file && rendered.ok() && IsUrl(rendered.value)) {
    listing.AddFile(rendered.value, "", answer.architecture, reason);
  } else if (const auto reference = ReferenceOf(rendered.value);
             !is_file && reference.has_value()) {
    listing.AddImage(*reference, reason);
  } else {
    listing.AddUnsettled({rule.role, CulpritOf(rendered.error, rule.variable),
                          absl::StrCat(rule.feature, ": ", rendered.error)});
  }
}

void ListPlan::AddArgocd(const RenderAnswer& answer, Listing& listing) const {
  if (argocd_.version < 0 || !IsEnabled(answer, argocd_.enabled)) return;
  const Rendered version = answer.ValueOf(argocd_.version);
  if (argocd_.url >= 0) {
    const Rendered url = answer.ValueOf(argocd_.url);
    if (url.ok() && IsUrl(url.value)) {
      listing.AddFile(url.value, "", answer.architecture,
                      {"Argo CD's manifest", kArgocdRole,
                       "argocd_install_url argocd_version"});
    }
  }
  const auto images = ArgocdImages(version.value);
  if (!images.has_value()) {
    listing.AddUnsettled(
        {kArgocdRole, "argocd_version",
         absl::StrCat("the images in the manifest of Argo CD ", version.value,
                      version.error,
                      " are not known here; fetch it and name it with "
                      "--manifest FILE")});
    return;
  }
  for (const std::string& image : *images) {
    listing.AddImage(image,
                     {"Argo CD's manifest", kArgocdRole, "argocd_version"});
  }
}

void ListPlan::AddTo(const RenderAnswer& answer, Listing& listing) const {
  for (const DownloadQuestions& questions : downloads_) {
    AddDownload(answer, questions, listing);
  }
  for (const RuleQuestions& questions : rules_) {
    AddRule(answer, questions, listing);
  }
  AddArgocd(answer, listing);
  const std::map<std::string, std::string> applied = AppliedRoles(answer);
  const std::set<std::string> disabled = DisabledImages(answer);
  for (const MentionQuestions& questions : mentions_) {
    const auto role = applied.find(questions.role);
    if (role == applied.end() &&
        (scope_ == Scope::kEnabled || used_.contains(questions.role))) {
      continue;
    }
    if (!MayHold(answer, questions.conditions)) continue;
    const bool may_run =
        questions.tasks.empty() ||
        std::any_of(questions.tasks.begin(), questions.tasks.end(),
                    [&](const AllOf& all) { return MayHold(answer, all); });
    if (!may_run) continue;
    // A file that no task names belongs to a feature that only `downloads`
    // tells about.
    const auto reference = ReferenceOf(answer.ValueOf(questions.text).value);
    if (questions.tasks.empty() && reference.has_value() &&
        disabled.contains(*reference)) {
      continue;
    }
    AddMention(answer, questions, role == applied.end() ? "" : role->second,
               listing);
  }
}

}  // namespace kso::cli
