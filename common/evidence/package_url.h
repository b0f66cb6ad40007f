// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_PACKAGE_URL_H_
#define KSO_COMMON_EVIDENCE_PACKAGE_URL_H_

#include <string>
#include <string_view>

namespace kso::evidence {

// Package URLs (github.com/package-url/purl-spec), by which scanners and
// advisories name what an upstream published.

// Of a file: of the type "github" for what GitHub releases, else "generic",
// with the URL as its qualifier `download_url`.
std::string PackageUrlOfFile(std::string_view url);

// Of an image: of the type "oci", named by its digest. `reference` is full:
// "registry.k8s.io/pause:3.9".
std::string PackageUrlOfImage(std::string_view reference,
                              std::string_view digest);

// The last part of a URL's path: "containerd-1.7.2-linux-amd64.tar.gz".
std::string FileNameOf(std::string_view url);

// The version that a URL's path names: "1.7.2", the last component that looks
// like one first; empty where none does.
std::string VersionInUrl(std::string_view url);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_PACKAGE_URL_H_
