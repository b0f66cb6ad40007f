# SPDX-License-Identifier: Apache-2.0
"""Where the root of arm64's libraries is."""

# deploy/setup makes this directory from Debian's packages, and reads its name
# here. The cross compiler takes headers and libraries from it, and qemu the
# shared libraries that an arm64 program loads.
ARM64_SYSROOT = "/usr/local/lib/kso/sysroot-arm64"
