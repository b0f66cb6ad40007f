// SPDX-License-Identifier: Apache-2.0
#include "cli/lists/feature_rules.h"

#include "common/base/strings.h"

namespace kso::cli {
namespace {

using Kind = FeatureRule::Kind;

constexpr char kAlways[] = "true";
constexpr char kCilium[] =
    "kube_network_plugin == 'cilium' or "
    "cilium_deploy_additionally | default(false) | bool";
constexpr char kCiliumRole[] = "network_plugin/cilium";
// From 2.28 on, Kubespray lets cilium-cli install Cilium's Helm chart.
constexpr char kCiliumValues[] =
    "roles/network_plugin/cilium/templates/values.yaml.j2";
constexpr char kApprover[] = "kubelet_csr_approver_enabled | bool";
constexpr char kApproverRole[] = "kubernetes-apps/kubelet-csr-approver";

// kubeadm pulls these by its own constants (cmd/kubeadm/app/constants); the
// download role asks it for their names on a node.
constexpr char kControlPlane[] = "kubernetes/control-plane";
constexpr char kKubeadm[] = "kubeadm";
constexpr char kKubeadmVariables[] = "kube_image_repo kube_version";
#define KSO_KUBEADM_IMAGE(name)                                \
  {kKubeadm,                                                   \
   kControlPlane,                                              \
   "",                                                         \
   kAlways,                                                    \
   Kind::kImage,                                               \
   "{{ kubeadm_image_repo | default(kube_image_repo) }}/" name \
   ":v{{ kube_version | regex_replace('^v', '') }}",           \
   kKubeadmVariables}

}  // namespace

const std::vector<FeatureRule>& FeatureRules() {
  static const auto* const rules = new std::vector<FeatureRule>{
      KSO_KUBEADM_IMAGE("kube-apiserver"),
      KSO_KUBEADM_IMAGE("kube-controller-manager"),
      KSO_KUBEADM_IMAGE("kube-scheduler"),
      KSO_KUBEADM_IMAGE("kube-proxy"),
      // cilium-cli looks the chart up in the index of Cilium's repository.
      {"Cilium's chart", kCiliumRole, kCiliumValues, kCilium, Kind::kFile,
       "https://helm.cilium.io/index.yaml", "cilium_version"},
      {"Cilium's chart", kCiliumRole, kCiliumValues, kCilium, Kind::kFile,
       "https://helm.cilium.io/cilium-{{ cilium_version | "
       "regex_replace('^v', '') }}.tgz",
       "cilium_version"},
      // The chart puts the kind of cloud behind the repository of the values.
      {"Cilium's chart", kCiliumRole, kCiliumValues, kCilium, Kind::kImage,
       "{{ cilium_operator_image_repo }}-generic:{{ cilium_operator_image_tag "
       "}}",
       "cilium_operator_image_repo cilium_operator_image_tag"},
      {"kubelet-csr-approver's chart", kApproverRole, "", kApprover,
       Kind::kFile, "{{ kubelet_csr_approver_repository_url }}/index.yaml",
       "kubelet_csr_approver_repository_url"},
      {"kubelet-csr-approver's chart", kApproverRole, "", kApprover,
       Kind::kFile,
       "{{ kubelet_csr_approver_repository_url }}/kubelet-csr-approver-{{ "
       "kubelet_csr_approver_chart_version }}.tgz",
       "kubelet_csr_approver_repository_url "
       "kubelet_csr_approver_chart_version"},
      // The chart's own image, which moved to ghcr.io with chart 1.0.0.
      {"kubelet-csr-approver's chart", kApproverRole, "", kApprover,
       Kind::kImage,
       "{{ (kubelet_csr_approver_values.image | default({})).repository | "
       "default((kubelet_csr_approver_chart_version is version('1.0.0', '>=')) "
       "| ternary('ghcr.io', 'docker.io') ~ '/postfinance/"
       "kubelet-csr-approver') }}:{{ (kubelet_csr_approver_values.image | "
       "default({})).tag | default('v' ~ kubelet_csr_approver_chart_version) "
       "}}",
       "kubelet_csr_approver_chart_version kubelet_csr_approver_values"},
  };
  return *rules;
}

#undef KSO_KUBEADM_IMAGE

const std::vector<Variant>& Variants() {
  static const auto* const variants = new std::vector<Variant>{
      {"static containerd", "containerd", "containerd_static_binary", "true"},
      {"dynamic containerd", "containerd", "containerd_static_binary", "false"},
      {"kube-vip with masquerading", "kube-vip", "kube_vip_lb_fwdmethod",
       "masquerade"},
      {"kube-vip without masquerading", "kube-vip", "kube_vip_lb_fwdmethod",
       "local"},
      {"experimental Gateway API", "gateway_api_crds", "gateway_api_channel",
       "experimental"},
      {"standard Gateway API", "gateway_api_crds", "gateway_api_channel",
       "standard"},
  };
  return *variants;
}

std::optional<std::vector<std::string>> ArgocdImages(std::string_view version) {
  struct Release {
    std::string_view version;
    const char* dex;
    const char* redis;
  };
  // As manifests/install.yaml has them at these tags of argoproj/argo-cd.
  constexpr Release kReleases[] = {
      {"2.4.12", "v2.32.0", "7.0.4-alpine"},
      {"2.5.7", "v2.35.3", "7.0.7-alpine"},
      {"2.6.7", "v2.35.3", "7.0.8-alpine"},
      {"2.8.0", "v2.37.0", "7.0.11-alpine"},
      {"2.8.4", "v2.37.0", "7.0.11-alpine"},
      {"2.11.0", "v2.38.0", "7.0.14-alpine"},
      {"2.14.5", "v2.41.1", "7.0.15-alpine"},
      {"2.14.21", "v2.41.1", "7.2.11-alpine"},
  };
  if (version.starts_with('v')) version.remove_prefix(1);
  for (const Release& release : kReleases) {
    if (release.version != version) continue;
    return std::vector<std::string>{
        Concat("quay.io/argoproj/argocd:v", version),
        Concat("ghcr.io/dexidp/dex:", release.dex),
        Concat("docker.io/library/redis:", release.redis)};
  }
  return std::nullopt;
}

const std::vector<OneArchitecture>& ImagesOfOneArchitecture() {
  static const auto* const images = new std::vector<OneArchitecture>{
      {"docker.io/amazon/*",
       "The ALB controller 1.x and the EBS driver before 0.6."},
      {"docker.io/mirantis/*", "The network checker, last built in 2018."},
      {"quay.io/external_storage/*",
       "The retired CephFS and RBD provisioners, last built in 2018."},
      {"ghcr.io/k8snetworkplumbingwg/multus-cni:v3.8",
       "Multus 3.8 has been published with and without arm64."},
      {"registry.k8s.io/nvidia-gpu-device-plugin*",
       "The plugin that Kubespray names was built for amd64 only."},
  };
  return *images;
}

}  // namespace kso::cli
