"""Checks the OpenAPI documents: against the specification, against the rules of the house, and their examples against their schemas.

    openapi-lint.py docs/openapi/command.json docs/openapi/query.json
"""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class Document:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.content = json.load(file)
        self.name = path.rsplit("/", 1)[-1]
        self.findings = []

    def say(self, where, what):
        self.findings.append(f"{self.name}: {where}: {what}")

    def resolve(self, value):
        """What a reference into the document leads to."""
        while isinstance(value, dict) and "$ref" in value:
            found = self.content
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            value = found
        return value

    def operations(self):
        for path, item in self.content["paths"].items():
            for method, operation in item.items():
                if method in METHODS:
                    yield f"{method.upper()} {path}", operation

    def check_specification(self):
        for error in OpenAPIV31SpecValidator(self.content).iter_errors():
            self.say("/".join(map(str, error.absolute_path)), error.message)

    def check_operations(self):
        tags = {tag["name"] for tag in self.content.get("tags", [])}
        for where, operation in self.operations():
            for field in ("operationId", "summary", "description", "tags"):
                if not operation.get(field):
                    self.say(where, f"no {field}")
            if "security" not in operation:
                self.say(where, "no security; an operation for everybody has an empty list")
            if operation.get("security") and not operation.get("x-roles"):
                self.say(where, "does not say which roles may call it")
            for tag in set(operation.get("tags", [])) - tags:
                self.say(where, f"the tag {tag} is not described")
            for parameter in map(self.resolve, operation.get("parameters", [])):
                self.check_described(f"{where}, parameter {parameter['name']}", parameter)
                self.check_example(f"{where}, parameter {parameter['name']}", parameter)
            for media in operation.get("requestBody", {}).get("content", {}).values():
                self.check_example(f"{where}, body", media)
            for status, response in operation["responses"].items():
                self.check_response(f"{where}, {status}", status, self.resolve(response))

    def check_response(self, where, status, response):
        self.check_described(where, response)
        for name, header in response.get("headers", {}).items():
            self.check_described(f"{where}, header {name}", self.resolve(header))
        for kind, media in response.get("content", {}).items():
            self.check_example(where, media)
            # The errors of OAuth have the form that RFC 6749 gives them.
            is_oauth = media["schema"].get("$ref") == "#/components/schemas/TokenError"
            if status >= "400" and not is_oauth:
                codes = media["schema"]["allOf"][1]["properties"]["code"]["enum"]
                if kind != "application/problem+json" or set(codes) != set(media.get("examples", {})):
                    self.say(where, "not each of its problems has an example")

    def check_described(self, where, thing):
        if not thing.get("description"):
            self.say(where, "no description")

    def check_example(self, where, thing):
        examples = [thing["example"]] if "example" in thing else []
        examples += [self.resolve(example)["value"] for example in thing.get("examples", {}).values()]
        if not examples:
            self.say(where, "no example")
        schema = {**thing["schema"], "components": self.content["components"]}
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for example in examples:
            for error in validator.iter_errors(example):
                self.say(where, f"the example is not valid: {error.message}")
            for name in sorted(self.unknown_names(thing["schema"], example)):
                self.say(where, f"the example has a field that the schema does not have: {name}")

    def parts(self, schema):
        """A schema and all that it is put together from."""
        schema = self.resolve(schema)
        yield schema
        for part in (part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, [])):
            yield from self.parts(part)

    def unknown_names(self, schema, value):
        """The fields of a value that its schema does not name. Where others are allowed expressly, all are named."""
        parts = list(self.parts(schema))
        if isinstance(value, list):
            items = [part["items"] for part in parts if "items" in part]
            return {name for item in value for kind in items[:1] for name in self.unknown_names(kind, item)}
        if not isinstance(value, dict) or not any("properties" in part for part in parts):
            return set()
        # A problem has fields of its own beside those of all (RFC 9457, 3.2).
        if any(part.get("additionalProperties") for part in parts) or str(value.get("type", "")).startswith("/problems/"):
            return set()
        unknown = set()
        for name, inner in value.items():
            named = [part["properties"][name] for part in parts if name in part.get("properties", {})]
            unknown |= {name} if not named else self.unknown_names({"allOf": named}, inner)
        return unknown

    def check_schemas(self):
        for name, schema in self.content["components"]["schemas"].items():
            self.check_described(f"schema {name}", schema)
            self.check_properties(f"schema {name}", schema)

    def check_properties(self, where, schema):
        for name, property in schema.get("properties", {}).items():
            self.check_described(f"{where}.{name}", property)
            self.check_properties(f"{where}.{name}", property)
            for example in property.get("examples", []):
                full = {**property, "components": self.content["components"]}
                for error in Draft202012Validator(full).iter_errors(example):
                    self.say(f"{where}.{name}", f"the example is not valid: {error.message}")
        for part in (key for key in ("allOf", "oneOf", "anyOf") if key in schema):
            for one in schema[part]:
                self.check_properties(where, one)
        if isinstance(schema.get("items"), dict):
            self.check_properties(f"{where}[]", schema["items"])


def check_together(documents):
    """One operation for each id, one schema for each name."""
    operations, schemas = {}, {}
    for document in documents:
        for where, operation in document.operations():
            first = operations.setdefault(operation.get("operationId"), (document.name, where))
            if first != (document.name, where):
                document.say(where, f"its operationId is that of {' '.join(first)}")
        for name, schema in document.content["components"]["schemas"].items():
            if schemas.setdefault(name, schema) != schema:
                document.say(f"schema {name}", "the other document has another one of this name")


def main(paths):
    documents = [Document(path) for path in paths]
    for document in documents:
        document.check_specification()
        document.check_operations()
        document.check_schemas()
    check_together(documents)
    findings = [finding for document in documents for finding in document.findings]
    print("\n".join(findings) or f"{len(documents)} documents are in order")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
