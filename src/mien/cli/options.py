"""Command-line options made from a configuration: name, default and help stand in one place.

    @config_options(JointConfig, leave=("label_dim",))
    def faces(data: DataOption, config: dict[str, Any], json: opt.Json = False) -> None: ...

``config`` gets the values of the fields.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any

from typer import Option


def config_options(
    config: type, leave: Collection[str] = (), into: str = "config", **defaults: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the fields of a dataclass as options, their help from its ``Args:``.

    Args:
        config: The dataclass.
        leave: Fields that are no options.
        into: The argument of the command that gets the values, as one dict.
        **defaults: Other defaults than the dataclass has.
    """
    helps, hints = field_helps(config), typing.get_type_hints(config)
    fields = [f for f in dataclasses.fields(config) if f.name not in leave]
    added = [
        _option(f, Annotated[hints[f.name], Option(help=helps[f.name])], defaults) for f in fields
    ]

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        kept = _kept(command, into)

        def run(**values: Any) -> None:
            chosen = {field.name: values.pop(field.name) for field in fields}
            command(**{into: chosen}, **values)

        required = [p for p in kept if p.default is inspect.Parameter.empty]
        optional = [p for p in kept if p.default is not inspect.Parameter.empty]
        return _as_command(run, command, [*required, *added, *optional])

    return wrap


def shared_options(
    options: type, leave: Collection[str] = (), into: str = "how", **others: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the fields of a dataclass, annotated with their options, behind its own.

    Args:
        options: The dataclass (:mod:`mien.cli.opt` has options).
        leave: Fields that this command has not.
        into: The argument of the command that gets the dataclass.
        **others: Another option for a field.
    """
    hints = typing.get_type_hints(options, include_extras=True) | others
    fields = [f for f in dataclasses.fields(options) if f.name not in leave]
    added = [_option(f, hints[f.name], {}) for f in fields]

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        def run(**values: Any) -> None:
            chosen = {field.name: values.pop(field.name) for field in fields}
            command(**{into: options(**chosen)}, **values)

        return _as_command(run, command, [*_kept(command, into), *added])

    return wrap


def _option(
    field: dataclasses.Field[Any], annotation: Any, defaults: Mapping[str, Any]
) -> inspect.Parameter:
    default = defaults.get(field.name, _default(field))
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(field.name, kind, default=default, annotation=annotation)


def _kept(command: Callable[..., None], into: str) -> list[inspect.Parameter]:
    """The parameters of a command but the one that gets the values."""
    own, kind = typing.get_type_hints(command, include_extras=True), inspect.Parameter.KEYWORD_ONLY
    given = inspect.signature(command).parameters.values()
    return [p.replace(annotation=own[p.name], kind=kind) for p in given if p.name != into]


def _as_command(
    run: Callable[..., None], command: Callable[..., None], parameters: list[inspect.Parameter]
) -> Callable[..., None]:
    """``run`` with the name and text of a command, and these parameters."""
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__module__ = command.__module__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def field_helps(config: type) -> dict[str, str]:
    """Field -> its sentence in the ``Args:`` of the dataclass's docstring."""
    text = inspect.cleandoc(config.__doc__ or "").partition("Args:")[2]
    found = {name: " ".join(said.split()) for name, said in _ARGS.findall(text)}
    missing = [f.name for f in dataclasses.fields(config) if f.name not in found]
    assert not missing, f"{config.__name__} does not say what {', '.join(missing)} is"
    return found


_ARGS = re.compile(r"^ {4}(\w+): (.*(?:\n {8,}\S.*)*)", re.MULTILINE)


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    assert field.default_factory is not dataclasses.MISSING, field.name
    return field.default_factory()
