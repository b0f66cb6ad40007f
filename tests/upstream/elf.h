// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_ELF_H_
#define KSO_TESTS_UPSTREAM_ELF_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace kso::upstream {

// An ELF executable's header for `architecture` ("amd64", "arm64", "arm" or
// "s390x") and a body that compresses like the code of a Go program: gzip -1
// takes it to some 45 %. It does not run. At least 120 bytes long.
std::string MakeElf(std::string_view architecture, uint64_t seed, size_t size);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_ELF_H_
