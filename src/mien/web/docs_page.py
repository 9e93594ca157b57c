"""The OpenAPI page, made here: it loads nothing from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from pydantic.json_schema import models_json_schema

from mien.web.bodies import BODIES

_HEAD = """<!doctype html><html lang=en><meta charset=utf-8>
<meta name=viewport content="width=device-width"><title>mien: API</title><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;
padding:1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem;
border-bottom:1px solid #8884;vertical-align:top}code{overflow-wrap:anywhere}</style>
<h1>mien over HTTP</h1><p>The verbs of the studio for programs; the same as
<a href=/openapi.json>OpenAPI</a>. Bodies are JSON (files in base64) or forms (files as files);
answers are JSON, or with <code>Accept: image/png</code> the first picture, with
<code>application/zip</code> all of them. Errors are <code>{"error": …, "kind": …}</code>: 400 and
422 what cannot be read or is out of range, 404 no such name, 413 too large, 415 no picture, 503
busy. People shown do not exist, unless a photo was given; pictures say what made them.</p>"""


def document(app: FastAPI) -> None:
    """Let an application describe itself: ``/openapi.json`` with all bodies, and ``/docs``."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title="mien", version="1", routes=app.routes)
            models = [(model, "validation") for model in dict.fromkeys(BODIES.values())]
            _, more = models_json_schema(models, ref_template="#/components/schemas/{model}")  # pyright: ignore[reportArgumentType]
            parts = schema.setdefault("components", {}).setdefault("schemas", {})
            parts.update(more.get("$defs", {}))
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = described

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(_page(described()))


def _page(schema: Mapping[str, Any]) -> str:
    parts = [_HEAD]
    for path, methods in schema["paths"].items():
        for method, said in methods.items():
            summary = html.escape(str(said.get("summary", "")))
            parts.append(f"<h2><code>{method.upper()} {html.escape(path)}</code></h2><p>{summary}")
            content = said.get("requestBody", {}).get("content", {})
            for kind in list(content.values())[:1]:
                name = kind["schema"]["$ref"].rpartition("/")[2]
                parts.append(_table(schema["components"]["schemas"][name]))
    face = schema["components"]["schemas"]["Face"]
    parts.append(f"<h2><code>Face</code></h2><p>{html.escape(face['description'])}{_table(face)}")
    return "\n".join(parts)


def _table(model: Mapping[str, Any]) -> str:
    rows = ["<table><tr><th>field<th>type<th>unless given<th>"]
    needed = model.get("required", ())
    for name, field in model.get("properties", {}).items():
        default = "needed" if name in needed else field.get("default")
        cells = (name, _type(field), default, field.get("description", ""))
        rows.append("<tr>" + "".join(f"<td>{html.escape(str(cell))}" for cell in cells))
    return "".join(rows) + "</table>"


def _type(field: Mapping[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(one) for one in field["anyOf"] if one.get("type") != "null")
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if "contentEncoding" in field:
        return "file"
    low = field.get("minimum", field.get("exclusiveMinimum"))
    bounds = "" if low is None else f" from {low:g}"
    bounds += f" to {field['maximum']:g}" if "maximum" in field else ""
    return f"{field.get('type', 'anything')}{bounds}"
