"""The examples of docs/web.md: one of curl and one of Python for each verb, and each is taken."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from pathlib import Path
from typing import Any

from mien.web.bodies import BODIES, _value

PAGE = (Path(__file__).parents[2] / "docs" / "web.md").read_text("utf-8")


def test_curl_asks_for_every_verb():
    asked = {}
    for line in re.findall(r"^\$ (curl .*\$api/.*)$", PAGE, re.MULTILINE):
        words = shlex.split(line)
        (verb,) = (word.removeprefix("$api/") for word in words if word.startswith("$api/"))
        told: dict[str, Any] = {}
        for flag, word in itertools.pairwise(words):
            name, _, value = word.partition("=")
            if flag == "-F":
                *outer, last = name.split(".")
                inside = told.setdefault(outer[0], {}) if outer else told
                inside[last] = b"file" if value.startswith("@") else _value(value)
        asked[verb] = BODIES[verb].model_validate(told)
    assert set(asked) == set(BODIES)
    assert asked["edit"].settings == {"smile": 2}


def test_python_asks_for_every_verb():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    asked = {}
    for call in ast.walk(ast.parse(code)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "ask":
            (verb,) = (ast.literal_eval(one) for one in call.args)
            given = {str(one.arg): ast.unparse(one.value) for one in call.keywords}
            known = {"file": lambda path: "ZmlsZQ==", "face": {"picture": "ZmlsZQ=="}}
            told = {name: eval(text, known) for name, text in given.items()}  # noqa: S307
            asked[verb] = BODIES[verb].model_validate(told)
    assert set(asked) == set(BODIES)
    assert asked["strip"].steps == 5
