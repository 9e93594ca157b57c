"""Options out of a dataclass: one place for name, default and help."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from mien.cli.options import config_options, field_helps


@dataclass(frozen=True)
class Wish:
    """What is wished for.

    Args:
        size: How large, in
            pixels.
        loud: Whether it is heard.
        name: What it is called; None for nothing.
        hidden: Decided elsewhere.
    """

    size: int = 3
    loud: bool = True
    name: str | None = None
    hidden: int = 0


@config_options(Wish, leave=("hidden",), size=4)
def wish(
    what: Annotated[str, typer.Option(help="The thing.")],
    config: dict[str, Any],
    last: Annotated[bool, typer.Option(help="The end.")] = False,
) -> None:
    """Wish."""
    typer.echo(json.dumps({"what": what, "last": last, **asdict(Wish(**config))}))


app = typer.Typer()
app.command()(wish)


def call(*words):
    return CliRunner().invoke(app, words)


def test_fields_are_options_with_their_types():
    result = call("--what", "x", "--size", "7", "--no-loud", "--name", "y", "--last")
    assert json.loads(result.output) == {
        "what": "x", "last": True, "size": 7, "loud": False, "name": "y", "hidden": 0,
    }  # fmt: skip


def test_defaults_are_the_dataclass_s_but_for_those_given():
    assert json.loads(call("--what", "x").output) == {
        "what": "x", "last": False, "size": 4, "loud": True, "name": None, "hidden": 0,
    }  # fmt: skip


def test_help_is_the_docstring_s():
    assert field_helps(Wish)["size"] == "How large, in pixels."
    text = call("--help").output
    assert "How large, in pixels." in text
    assert "--hidden" not in text


def test_what_is_not_an_option_is_refused():
    assert call("--what", "x", "--hidden", "1").exit_code == 2


def test_a_field_without_a_sentence_is_our_own_fault():
    @dataclass
    class Mute:
        """Says nothing."""

        size: int = 1

    with pytest.raises(AssertionError, match="size"):
        field_helps(Mute)
