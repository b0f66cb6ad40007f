// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_ELF_H_
#define KSO_TESTS_UPSTREAM_ELF_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kso::upstream {

// An ELF executable for `architecture` ("amd64", "arm64", "arm" or "s390x")
// with a body that compresses like the code of a Go program: gzip -1 takes it
// to some 45 %. For amd64 and arm64 it runs: it prints "v1.0.0", whatever it is
// asked, and ends well. At least 160 bytes long.
std::string MakeElf(std::string_view architecture, uint64_t seed, size_t size);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_ELF_H_
