"""A face that is there already: read its latent, move it, mix it.

A FACE is a seed, several (``0-5``), a file of latents (``faces.npz``, one row of it
``faces.npz:2``), a picture that mien made, whose PNG says how to make its latent again, or a photo,
which the studio inverts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from PIL.Image import Image
from torch import Tensor

from mien import images
from mien.checkpoints.latents import read_latents, read_noise
from mien.editing.mixing import mix
from mien.editing.sets import load_direction_set
from mien.editing.settings import Setting, apply_settings
from mien.errors import FileError, ImageError, InputError, MienError, WrongType, counted
from mien.portraits.checks import checked_seeds, in_range, parse_seeds
from mien.portraits.faces import Faces
from mien.portraits.labels import label_said, read_label
from mien.stylegan2.seeds import seed_latents

if TYPE_CHECKING:
    from mien.editing.session import Editing

_LATENT_FILE = re.compile(
    r"(?P<path>.+\.(?:npz|npy|pt|pth|pkl|safetensors))(?::(?P<row>\d{1,9}))?", re.IGNORECASE
)
_SEEDS = re.compile(r"\d+\s*[,-][\d,\s-]*")
_DEEPEST = 16
_NOT_OURS = "give a seed, an .npz, a photo, or a PNG of mien's faces"
Invert = Callable[[Path], tuple[Tensor, dict[str, Any]]]
"""A photo -> its latent ``[1, num_ws, w_dim]`` and what made it."""


def read_face(
    studio: Editing, face: str | int | Path, psi: float = 0.7, invert: Invert | None = None
) -> tuple[Float[Tensor, "n num_ws w_dim"], dict[str, Any]]:
    """The latent of a face, and what made it.

    Args:
        studio: Whose generator the face belongs to.
        face: A seed; an ``.npz`` (``.npy``, ``.pt``, ``.pkl``) with ``w`` or ``z``, all rows or one
            (``file.npz:2``); a PNG that this generator made, with or without text, edits and
            mixing; or a photo.
        psi: Truncation of a seed or of z in a file, 0 to 2; w has its own.
        invert: Reads photos; None for :meth:`mien.studio.Studio.read_photo`.

    Returns:
        Latents on the studio's device, one but for a file of several, and what made them, as the
        provenance of a picture says it.

    Raises:
        FileError: A file that cannot be read, latents of another generator, or a picture that was
            made by another model.
        WeightsMissing: A photo, and the generator has no encoder.
        InputError: A seed or a psi out of its range, or a photo without a face or with several.
    """
    text = str(face).strip()
    if isinstance(face, int) or re.fullmatch(r"[+-]?\d+", text):
        return _of_seed(studio, int(text), psi)
    match = _LATENT_FILE.fullmatch(text)
    if match:
        path, row = (text, None) if Path(text).is_file() else match.group("path", "row")
        return _of_latents(studio, Path(path), row, psi)
    return _of_picture(studio, Path(text), invert or studio.read_photo)


Face = str | int | Path | Faces | Image
"""What the verbs take for a face: as :func:`read_faces` says."""


def read_faces(
    studio: Editing, face: Face, psi: float = 0.7
) -> tuple[Float[Tensor, "n num_ws w_dim"], list[dict[str, Any]]]:
    """The latents of a face or of several, and what made each.

    ``face`` as for :func:`read_face`; or several seeds, ``0-5`` or ``1,5,9``; or what a verb of the
    studio gave; or a picture of Pillow's that still carries what made it. Errors as
    :func:`read_face`; WrongType: none of these.
    """
    if isinstance(face, Faces):
        made = face.made()
        owner = str(face.provenance.get("sha256", made[0].get("sha256") if made else ""))
        if owner != studio.loaded.sha256:
            raise InputError(
                f"these faces were made by model {str(face.provenance.get('model'))!r} "
                f"({owner[:12]}), this one is {studio.loaded.name!r} ({studio.loaded.sha256[:12]})"
            )
        return torch.from_numpy(face.ws.copy()).to(studio.device), [_plain(one) for one in made]
    if isinstance(face, Image):
        said = images.provenance_of(face, "the picture")
        return rebuild(studio, said, Path("the picture")), [_plain(said)]
    if isinstance(face, bool) or not isinstance(face, str | int | Path | np.integer):
        raise WrongType("face", face, "a seed, a file, Faces or a picture of Pillow's")
    if isinstance(face, str) and _SEEDS.fullmatch(face.strip()) and not Path(face).exists():
        found = [_of_seed(studio, seed, psi) for seed in parse_seeds(face)]
        return torch.cat([ws for ws, _ in found]), [made for _, made in found]
    ws, made = read_face(studio, int(face) if isinstance(face, np.integer) else face, psi)
    if len(ws) == 1:
        return ws, [_plain(made)]
    return ws, [_plain({**made, "row": row}) for row in range(len(ws))]


def _plain(made: Mapping[str, Any]) -> dict[str, Any]:
    """What made a face, without what was done to its picture afterwards."""
    return {key: value for key, value in made.items() if key != "resized"}


def _of_seed(
    studio: Editing, seed: int, psi: float, label: Tensor | None = None
) -> tuple[Tensor, dict[str, Any]]:
    """The latent of a seed, with the studio's label unless another is given."""
    seeds, psi = checked_seeds(1, seed), in_range("psi", psi)
    z = seed_latents(seeds, studio.generator.config.z_dim).to(studio.device)
    label = studio.label if label is None else label
    with torch.no_grad():
        ws = studio.generator.map(z, label, psi=psi)
    return ws, {**studio.signature, "psi": psi, "seed": seed, **label_said(label)}


def _of_noise(studio: Editing, path: Path, z: np.ndarray, psi: float) -> Tensor:
    if z.shape[1] != studio.generator.config.z_dim:
        cause = f"holds z {z.shape[1]} wide, the generator takes {studio.generator.config.z_dim}"
        raise FileError(path, cause, "use the generator that they were drawn for")
    noise = torch.from_numpy(np.ascontiguousarray(z)).to(studio.device)
    label = None if studio.label is None else studio.label.expand(len(z), -1)
    with torch.no_grad():
        return studio.generator.map(noise, label, psi=psi)


def _of_latents(
    studio: Editing, path: Path, row: str | None, psi: float
) -> tuple[Tensor, dict[str, Any]]:
    config = studio.generator.config
    z = read_noise(path)
    if z is None:
        ws = read_latents(path, config.num_ws)
    else:
        ws = _of_noise(studio, path, z, in_range("psi", psi)).cpu().numpy()
    if ws.shape[2] != config.w_dim:
        cause = f"holds latents {ws.shape[2]} wide, the generator takes {config.w_dim}"
        raise FileError(path, cause, "use the generator that they were made for")
    made: dict[str, Any] = {**studio.signature, "latents": str(path)}
    if z is not None:
        made |= {"psi": psi, **label_said(studio.label)}
    if row is not None:
        if int(row) >= len(ws):
            cause = f"has {counted(len(ws), 'latents')}, there is no row {row}"
            raise FileError(path, cause, f"give a row from 0 to {len(ws) - 1}")
        ws, made["row"] = ws[int(row) : int(row) + 1], int(row)
    return torch.from_numpy(np.ascontiguousarray(ws)).to(studio.device), made


def _of_picture(studio: Editing, path: Path, invert: Invert) -> tuple[Tensor, dict[str, Any]]:
    if not path.is_file():
        raise FileError(path, "does not exist", "a FACE is a seed, an .npz, or a picture")
    images.load(path)  # What is no picture at all says so.
    try:
        made = images.read_provenance(path)
    except ImageError:
        return invert(path)
    if "sha256" not in made:  # Such as a crop: of mien's, but of no model's.
        return invert(path)
    return rebuild(studio, made, path), made


def rebuild(
    studio: Editing, made: Mapping[str, Any], path: Path, depth: int = 0
) -> Float[Tensor, "1 num_ws w_dim"]:
    """Make the latent of a picture again from ``made``, what its PNG says of one face.

    ``path`` is for messages, ``depth`` counts the mixtures that this one lies inside. ImageError:
    it was made by another model, is a sheet of several faces, rests on a file of latents, or says
    nothing that can be followed; InputError: a number in it is out of its range.
    """
    hash_ = made.get("sha256")
    if not isinstance(hash_, str):
        raise ImageError(path, "does not say which model made it", _NOT_OURS)
    if hash_ != studio.loaded.sha256:
        cause = (
            f"was made by model {str(made.get('model'))[:60]!r} ({hash_[:12]}), this one is "
            f"{studio.loaded.name!r} ({studio.loaded.sha256[:12]})"
        )
        raise ImageError(path, cause, "give that model, `model`")
    if ("seeds" in made and "seed" not in made) or "strip" in made:
        raise ImageError(path, "is a sheet of several faces", "give one of its faces")
    if "photo" in made:
        cause = f"was made from the photo {str(made['photo'])[:200]}"
        raise ImageError(path, cause, "give the photo, or the latents.npz beside this picture")
    if "latents" in made:
        cause = f"was made from the latents of {str(made['latents'])[:200]}"
        raise ImageError(path, cause, "give the latents.npz beside it")
    try:
        ws = _mixture(studio, made, path, depth) if "mix" in made else _drawn(studio, made)
        return _edited(studio, ws, made, path)
    except MienError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        cause = f"what it says of its making cannot be followed ({type(error).__name__}: {error})"
        raise ImageError(path, cause[:300], _NOT_OURS) from None


def _drawn(studio: Editing, made: Mapping[str, Any]) -> Tensor:
    seed, psi = int(made["seed"]), float(made["psi"])
    found = read_label(made.get("label"), studio.generator.config.c_dim)
    label = None if found is None else torch.tensor([found], device=studio.device)
    if "text" not in made:
        if label is None and studio.label is not None:  # It was drawn without one.
            label = torch.zeros_like(studio.label)
        return _of_seed(studio, seed, psi, label)[0]
    if label is not None and (studio.label is None or not torch.equal(label, studio.label)):
        raise InputError(f"its sentence was drawn with `label={made['label']}`; give it")
    method, guidance, refine = str(made["method"]), float(made["guidance"]), made.get("refine", 0)
    text, language, without = str(made["text"]), made.get("language"), made.get("without")
    faces = studio.describe(
        text, 1, seed, method, guidance, psi, int(refine), True, language, without
    )
    return torch.from_numpy(faces.ws).to(studio.device)


def _mixture(studio: Editing, made: Mapping[str, Any], path: Path, depth: int) -> Tensor:
    if depth >= _DEEPEST:
        raise ImageError(path, f"is mixed {depth} times over", "give the latents.npz beside it")
    parts = made["mix"]
    a = rebuild(studio, {**studio.signature, **parts["a"]}, path, depth + 1)
    b = rebuild(studio, {**studio.signature, **parts["b"]}, path, depth + 1)
    return mix(a, b, [int(layer) for layer in parts["layers"]])


def _edited(studio: Editing, ws: Tensor, made: Mapping[str, Any], path: Path) -> Tensor:
    for edit in made.get("edits", ()):
        name, hash_ = str(edit["set"]), edit["set_sha256"]
        try:
            found = load_direction_set(name)
        except MienError as error:
            cause = f"was edited along directions that cannot be loaded ({error})"
            raise ImageError(path, cause, "give the latents.npz beside it") from None
        if found.sha256 != hash_:
            cause = (
                f"was edited along {name!r} of hash {str(hash_)[:12]}, here is {found.sha256[:12]}"
            )
            raise ImageError(path, cause, "give the latents.npz beside it")
        settings = [Setting.from_dict(row) for row in edit["settings"]]
        ws = apply_settings(ws, found.directions, settings)
    return ws
