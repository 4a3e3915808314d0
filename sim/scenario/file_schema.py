"""The JSON Schema of a scenario file, made from the same models that check it."""

from __future__ import annotations

import copy
from typing import Any

from sim.scenario.leaves import Leaf, tree
from sim.scenario.schema import SCHEMA_VERSION, Scenario


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file.

    A file may leave out everything that it takes over from the scenario it extends, so nothing is required; every
    parameter may be plain or annotated. Rules that join several values (chances that add up to one) are checked on
    loading only.
    """
    whole = Scenario.model_json_schema(by_alias=True)
    form = _section(tree(), whole, whole.get("$defs", {}))
    form["properties"] = {
        "schema_version": {
            "description": f"version of the file's form; {SCHEMA_VERSION} when left out",
            "const": SCHEMA_VERSION,
        },
        "extends": {
            "description": "the scenario whose values hold where this file says nothing: the id of a shipped scenario, "
            "or the name of a .toml file in the same folder",
            "type": "string",
            "minLength": 1,
        },
        **{key: value for key, value in form["properties"].items() if key != "schema_version"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Grand Deal scenario file",
        "description": "A scenario says only how it differs from the one it extends. It is data; nothing in it is run.",
        **form,
    }


def _section(form: dict[str, Any], model: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for key, node in form.items():
        found = model["properties"][key]
        if isinstance(node, Leaf):
            properties[key] = _value(node, found)
        else:
            properties[key] = _section(node, definitions[found["$ref"].rsplit("/", 1)[-1]], definitions)
    section: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    if model.get("description") and model is not definitions and "$defs" not in model:
        section["description"] = model["description"]
    return section


def _value(leaf: Leaf, found: dict[str, Any]) -> dict[str, Any]:
    plain = {
        key: copy.deepcopy(value)
        for key, value in found.items()
        if key not in ("title", "unit", "allowed", "description", "default")
    }
    if plain.get("type") == "array":
        plain["uniqueItems"] = True  # an increasing order is beyond a schema
    description = f"{leaf.meaning} ({leaf.unit}): {leaf.allowed}"
    if "." not in leaf.name:
        return {"description": description, **plain}
    if leaf.name.endswith(".rationality"):
        plain = {"anyOf": [plain, {"const": "inf"}]}
    annotated: dict[str, Any] = {
        "type": "object",
        "description": "the value with what stands behind it",
        "additionalProperties": False,
        "required": ["value"],
        "properties": {
            "value": plain,
            "source": {
                "description": 'id of a fact, claim or event of the evidence, or "assumption" with a reason',
                "type": "string",
            },
            "reason": {"type": "string", "minLength": 1},
        },
    }
    if leaf.numeric:
        annotated["properties"]["range"] = {
            "description": "plausible range: the lower end, then the upper end",
            "type": "array",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
        }
    return {"description": description, "anyOf": [plain, annotated]}
