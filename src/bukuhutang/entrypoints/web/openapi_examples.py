"""An example of every body and every answer in the document, made of those of their fields.

A body whose fields cannot all be sent at once has an example of its own, beside its fields.
"""

from __future__ import annotations

from typing import Any

BY_FORMAT = {
    "date": "2026-03-18",
    "date-time": "2026-03-04T02:15:00Z",
    "uuid": "0b9f2f3a-4a0f-4c5e-9d8b-1f2e3d4c5b6a",
}
BY_TYPE: dict[object, Any] = {"boolean": False, "integer": 0, "number": 0, "string": "…"}

Json = dict[str, Any]


def add_examples(document: Json) -> None:
    """Where a JSON body or answer has none."""
    schemas = document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            for one in (operation.get("requestBody", {}), *operation["responses"].values()):
                shown = one.get("content", {}).get("application/json", {})
                if shown.get("schema") and not {"example", "examples"} & set(shown):
                    shown["example"] = example_of(shown["schema"], schemas)


def example_of(schema: Json, schemas: Json) -> Any:
    """Something the schema allows: what it shows itself, else what its parts show."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        options = schema["anyOf"]
        plain = any(one.get("type") in ("null", "string") for one in options)
        whole = [one for one in options if "$ref" in one]
        return None if plain and not whole else example_of((whole or options)[0], schemas)
    if schema.get("type") == "object":
        fields = schema.get("properties", {})
        return {name: example_of(one, schemas) for name, one in fields.items()}
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)]
    if "default" in schema:
        return schema["default"]
    if "minimum" in schema:
        return int(schema["minimum"])
    return BY_FORMAT.get(schema.get("format", ""), BY_TYPE.get(schema.get("type")))
