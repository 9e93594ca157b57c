"""What programs may ask for: one model a verb, read from JSON or from a form with files.

A form's fields are those of the JSON, dots for what lies inside: ``face.picture=@ann.png``. Numbers
are numbers: ``NaN`` and what is beyond all floating point is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from mien.portraits.checks import GUIDANCE
from mien.web.answers import no_constant
from mien.web.uploads import Limits, check_picture

B = TypeVar("B", bound="Body")

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_MOST_FILES, _MOST_FIELDS, _MOST_FIELD = 8, 64, 1 << 20


def _decoded(value: Any) -> Any:
    """Base64, or a data URL with it, as bytes; files of forms are bytes already."""
    if not isinstance(value, str):
        return value
    if value.startswith("data:"):
        value = value.partition(",")[2]
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is no base64") from None


Blob = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
"""A file: base64 in JSON, a file in a form."""

Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="Of the first; others follow.")]
Psi = Annotated[float, Field(ge=0, le=2, description="How far from the mean face.")]
Settings = Annotated[
    list[str] | dict[str, float],
    Field(description='`["smile=+2"]` or `{"smile": 2}`, carried out in turn.'),
]


class Body(BaseModel):
    """What all bodies share: unknown fields, wrong types and NaN are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Face(Body):
    """A face that is there: a seed, latents, or a picture (one of mien's, or a photo)."""

    seed: int | None = Field(None, ge=0, le=2**32 - 1)
    latents: Blob | None = Field(None, description="A file `.npz` with `w`.")
    row: int = Field(0, ge=0, description="Which of the latents.")
    picture: Blob | None = Field(None, description="A PNG of mien's, or a photo to be inverted.")
    face: int | None = Field(None, ge=1, le=99, description="Which face of a photo.")

    @model_validator(mode="after")
    def _one(self) -> Face:
        given = [name for name in ("seed", "latents", "picture") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of seed, latents and picture, not {len(given)}")
        return self


class Describe(Body):
    """Faces that fit a sentence."""

    text: str = Field(max_length=20_000, description="English, Vietnamese, French or Japanese.")
    count: int = Field(4, ge=1)
    seed: Seed = 0
    method: str | None = Field(None, description="`labels`, `mapper`, `directions`, `prior`.")
    guidance: float | None = Field(None, ge=0, le=20)
    psi: Psi | None = None
    refine: int | None = Field(None, ge=0, le=64, description="Steps towards the sentence.")
    anyway: bool = Field(False, description="Draw also where nothing is about a face.")
    language: str | None = Field(None, description="`en`, `vi`, `fr`, `ja`.")
    without: str | None = Field(None, max_length=2000, description="What they shall not have.")


class Generate(Body):
    """Faces of which nothing is said: seed i gives face i."""

    count: int = Field(4, ge=1)
    seed: Seed = 0
    psi: Psi = 0.7
    seeds: list[Seed] | None = Field(None, description="These instead of count from seed on.")


class Edit(Body):
    """A face moved along named directions, or until words are true of it."""

    face: Face
    settings: Settings | None = None
    text: str | None = Field(None, max_length=2000, description="`smiling, red hair` instead.")
    layers: str | None = Field(None, max_length=200, description="Only these: `4-7`, `coarse`.")
    psi: Psi = 0.7
    paste: bool = Field(False, description="Of a photo: put the face back into it.")

    @model_validator(mode="after")
    def _one(self) -> Edit:
        if (self.settings is None) == (self.text is None):
            raise ValueError("give either settings or text")
        return self


class Strip(Body):
    """One face in even steps from the opposite of a setting to the setting."""

    face: Face
    setting: str = Field(max_length=500)
    steps: int = Field(7, ge=2, le=64)
    layers: str | None = Field(None, max_length=200)
    psi: Psi = 0.7


class Mix(Body):
    """Some layers of face `b` in face `a`."""

    a: Face
    b: Face
    layers: str = Field(max_length=200, description="`coarse`, `middle`, `fine`, `4-7`.")
    psi: Psi = 0.7


class Grid(Body):
    """The layers of every column in every row."""

    rows: list[Face] = Field(min_length=1, max_length=16)
    columns: list[Face] = Field(min_length=1, max_length=16)
    layers: str = Field("coarse", max_length=200)
    psi: Psi = 0.7


class Walk(Body):
    """A clip that walks from face to face."""

    faces: list[Face] = Field(min_length=2, max_length=32)
    seconds: float = Field(3, gt=0, le=30)
    fps: float = Field(24, ge=1, le=60)
    loop: bool = False
    space: str = Field("w", description="`w`; `z` for seeds alone.")
    ease: str = Field("linear", description="`linear` or `smooth`.")
    psi: Psi = 0.7


class Compose(Body):
    """Faces of words, a sketch, a map of regions and a photo, any of them."""

    text: str | None = Field(None, max_length=2000)
    sketch: Blob | None = Field(None, description="A drawing of a face.")
    label: Blob | None = Field(None, description="Grey, CelebAMask-HQ's ids, cut as FFHQ cuts.")
    photo: Blob | None = None
    count: int = Field(4, ge=1)
    seed: Seed = 0
    strength: float = Field(1, ge=0, le=3, description="How closely pictures are followed.")
    psi: Psi = 0.6
    guidance: float = Field(GUIDANCE, ge=0, le=20)


class Translate(Body):
    """A photo as a sketch, or a sketch as a photo, of the same size."""

    picture: Blob
    method: str | None = Field(None, description="`pix2pix`; others once they were trained.")
    model: str | None = Field(None, max_length=80, description="A name of the catalogue.")


class Anime(Body):
    """The face of a photo as anime, in several styles."""

    photo: Blob
    styles: int = Field(6, ge=1)
    style_seed: Seed | None = None
    style_from: Blob | None = Field(None, description="A picture whose style is taken.")
    settings: list[str] = Field(default_factory=list, max_length=16)
    face: int | None = Field(None, ge=1, le=99)
    box: list[float] | None = Field(None, min_length=4, max_length=4)
    aligned: bool = False
    paste: bool = False
    size: int | None = Field(None, ge=16, le=1024)


class Invert(Body):
    """The latent of a photo."""

    photo: Blob
    steps: int = Field(0, ge=0, le=300)
    face: int | None = Field(None, ge=1, le=99)
    box: list[float] | None = Field(None, min_length=4, max_length=4)
    aligned: bool = False


_OWN = (Describe, Generate, Edit, Strip, Mix, Grid, Walk, Compose)
BODIES: Mapping[str, type[Body]] = {
    **{model.__name__.lower(): model for model in _OWN},
    **{"sketch": Translate, "photo": Translate, "anime": Anime, "invert": Invert},
}
"""Verb -> what it may be asked."""


def check_pictures(body: Body, limits: Limits) -> None:
    """Refuse a body before it waits, as :func:`mien.web.uploads.check_picture` refuses pictures."""
    for name, value in body:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Body):
                check_pictures(one, limits)
            elif isinstance(one, bytes) and name != "latents":
                check_picture(one, limits, name)


async def read_body(request: Request, model: type[B]) -> B:
    """A request's body as a model.

    Raises:
        HTTPException: 400 where it cannot be read, 415 where it is neither JSON nor a form.
        ValidationError: It does not fit the model.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        return model.model_validate(await _form(request))
    if kind not in ("application/json", ""):
        told = f"{kind[:80]!r} is not taken; send application/json or multipart/form-data"
        raise HTTPException(415, told)
    try:
        told = json.loads(await request.body(), parse_constant=no_constant)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON") from None
    return model.model_validate(told)


async def _form(request: Request) -> dict[str, Any]:
    """The fields of a form, nested at their dots; what reads as JSON is its value, else text."""
    told: dict[str, Any] = {}
    try:
        form = request.form(
            max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD
        )
        async with form as fields:
            for name, value in fields.multi_items():
                *outer, last = name[:200].split(".")
                inside = told
                for part in outer:
                    inside = inside.setdefault(part, {})
                    if not isinstance(inside, dict):
                        raise HTTPException(400, f"the field {name[:80]!r} is given twice over")
                held = await value.read() if isinstance(value, UploadFile) else _value(value)
                inside[last] = held
    except (MultiPartException, UnicodeDecodeError):
        raise HTTPException(400, "the form is damaged") from None
    return told


def _value(text: str) -> Any:
    """A field of a form: JSON where it is a number, a list, true…; else the text itself."""
    try:
        value = json.loads(text, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, str) else value
