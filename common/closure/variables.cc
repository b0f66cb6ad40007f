// SPDX-License-Identifier: Apache-2.0
#include "common/closure/variables.h"

#include "common/release/image_patterns.h"

namespace kso::closure {
namespace {

constexpr Variable kFileVariables[] = {
    {.name = "argocd_install_url",
     .upstream = "https://raw.githubusercontent.com/argoproj/argo-cd/*/"
                 "manifests/install.yaml",
     .whole = true},
    {.name = "kubelet_csr_approver_repository_url",
     .upstream = "https://postfinance.github.io/kubelet-csr-approver"},
    // kso's own, which is in cilium_install_extra_flags.
    {.name = "kso_cilium_charts", .upstream = "https://helm.cilium.io"},
    {.name = "github_url", .upstream = "https://github.com", .always = true},
    {.name = "dl_k8s_io_url", .upstream = "https://dl.k8s.io", .always = true},
    {.name = "storage_googleapis_url",
     .upstream = "https://storage.googleapis.com",
     .always = true},
    {.name = "get_helm_url", .upstream = "https://get.helm.sh", .always = true},
};

constexpr Variable kImageVariables[] = {
    {.name = "local_path_provisioner_helper_image_repo",
     .upstream = "docker.io/library/busybox",
     .whole = true},
    {.name = "external_openstack_cloud_controller_image_repo",
     .upstream =
         "registry.k8s.io/provider-os/openstack-cloud-controller-manager",
     .whole = true},
    {.name = "external_oracle_cloud_controller_image_repo",
     .upstream = "ghcr.io/oracle/cloud-provider-oci",
     .whole = true},
    {.name = "azure_csi_image_repo",
     .upstream = "mcr.microsoft.com/oss/kubernetes-csi"},
    {.name = "azure_csi_plugin_image_repo",
     .upstream = "mcr.microsoft.com/k8s/csi"},
    {.name = "gcp_pd_csi_image_repo", .upstream = "gke.gcr.io"},
    {.name = "external_huawei_cloud_controller_image_repo",
     .upstream = "swr.ap-southeast-1.myhuaweicloud.com"},
    {.name = "kube_image_repo", .upstream = "registry.k8s.io", .always = true},
    {.name = "gcr_image_repo", .upstream = "gcr.io", .always = true},
    {.name = "github_image_repo", .upstream = "ghcr.io", .always = true},
    {.name = "docker_image_repo", .upstream = "docker.io", .always = true},
    {.name = "quay_image_repo", .upstream = "quay.io", .always = true},
};

constexpr Variable kDownloadVariables[] = {
    {.name = "kubelet_download_url", .upstream = "https://dl.k8s.io/*/kubelet"},
    {.name = "kubectl_download_url", .upstream = "https://dl.k8s.io/*/kubectl"},
    {.name = "kubeadm_download_url", .upstream = "https://dl.k8s.io/*/kubeadm"},
    {.name = "etcd_download_url",
     .upstream = "https://github.com/etcd-io/etcd/*"},
    {.name = "cni_download_url",
     .upstream = "https://github.com/containernetworking/plugins/*"},
    {.name = "calicoctl_download_url",
     .upstream = "https://github.com/projectcalico/calico/*/calicoctl-*"},
    {.name = "calico_crds_download_url",
     .upstream = "https://github.com/projectcalico/calico/archive/*"},
    {.name = "ciliumcli_download_url",
     .upstream = "https://github.com/cilium/cilium-cli/*"},
    {.name = "crictl_download_url",
     .upstream = "https://github.com/kubernetes-sigs/cri-tools/*"},
    {.name = "crio_download_url",
     .upstream = "https://storage.googleapis.com/cri-o/*"},
    {.name = "helm_download_url", .upstream = "https://get.helm.sh/helm-*"},
    {.name = "runc_download_url",
     .upstream = "https://github.com/opencontainers/runc/*"},
    {.name = "crun_download_url",
     .upstream = "https://github.com/containers/crun/*"},
    {.name = "youki_download_url", .upstream = "https://github.com/*/youki/*"},
    {.name = "kata_containers_download_url",
     .upstream = "https://github.com/kata-containers/kata-containers/*"},
    {.name = "gvisor_runsc_download_url",
     .upstream = "https://storage.googleapis.com/gvisor/*/runsc"},
    {.name = "gvisor_containerd_shim_runsc_download_url",
     .upstream = "https://storage.googleapis.com/gvisor/*/"
                 "containerd-shim-runsc-v1"},
    {.name = "nerdctl_download_url",
     .upstream = "https://github.com/containerd/nerdctl/*"},
    {.name = "krew_download_url",
     .upstream = "https://github.com/kubernetes-sigs/krew/*"},
    {.name = "containerd_download_url",
     .upstream = "https://github.com/containerd/containerd/*"},
    {.name = "cri_dockerd_download_url",
     .upstream = "https://github.com/Mirantis/cri-dockerd/*"},
    {.name = "skopeo_download_url",
     .upstream = "https://github.com/lework/skopeo-binary/*"},
    {.name = "yq_download_url",
     .upstream = "https://github.com/mikefarah/yq/*"},
};

}  // namespace

absl::Span<const Variable> FileVariables() { return kFileVariables; }

absl::Span<const Variable> ImageVariables() { return kImageVariables; }

absl::Span<const Variable> DownloadVariables() { return kDownloadVariables; }

bool StandsFor(const Variable& variable, std::string_view name) {
  if (variable.whole || variable.upstream.find('*') != std::string_view::npos) {
    return release::MatchesGlob(variable.upstream, name);
  }
  return name.size() > variable.upstream.size() &&
         name.starts_with(variable.upstream) &&
         name[variable.upstream.size()] == '/';
}

const Variable* FindVariable(absl::Span<const Variable> variables,
                             std::string_view name) {
  for (const Variable& variable : variables) {
    if (StandsFor(variable, name)) return &variable;
  }
  return nullptr;
}

}  // namespace kso::closure
