"""What CloudFormation gets to see: ``python -m local.stack.translate template.yaml``, as JSON.

cfn-lint finds things in the translated template that it misses in SAM's. Runs in SAM's own
environment, which holds the translator.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# The translator wants code that was uploaded; nothing reads this place.
_UPLOADED = "s3://artifacts-go-here/key"


def translate(text: str) -> dict[str, Any]:
    """The CloudFormation template that SAM makes of a SAM template's text."""
    template = yaml_parse(text)
    template["Globals"]["Function"]["CodeUri"] = _UPLOADED
    for resource in template["Resources"].values():
        if "ContentUri" in resource.get("Properties", {}):
            resource["Properties"]["ContentUri"] = _UPLOADED
    session = boto3.Session(region_name="us-east-1")
    translated: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(
        template, {}
    )
    return translated


def main(arguments: list[str]) -> int:
    """Print the translation."""
    if len(arguments) != 1:
        print("usage: python -m local.stack.translate template.yaml", file=sys.stderr)
        return 2
    print(json.dumps(translate(Path(arguments[0]).read_text()), indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
