"""Checks the AsyncAPI document: against the schema of AsyncAPI 3.0, its references, its schemas, and the released schemas of the types.

    asyncapi-lint.py docs/asyncapi.json public-events/schemas
"""

import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

SPECIFICATION = pathlib.Path(__file__).parent / "data" / "asyncapi-3.0.0.json"
ADDRESS = re.compile(r"^jangbu\.public\.([a-z]+\.)+\{partition\}$")


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def references(value):
    """Every reference of the document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def resolves(document, reference):
    found = document
    for part in reference.removeprefix("#/").split("/"):
        if not isinstance(found, dict) or part not in found:
            return False
        found = found[part]
    return True


def findings(document, released):
    specification = read(SPECIFICATION)
    for error in validator_for(specification)(specification).iter_errors(document):
        yield "/".join(map(str, error.absolute_path)), error.message
    for reference in references(document):
        if not reference.startswith("#/") or not resolves(document, reference):
            yield reference, "leads nowhere"
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        try:
            Draft202012Validator.check_schema(schema)
        except Exception as error:  # whatever is wrong with it
            yield f"schemas/{name}", str(error)
    for name, channel in document["channels"].items():
        if not ADDRESS.match(channel["address"]):
            yield f"channels/{name}", f"has the address {channel['address']}"
        if not any(operation["channel"]["$ref"].endswith(f"/{name}") for operation in document["operations"].values()):
            yield f"channels/{name}", "has no operation"
    kept = {path.name.removesuffix(".v1.json"): read(path) for path in released.glob("*.v1.json")}
    if kept.keys() != document["channels"].keys():
        yield "channels", f"are not those of public-events/schemas: {sorted(kept.keys() ^ document['channels'].keys())}"
    for name, schema in kept.items():
        schema.pop("$schema")
        if schemas.get(name) != schema:
            yield f"schemas/{name}", "is not public-events/schemas'"


def main(path, folder):
    document = read(path)
    wrong = list(findings(document, pathlib.Path(folder)))
    for where, what in wrong:
        print(f"{path}: {where}: {what}", file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"{len(document['channels'])} public types are in order")


main(*sys.argv[1:])
