# SPDX-License-Identifier: Apache-2.0
"""An Ansible lookup plugin: it renders what `ksoctl lists generate` asks for.

$KSO_LISTS_REQUEST names a file with the request; the answers go into the
directory that $KSO_LISTS_ANSWERS names, one file for each host and architecture.
Each expression is rendered by itself, so that one which cannot be is an answer
of its own and costs no other. No module runs, and no host is contacted.

The request:
  sources      files with Kubespray's own variables, the weakest first
  restore      a pattern of variables with addresses: where an inventory
               overrides one, it takes Kubespray's own value back
  keep         patterns of variables of these that keep the inventory's value
  roles        for each role: the files with its defaults and its vars, those of
               the roles that it depends on first
  expressions  id, text, role ("" for none), set (variables that are set for this
               expression only)

An answer:
  host, architecture
  overridden   name and value of each variable that was restored
  values       id, and either value, as a text, or error

Its first argument is "hosts", for the names of hosts that stand for all, or the
architecture, as the kernel calls it.
"""
import fnmatch
import json
import os
import re

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

try:  # From ansible-core 2.19 on only text that is marked is a template.
    from ansible.template import trust_as_template
except ImportError:
    def trust_as_template(text):
        return text


def load(loader, path):
    """The variables of a file, whose texts may be templates."""
    try:
        return loader.load_from_file(path, trusted_as_template=True)
    except TypeError:  # Before 2.19, all texts may be.
        return loader.load_from_file(path)


DOCUMENTATION = """
name: kso_render
short_description: renders what `ksoctl lists generate` asks for
description: [Renders expressions, each by itself.]
options: {}
"""

# The groups whose hosts download something.
GROUPS = ["kube_control_plane", "k8s_cluster", "kube_node", "etcd", "calico_rr"]

# Variables that differ from host to host and name nothing to download.
OF_ONE_HOST = re.compile(
    r"^(ansible_.*|inventory_.*|access_ip6?|ip6?|local_as|groups|omit|hostvars|"
    r"vars|environment|play_hosts|playbook_dir|role_.*|group_names|"
    r"etcd_member_name|node_labels|node_taints|rack)$")


def text_of(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, default=str, sort_keys=True)
    return str(value)


class LookupModule(LookupBase):

    def run(self, terms, variables=None, **kwargs):
        with open(os.environ["KSO_LISTS_REQUEST"], encoding="utf-8") as file:
            self._request = json.load(file)
        self._restorable = re.compile(self._request["restore"])
        self._files = {}
        if terms[0] == "hosts":
            return self._hosts(variables)
        return [self._answer(variables, terms[0])]

    def _hosts(self, variables):
        """One host of those whose variables are the same."""
        groups = variables["groups"]
        names = [host for group in GROUPS for host in groups.get(group, [])]
        if not names:
            names = list(groups.get("all", []))
        if not names:
            raise AnsibleError("the inventory has no hosts")
        chosen = {}
        for name in dict.fromkeys(names):
            known = variables["hostvars"].raw_get(name)
            kept = {key: value for key, value in known.items()
                    if not OF_ONE_HOST.match(key)}
            kept["group_names"] = known.get("group_names")
            chosen.setdefault(text_of(kept), name)
        return list(chosen.values())

    def _answer(self, variables, architecture):
        shared, overridden = self._restored(variables)
        answer = {
            "host": str(variables["inventory_hostname"]),
            "architecture": str(architecture),
            "overridden": overridden,
            "values": self._values(variables, shared),
        }
        folder = os.environ["KSO_LISTS_ANSWERS"]
        name = "%04d.json" % len(os.listdir(folder))
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(answer, file)
        return name

    def _load(self, paths):
        found = {}
        for path in paths:
            if path not in self._files:
                self._files[path] = load(self._loader, path) or {}
            found.update(self._files[path])
        return found

    def _is_restored(self, name):
        return self._restorable.search(name) and not any(
            fnmatch.fnmatchcase(name, kept) for kept in self._request["keep"])

    def _restored(self, variables):
        """The variables with Kubespray's own addresses, and what was there."""
        shared = dict(variables)
        overridden = []
        for name, value in self._load(self._request["sources"]).items():
            if not self._is_restored(name):
                continue
            if name in shared and shared[name] != value:
                overridden.append({"name": name, "value": text_of(shared[name])})
            shared[name] = value
        return shared, overridden

    def _of_all_roles(self):
        """Defaults that are the same wherever a role has them: most variables
        that a role takes from another one are."""
        values = {}
        for files in self._request["roles"].values():
            for name, value in self._load(files["defaults"]).items():
                values.setdefault(name, []).append(value)
        return {name: found[0] for name, found in values.items()
                if all(value == found[0] for value in found)}

    def _of_role(self, shared, elsewhere, role):
        """What a task of the role sees: the inventory is stronger than the
        role's defaults, and those are than other roles' defaults."""
        general = self._load(self._request["sources"])
        variables = dict(elsewhere, **shared)
        files = self._request["roles"][role]
        for name, value in self._load(files["defaults"]).items():
            of_inventory = name in shared and not (
                name in general and shared[name] == general[name])
            if not of_inventory or self._is_restored(name):
                variables[name] = value
        variables.update(self._load(files["vars"]))
        return variables

    def _values(self, original, shared):
        elsewhere = self._of_all_roles()
        contexts = {"": shared}
        values = []
        for expression in self._request["expressions"]:
            role = expression["role"]
            if role not in contexts:
                contexts[role] = self._of_role(shared, elsewhere, role)
            variables = contexts[role]
            if expression["set"]:
                variables = dict(variables, **expression["set"])
            values.append(self._render(expression, variables))
        self._templar.available_variables = original
        return values

    def _render(self, expression, variables):
        try:
            self._templar.available_variables = variables
            text = trust_as_template(expression["text"])
            value = text_of(self._templar.template(text))
            return {"id": expression["id"], "value": value}
        except Exception as error:  # pylint: disable=broad-except
            message = " ".join(str(error).split())
            # Some errors of Ansible say the same twice.
            first, _, rest = message.partition(". ")
            message = first if rest.startswith(first) else message[:300]
            return {"id": expression["id"], "error": message or "no value"}
