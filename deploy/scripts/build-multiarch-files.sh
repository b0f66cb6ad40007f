#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds kubespray-files for amd64 and arm64: what the shell script of this name
# did with wget and emulated buildx, done by kso.
#
#   build-multiarch-files.sh [OPTION...] [RELEASE_DIR]
#
#   --registry HOST/PATH     where the image goes (default: what release.yaml says)
#   --version TAG            the image's tag (default: what release.yaml says)
#   --platforms LIST         such as linux/amd64,linux/arm64 (the default)
#   --no-push                write it to an OCI archive, OUTPUT, instead
#   --output FILE            that archive (default: kubespray-files.tar)
#   --no-cache               take nothing over from earlier builds
#
# REGISTRY, VERSION and PLATFORMS in the environment are defaults for the first
# three. It uses the coordinator of KSO_COORDINATOR, or starts a farm here.
exec "$(dirname "$0")/build-part.sh" files "$@"
