#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the containers of a compose file, or of Kubernetes' manifests.

Usage: containers.py list FILE...
       containers.py dangling FILE...
       containers.py command FILE SERVICE DIRECTORY

`list` prints a JSON object for each container: its file, name, image, args, ports,
volumes (where they are mounted, and what), user, and whether it is closed as far as
the PodSecurity standard "restricted" asks for, with a read-only root.
`dangling` names, a line each, what these manifests refer to and do not have.
`command` prints the args of a compose file's service, one a line, as they are for
a process of this machine that has the service's volumes in DIRECTORY.
"""

import json
import re
import sys

import yaml


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [each for each in yaml.safe_load_all(file) if each]


def with_defaults(text):
    """Puts the default into "${NAME:-default}"."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def compose_containers(document):
    for name, service in document["services"].items():
        volumes = {}
        for each in service.get("volumes", []):
            source, target = with_defaults(each).split(":")[:2]
            volumes[target] = source
        yield {
            "name": name,
            "image": with_defaults(service["image"]),
            "args": service.get("command", []),
            "ports": [int(each.split(":")[-1]) for each in service.get("ports", [])],
            "volumes": volumes,
            "user": service.get("user", "").split(":")[0],
            "restricted": service.get("read_only", False) and service.get("cap_drop") == ["ALL"]
                          and "no-new-privileges:true" in service.get("security_opt", []),
        }


def templates(document):
    template = document.get("spec", {}).get("template")
    return [template] if template and "spec" in template else []


def is_restricted(pod, container):
    of_pod, own = (each.get("securityContext", {}) for each in (pod, container))
    return (of_pod.get("runAsNonRoot") is True and own.get("allowPrivilegeEscalation") is False
            and own.get("capabilities") == {"drop": ["ALL"]} and own.get("readOnlyRootFilesystem") is True
            and of_pod.get("seccompProfile") == {"type": "RuntimeDefault"})


def pod_containers(document):
    for template in templates(document):
        pod = template["spec"]
        for container in pod["containers"]:
            yield {
                "name": document["metadata"]["name"],
                "image": container["image"],
                "args": container.get("args", []),
                "ports": [port["containerPort"] for port in container.get("ports", [])],
                "volumes": {each["mountPath"]: each["name"] for each in container.get("volumeMounts", [])},
                "user": str(pod.get("securityContext", {}).get("runAsUser", "")),
                "restricted": is_restricted(pod, container),
            }


def containers(path):
    for document in documents(path):
        found = compose_containers(document) if "services" in document else pod_containers(document)
        for container in found:
            yield {"file": path, **container}


def selectors(document):
    """Yields the labels by which an object finds pods."""
    spec = document.get("spec", {})
    kind = document["kind"]
    if kind == "Service":
        yield spec["selector"]
    elif kind in ("PodDisruptionBudget", "StatefulSet", "Deployment"):
        yield spec["selector"]["matchLabels"]
    elif kind == "NetworkPolicy":
        yield spec["podSelector"].get("matchLabels", {})


def ports_of(document):
    """Yields the names of ports that an object expects of the pods that it finds."""
    for port in document.get("spec", {}).get("ports", []):
        yield port["targetPort"]
    for rule in document.get("spec", {}).get("ingress", []):
        for port in rule.get("ports", []):
            yield port["port"]


def probes(container):
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        if name in container:
            yield container[name]["httpGet"]["port"]


def dangling(objects):
    pods = [template for each in objects for template in templates(each)]
    names = {(each["kind"], each["metadata"]["name"]) for each in objects}
    for each in objects:
        where = f"{each['kind']} {each['metadata']['name']}"
        target = each.get("spec", {}).get("scaleTargetRef")
        if target and (target["kind"], target["name"]) not in names:
            yield f"{where} scales {target['kind']} {target['name']}"
        for labels in selectors(each):
            found = [pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items()]
            if not found:
                yield f"{where} finds no pod by {labels}"
            known = {port["name"] for pod in found for container in pod["spec"]["containers"]
                     for port in container.get("ports", [])}
            yield from (f"{where} names the port {port}" for port in ports_of(each) if port not in known)
        claims = [claim["metadata"]["name"] for claim in each.get("spec", {}).get("volumeClaimTemplates", [])]
        for template in templates(each):
            volumes = {volume["name"] for volume in template["spec"].get("volumes", [])}.union(claims)
            for container in template["spec"]["containers"]:
                mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
                yield from (f"{where} mounts {name}" for name in sorted(mounted - volumes))
                ports = {port["name"] for port in container.get("ports", [])}
                yield from (f"{where} is probed at the port {port}" for port in probes(container) if port not in ports)


def command(path, service, directory):
    found = next(each for each in containers(path) if each["name"] == service)
    # The longest first, as mounts lie in one another.
    for argument in found["args"]:
        for target in sorted(found["volumes"], key=len, reverse=True):
            source = found["volumes"][target].removeprefix("./")
            moved = re.sub(rf"(?<=[=]){re.escape(target)}(?=/|$)", f"{directory}/{source}", argument)
            if moved != argument:
                argument = moved
                break
        yield argument


def main():
    what, *rest = sys.argv[1:]
    if what == "list":
        for path in rest:
            for container in containers(path):
                print(json.dumps(container))
    elif what == "dangling":
        print("\n".join(dangling([each for path in rest for each in documents(path)])))
    else:
        print("\n".join(command(*rest)))


main()
