// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/farm_json.h"
#include "gtest/gtest.h"
#include "tests/fakes/farm_json_text.h"

namespace kso::coordinator {
namespace {

TEST(PlanJsonTest, APlanHasAllThatIsKnownOfIt) {
  EXPECT_EQ(
      Lines(DetailsJson(R"pb(
        build {
          plan {
            file_count: 1
            image_count: 2
            layer_count: 3
            bytes_to_fetch: 0
            bytes_to_pack: 4
            bytes_to_push: 5
            missing_platforms: "linux/s390x"
            bytes_reused: 6
            layers_reused: 7
            bytes_dead: 8
            previous_release: "v0"
            worker_disk_bytes: 9
            destination_problem: "it asks for a login"
            registries { registry: "quay.io" images: 10 manifest_gets: 11 }
            items {
              name: "etcd"
              size: 12
              bytes_to_fetch: 0
              rests_on_validator: true
            }
            items { name: "runc" size: -1 bytes_to_fetch: -1 }
            estimated_time { seconds: 1 }
            estimate_basis: "as v0 took"
            notes: "a note"
            missing_platforms_meaning: "there is no worker"
          }
        }
        previous_build_id: "b0"
      )pb")["plan"]),
      Expected(R"json({
    "fileCount": 1,
    "imageCount": 2,
    "layerCount": 3,
    "bytesToFetch": 0,
    "bytesToPack": 4,
    "bytesToPush": 5,
    "missingPlatforms": ["linux/s390x"],
    "bytesReused": 6,
    "layersReused": 7,
    "bytesDead": 8,
    "previousRelease": "v0",
    "previousBuild": "b0",
    "workerDiskBytes": 9,
    "destinationProblem": "it asks for a login",
    "registries": [
      {"registry": "quay.io", "images": 10, "manifestGets": 11}
    ],
    "items": [
      {
        "name": "etcd",
        "bytes": 12,
        "bytesToFetch": 0,
        "restsOnValidator": true
      },
      {"name": "runc", "restsOnValidator": false}
    ],
    "estimatedSeconds": 1.0,
    "estimateBasis": "as v0 took",
    "notes": ["a note"],
    "missingPlatformsMeaning": "there is no worker"
  })json"));
}

TEST(PlanJsonTest, APlanLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                plan { bytes_to_fetch: -1 bytes_to_pack: -1 bytes_to_push: -1 }
              }
            )pb")["plan"]),
            Expected(R"json({
    "fileCount": 0,
    "imageCount": 0,
    "layerCount": 0,
    "missingPlatforms": [],
    "bytesReused": 0,
    "layersReused": 0,
    "bytesDead": 0,
    "workerDiskBytes": 0,
    "registries": [],
    "items": [],
    "notes": []
  })json"));
}

TEST(PlanJsonTest, TheOutcomeCountsTheLayersThatWereMade) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                created { seconds: 1700000000 }
                ended { seconds: 1700000090 nanos: 500000000 }
                bytes_fetched: 20
                bytes_pushed: 30
                plan { layers_reused: 1 }
                progress {
                  phase: LAYERS
                  took { seconds: 1 nanos: 500000000 }
                }
                progress {
                  phase: VERIFY
                  took { seconds: 9 }
                }
              }
              layers { state: DONE }
              layers { state: DONE }
              layers { state: DONE }
              layers { state: FAILED }
              layers { state: RUNNING }
            )pb")["outcome"]),
            Expected(R"json({
    "bytesFetched": 20,
    "bytesPushed": 30,
    "layersMade": 2,
    "layersReused": 1,
    "seconds": 90.5,
    "layersSeconds": 1.5
  })json"));
}

TEST(PlanJsonTest, AnOutcomeIsNeverNegative) {
  // The build is younger than the clock says, and layers that are reused are
  // not looked at yet.
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                created { seconds: 1700000200 }
                plan { layers_reused: 2 }
                progress { phase: LAYERS }
              }
              layers { state: DONE }
            )pb")["outcome"]),
            Expected(R"json({
    "bytesFetched": 0,
    "bytesPushed": 0,
    "layersMade": 0,
    "layersReused": 2,
    "seconds": 0.0
  })json"));
}

TEST(PlanJsonTest, ALayerIsPlannedRunningMadeFailedOrReused) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                plan {
                  layers {
                    name: "files 1"
                    image: "kubespray-files"
                    size: 10
                    members: 2
                    dead_bytes: 3
                    bytes_to_fetch: 0
                    reused: true
                  }
                  layers { name: "2" size: -1 bytes_to_fetch: -1 }
                  layers { name: "3" }
                  layers { name: "4" }
                  layers { name: "5" }
                  layers { name: "6" }
                }
              }
              layers {
                task_id: "b1/t1"
                state: DONE
                worker: "box-1"
                layer { digest: "sha256:aa" size: 9 }
              }
              layers { state: RUNNING task_id: "b1/t2" worker: "box-2" }
              layers { state: DONE }
              layers { state: FAILED }
              layers { state: READY }
            )pb")["layers"]),
            Expected(R"json([
    {
      "name": "files 1",
      "image": "kubespray-files",
      "members": 2,
      "state": "reused",
      "bytes": 10,
      "deadBytes": 3,
      "bytesToFetch": 0,
      "digest": "sha256:aa",
      "encodedBytes": 9,
      "taskId": "b1/t1",
      "worker": "box-1"
    },
    {
      "name": "2",
      "image": "",
      "members": 0,
      "state": "running",
      "deadBytes": 0,
      "taskId": "b1/t2",
      "worker": "box-2"
    },
    {
      "name": "3",
      "image": "",
      "members": 0,
      "state": "made",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    },
    {
      "name": "4",
      "image": "",
      "members": 0,
      "state": "failed",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    },
    {
      "name": "5",
      "image": "",
      "members": 0,
      "state": "planned",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    },
    {
      "name": "6",
      "image": "",
      "members": 0,
      "state": "planned",
      "bytes": 0,
      "deadBytes": 0,
      "bytesToFetch": 0
    }
  ])json"));
}

TEST(PlanJsonTest, AnItemHasItsVerdict) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                verdicts {
                  name: "kubelet"
                  verdict: MATCHED
                  digest: "sha256:aa"
                  size: 5
                  stated: "sha256:aa"
                  architectures: "amd64"
                  architecture_problem: "it is for arm64"
                }
                verdicts { name: "etcd" verdict: UNSTATED }
              }
            )pb")["verdicts"]),
            Expected(R"json([
    {
      "name": "kubelet",
      "verdict": "matched",
      "digest": "sha256:aa",
      "bytes": 5,
      "architectures": ["amd64"],
      "stated": "sha256:aa",
      "remark": "kubelet: it is for arm64"
    },
    {
      "name": "etcd",
      "verdict": "unstated",
      "digest": "",
      "bytes": 0,
      "architectures": []
    }
  ])json"));
}

TEST(PlanJsonTest, AnImageHasTheVerdictOfEachPlatform) {
  // Each status and verification is of one image and platform: those of other
  // variants and platforms say nothing of it.
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                name: "v1"
                images {
                  name: "images"
                  repository: "team/images"
                  tags: "v1-all"
                  tags: "latest"
                  index { digest: "sha256:ii" }
                  manifests {
                    digest: "sha256:aa"
                    platform { os: "linux" architecture: "amd64" }
                  }
                  manifests { platform { os: "linux" architecture: "arm64" } }
                  manifests { platform { os: "linux" architecture: "s390x" } }
                  manifests { platform { os: "linux" architecture: "ppc64le" } }
                }
                verifications {
                  image: "images-all"
                  platform { os: "linux" architecture: "amd64" }
                  worker: "box-1"
                  native: true
                  checks: "it starts"
                  verified_in_build: "b0"
                  missing_fences: "seccomp filter"
                }
                verifications {
                  image: "images"
                  platform { os: "linux" architecture: "arm64" }
                }
              }
              platform_images {
                variant: "images-all"
                platform { os: "linux" architecture: "arm64" }
                state: FAILED
                worker: "box-2"
                failure { reason: "it does not start" }
              }
              platform_images {
                variant: "images-all"
                platform { os: "linux" architecture: "s390x" }
                state: RUNNING
                worker: "box-3"
              }
              platform_images {
                variant: "images"
                platform { os: "linux" architecture: "ppc64le" }
                state: RUNNING
                worker: "box-4"
              }
              platform_images {
                variant: "images-all"
                platform { os: "linux" architecture: "riscv64" }
                state: FAILED
                worker: "box-5"
              }
            )pb")["images"]),
            Expected(R"json([{
    "name": "images",
    "repository": "team/images",
    "tags": ["v1-all", "latest"],
    "digest": "sha256:ii",
    "platforms": [
      {
        "platform": "linux/amd64",
        "variant": "images-all",
        "verdict": "verified",
        "checks": ["it starts"],
        "digest": "sha256:aa",
        "native": true,
        "worker": "box-1",
        "verifiedInBuild": "b0",
        "missingFences": ["seccomp filter"]
      },
      {
        "platform": "linux/arm64",
        "variant": "images-all",
        "verdict": "failed",
        "checks": [],
        "reason": "it does not start",
        "worker": "box-2"
      },
      {
        "platform": "linux/s390x",
        "variant": "images-all",
        "verdict": "running",
        "checks": [],
        "worker": "box-3"
      },
      {
        "platform": "linux/ppc64le",
        "variant": "images-all",
        "verdict": "pending",
        "checks": []
      }
    ]
  }])json"));
}

TEST(PlanJsonTest, AVerifiedImageHasNoMoreThanItsVerificationSays) {
  EXPECT_EQ(Lines(DetailsJson(R"pb(
              build {
                images {
                  name: "images"
                  manifests { platform { os: "linux" architecture: "arm64" } }
                }
                verifications {
                  image: "images"
                  platform { os: "linux" architecture: "arm64" }
                }
              }
              platform_images {
                variant: "images"
                platform { os: "linux" architecture: "arm64" }
                state: DONE
                worker: "box-1"
              }
            )pb")["images"][0]["platforms"]),
            Expected(R"json([{
    "platform": "linux/arm64",
    "variant": "images",
    "verdict": "verified",
    "checks": [],
    "native": false,
    "worker": "box-1"
  }])json"));
}

TEST(PlanJsonTest, AVariantIsNamedByWhatItsFirstTagHasBesidesTheRelease) {
  const OutJson images = DetailsJson(R"pb(
    build {
      name: "v1"
      images {
        name: "files"
        tags: "v1"
        manifests {}
      }
      images {
        name: "images"
        tags: "v1-cni"
        tags: "other"
        manifests {}
      }
      images {
        name: "images"
        tags: "other"
        tags: "v1-all"
        manifests {}
      }
      images {
        name: "bare"
        manifests {}
      }
    }
  )pb")["images"];
  ASSERT_EQ(images.size(), 4);
  EXPECT_EQ(images[0]["platforms"][0]["variant"], "files");
  EXPECT_EQ(images[1]["platforms"][0]["variant"], "images-cni");
  EXPECT_EQ(images[2]["platforms"][0]["variant"], "images");
  EXPECT_EQ(images[3]["platforms"][0]["variant"], "bare");
}

}  // namespace
}  // namespace kso::coordinator
