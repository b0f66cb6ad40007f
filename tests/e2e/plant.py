#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants a fault in an image of an OCI layout, with every digest made right again.

Usage: plant.py LAYOUT NAME PATH FILE    the file at PATH of the image becomes FILE
       plant.py LAYOUT NAME PATH -       it goes, and what is below it

So only a look into the layers tells. NAME is that of index.json, PATH as the
layers have it. SHA256SUMS of kubespray-files is made right, too, unless it is
what is planted.
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile

ROOT = "opt/k8s/k8s/"
SUMS = ROOT + "SHA256SUMS"


class Layout:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.index = json.loads((self.directory / "index.json").read_bytes())

    def get(self, descriptor):
        return (self.directory / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()

    def put(self, descriptor, content):
        digest = hashlib.sha256(content).hexdigest()
        (self.directory / "blobs" / "sha256" / digest).write_bytes(content)
        return {**descriptor, "digest": "sha256:" + digest, "size": len(content)}


def matches(name, path):
    return name == path or name.startswith(path + "/")


def edit(tar, change):
    """Returns the tar with each file as `change` has it; None leaves it out."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(tar)) as old, \
            tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in old:
            content = old.extractfile(member).read() if member.isfile() else b""
            content = change(member.name, content)
            if content is None:
                continue
            member.size = len(content) if member.isfile() else 0
            new.addfile(member, io.BytesIO(content) if member.isfile() else None)
    return out.getvalue()


def main():
    layout, name, path, source = sys.argv[1:]
    planted = None if source == "-" else pathlib.Path(source).read_bytes()
    hits = 0

    def plant(member, content):
        nonlocal hits
        if matches(member, path):
            hits += 1
            return planted
        if member == SUMS and path.startswith(ROOT):
            return resummed(content)
        return content

    def resummed(sums):
        lines = []
        for line in sums.decode().splitlines():
            digest, _, file = line.partition("  ")
            if matches(ROOT + file, path):
                if planted is None:
                    continue
                digest = hashlib.sha256(planted).hexdigest()
            lines.append(f"{digest}  {file}\n")
        return "".join(lines).encode()

    store = Layout(layout)
    layers = {}

    def layer_of(layer):
        if layer["digest"] not in layers:
            tar = edit(gzip.decompress(store.get(layer)), plant)
            layers[layer["digest"]] = (store.put(layer, gzip.compress(tar, 1, mtime=0)),
                                       "sha256:" + hashlib.sha256(tar).hexdigest())
        return layers[layer["digest"]]

    for entry in store.index["manifests"]:
        if entry.get("annotations", {}).get("org.opencontainers.image.ref.name") != name:
            continue
        image = json.loads(store.get(entry))
        for position, platform in enumerate(image["manifests"]):
            manifest = json.loads(store.get(platform))
            made = [layer_of(layer) for layer in manifest["layers"]]
            config = json.loads(store.get(manifest["config"]))
            config["rootfs"]["diff_ids"] = [diff_id for _, diff_id in made]
            manifest["layers"] = [descriptor for descriptor, _ in made]
            manifest["config"] = store.put(manifest["config"], json.dumps(config).encode())
            image["manifests"][position] = store.put(platform, json.dumps(manifest).encode())
        entry.update(store.put(entry, json.dumps(image).encode()))
    (store.directory / "index.json").write_text(json.dumps(store.index))
    if not hits:
        sys.exit(f"{name} has no {path}")


main()
