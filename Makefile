# SPDX-License-Identifier: Apache-2.0
# The targets that the scripts' users know, done with kso. `make help` lists them.
#
#   make build RELEASE=my-release        builds both images of my-release/release.yaml
#   make push                            the same: a build pushes to its destination
#
# They use the coordinator of KSO_COORDINATOR, or start a farm on this machine.
SHELL := /bin/bash
RELEASE ?= deploy/releases/kubespray-2.25.1
# What was compiled here, else what is installed.
KSOCTL ?= $(or $(wildcard bazel-bin/cli/ksoctl),$(shell command -v ksoctl),bazel-bin/cli/ksoctl)
CERTS ?= certs
OUT ?= dist
IMAGES ?= $(OUT)/release.tar
DEST ?=
BUILD ?= $(shell $(KSOCTL) builds --output json 2>/dev/null | sed -n 's/.*"buildId": *"\([^"]*\)".*/\1/p' | head -n 1)

.DEFAULT_GOAL := help
.PHONY: help setup programs build build-files build-images push pull deploy stop test status logs gen-certs package docs clean

help: ## Show this
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## Install what is missing (as root)
	deploy/setup build worker

programs: ## Compile kso
	bazel build //coordinator:kso-coordinator //worker:kso-worker //cli:ksoctl

deploy: ## Start a farm on this machine: a coordinator and a worker of each platform
	$(KSOCTL) farm up --platform linux/amd64 --platform linux/arm64

stop: ## Stop that farm
	$(KSOCTL) farm down

build: ## Build both images of RELEASE, push and tag them
	$(KSOCTL) submit -f $(RELEASE)/release.yaml --wait

build-files: ## Build only kubespray-files of RELEASE
	deploy/scripts/build-multiarch-files.sh $(RELEASE)

build-images: ## Build only kubespray-images of RELEASE
	deploy/scripts/build-multiarch-images.sh $(RELEASE)

push: build ## The same as build: a build pushes as it goes, and tags at the end

pull: ## Write the images of BUILD to IMAGES, to carry them inside
	@mkdir -p $(dir $(IMAGES))
	$(KSOCTL) export $(BUILD) -o oci-archive:$(IMAGES)

status: ## Say how far BUILD is (by default the newest)
	$(KSOCTL) status $(BUILD)

logs: ## Show everything that happened in BUILD (by default the newest)
	$(KSOCTL) logs $(BUILD)

gen-certs: ## Make a CA and the coordinator's certificate in CERTS
	$(KSOCTL) certs init $(CERTS)

test: ## Run all tests
	./tests/run

package: ## Make packages, archives and container images in OUT
	deploy/package --out $(OUT)

docs: ## Make the site of the documents in dist/docs
	deploy/docs

clean: ## Delete what was compiled and packaged
	bazel clean
	rm -rf $(OUT)
