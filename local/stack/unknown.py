"""What the emulator's CloudFormation (ministack 1.5.33) does not know and refuses a template for.

It is left out of what is deployed here; on AWS the template is deployed as it stands. None of it is
needed to run: saved queries are for the console of CloudWatch, which the emulator does not have.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

UNKNOWN = frozenset({"AWS::Logs::QueryDefinition"})
ROLLING = ("AutoPublishAlias", "DeploymentPreference")
"""How a new release of a function takes over: by CodeDeploy, which the emulator has not."""


def known_template(built: Path) -> Path:
    """Writes the built template without what the emulator refuses beside it. Returns where."""
    place = built.with_name("emulated.yaml")
    whole = place.with_suffix(f".{os.getpid()}")  # two stacks may be deployed at once
    whole.write_text(yaml.safe_dump(without_unknown(yaml.safe_load(built.read_text()))))
    return whole.replace(place)


def without_unknown(template: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a template without the resources and properties that the emulator refuses."""
    kept = {
        name: _at_once(resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] not in UNKNOWN
    }
    return {**template, "Resources": kept}


def _at_once(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    if resource["Type"] != "AWS::Serverless::Function":
        return resource
    properties = {k: v for k, v in resource["Properties"].items() if k not in ROLLING}
    return {**resource, "Properties": properties}
