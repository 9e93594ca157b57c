"""Label maps of portraits out of landmarks and colours: what the parsing network learns from.

Hair, skin, neck, clothes, hat and background are mixtures of Gaussians over colour with a prior of
place in the face's own coordinates, fitted to each picture by expectation maximisation (as GrabCut
alternates, Rother et al. 2004, with soft assignments), and smoothed along edges by a guided filter
(He et al. 2013). The attributes of the picture say what may be there; eyes, brows, nose, lips, ears
and glasses are polygons of landmarks.

Axes: n faces, k classes, m components, h w pixels, p points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn import functional

from mien.faces.parsing.guided import guided
from mien.judges.regions import ID

SIDE = 128
"""Side of the maps."""

_SHOWN = 256  # side of the pictures, and what landmarks are in pixels of
_BACK, _SKIN, _NECK, _CLOTH, _HAIR, _HAT = range(6)
_WHOLE = ("background", "skin", "neck", "cloth", "hair", "hat")
_ROUNDS, _COMPONENTS, _TRUST = 3, 4, 0.75  # of the colours beside the places
_SMOOTH, _EPSILON = 1, 4e-4  # radius and regularisation of the guided filter
_BELOW = {"long": 0.45, "medium": 0.25, "short": 0.03, "bald": 0.01, "hidden": 0.02}
_COVERS = {"hat": 0.85, "cap": 0.85, "hood": 0.8, "scarf": 0.8, "crown": 0.5, "other": 0.5}


@dataclass(frozen=True)
class Taught:
    """Label maps of :data:`mien.judges.regions.REGIONS`, and how sure each pixel is, 0 to 1."""

    labels: UInt8[np.ndarray, "n h w"]
    sure: Float[np.ndarray, "n h w"]


def teach(
    pictures: UInt8[np.ndarray, "n 256 256 3"],
    points: Float[np.ndarray, "n 68 2"],
    told: Sequence[Mapping[str, str]],
    figures: Float[np.ndarray, "n 128 128"] | None = None,
) -> Taught:
    """Label maps of portraits in FFHQ's framing, by landmarks in pixels and what is told of each.

    ``figures`` say how likely each pixel shows the person, if something else does.
    """
    x = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 255
    x = functional.avg_pool2d(x, 2)
    priors = torch.stack(
        [
            _prior(own, one, None if figures is None else figures[i])
            for i, (own, one) in enumerate(zip(points, told, strict=True))
        ]
    )
    shares = _fitted(_opponent(x), priors)
    shares = guided(x, functional.avg_pool2d(shares, 2), _SMOOTH, _EPSILON).clamp(min=0)
    shares = shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-6)
    two = shares.topk(2, dim=1)
    ids = torch.tensor([ID[name] for name in _WHOLE], dtype=torch.uint8)
    labels = ids[two.indices[:, 0]].numpy()
    sure = ((two.values[:, 0] - two.values[:, 1]) * 1.5).clamp(0.05, 1).numpy()
    for i, (own, one) in enumerate(zip(points, told, strict=True)):
        _draw_parts(labels[i], own, one)
    return Taught(labels, sure)


# ---------------------------------------------------------------- places


@dataclass(frozen=True)
class _Own:
    """A face's own coordinates: the middle of its eyes, their distance as unit, x right, y down."""

    middle: np.ndarray
    across: np.ndarray
    down: np.ndarray
    unit: float

    @classmethod
    def of(cls, points: Float[np.ndarray, "68 2"]) -> _Own:
        left, right = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
        middle, mouth = (left + right) / 2, points[48:68].mean(axis=0)
        # A turned head has near eyes: the way to the mouth counts as well.
        unit = max(np.hypot(*(right - left)), 0.9 * np.hypot(*(mouth - middle)))
        across = (right - left) / max(np.hypot(*(right - left)), 1e-6)
        return cls(middle, across, np.array([-across[1], across[0]]), float(unit))

    def to(self, points: np.ndarray) -> np.ndarray:
        """Pixels -> own."""
        axes = np.stack([self.across, self.down], axis=1)
        return (points - self.middle) @ axes / self.unit

    def back(self, own: np.ndarray) -> np.ndarray:
        """Own -> pixels."""
        axes = np.stack([self.across, self.down])
        return self.middle + self.unit * (np.asarray(own) @ axes)


def _polygon(points: np.ndarray, side: int = SIDE) -> Float[np.ndarray, "h w"]:
    """How much of each pixel of a map a polygon in pixels of the picture covers."""
    times = 4
    page = Image.new("L", (side * times, side * times))
    scaled = points * (side * times / _SHOWN)
    ImageDraw.Draw(page).polygon([(float(x), float(y)) for x, y in scaled], fill=255)
    return np.asarray(page.reduce(times), np.float32) / 255


def _outline(points: np.ndarray, own: _Own, height: float) -> np.ndarray:
    """Jaw and a forehead: an arc from temple to temple, ``height`` above the brows."""
    at = own.to(points)
    left, right = at[0], at[16]
    top = at[17:27, 1].min() - height
    angles = np.linspace(0, np.pi, 17)[1:-1]
    middle, half = (left + right) / 2, (right - left) / 2
    arc = np.stack([middle[0] + half[0] * np.cos(angles), 0 * angles], axis=1)
    arc[:, 1] = middle[1] + (top - middle[1]) * np.sin(angles) ** 0.8
    return own.back(np.concatenate([at[:17], arc]))


def _soft(value: np.ndarray, at: float | np.ndarray, width: float) -> np.ndarray:
    """0 below, 1 above, a slope of ``width`` between."""
    return 1 / (1 + np.exp(-4 * (value - at) / width))


def _prior(
    points: Float[np.ndarray, "68 2"],
    told: Mapping[str, str],
    figure: Float[np.ndarray, "h w"] | None,
) -> Float[Tensor, "k h w"]:
    """How likely each pixel shows each class, before its colour is looked at."""
    own = _Own.of(points)
    grid = (np.mgrid[:SIDE, :SIDE][::-1].transpose(1, 2, 0) + 0.5) * (_SHOWN / SIDE)
    x, y = np.moveaxis(own.to(grid), 2, 0)
    at = own.to(points)
    chin, middle = at[8, 1], (at[0, 0] + at[16, 0]) / 2
    wide = max((at[16, 0] - at[0, 0]) / 2, 0.7)
    length, wears = told.get("hair_length", "short"), told.get("headwear", "none")
    bald, bangs = length == "bald", told.get("bangs") == "1"
    core = _polygon(_outline(points, own, 0.12 if bangs or wears != "none" else 0.36))
    whole = _polygon(_outline(points, own, 0.62))
    away = np.abs(x - middle) / wide

    # What is under the chin, beside the face, above it.
    under = _soft(y, chin - 0.25, 0.3) * (1 - core)
    beside = (1 - under) * (1 - whole)
    brow = float(at[17:27, 1].mean())
    ear = np.exp(-(((away - 1.12) / 0.17) ** 2) - ((y - 0.3) / 0.42) ** 2)
    hairless = 0.03 if length != "hidden" else 0.015
    hair = 0.02 * core + (0.05 if bald else 0.9) * beside
    hair += (whole - core).clip(0) * (0.05 if bald else 0.62 if bangs else 0.4)
    hair += core * (0.25 if bangs else 0.0) * (1 - _soft(y, brow + 0.15, 0.25))
    hair = hair * (1 - 0.45 * ear * beside)
    hair += _BELOW.get(length, 0.1) * under * np.exp(-((y - chin - 1.2).clip(0) ** 2))
    skin = core + (whole - core).clip(0) * 0.6 + beside * (0.85 if bald else hairless) + 0.5 * ear
    skin *= 1 - 0.97 * under
    inside = np.exp(-((away / 0.85) ** 4))
    neck = under * (0.08 + 0.85 * inside * np.exp(-(((y - chin - 0.35).clip(0) / 0.9) ** 2)))
    cloth = under * (1 - 0.9 * inside * (1 - _soft(y, chin + 0.55, 0.5))) * 0.8
    cloth += beside * 0.02
    hat, skin, hair = _worn(wears, _Seen(y, brow, core, under, beside), skin, hair)
    if figure is None:
        # Nobody says where the person is: likely within an oval about head and shoulders.
        head = np.exp(-((np.hypot((x - middle) / 1.6, (y - 0.1) / 2.1)) ** 6))
        shoulders = _soft(y, chin + 0.2 + 0.35 * (away - 1).clip(0), 0.4)
        figure = np.maximum(np.maximum(head, 0.85 * shoulders), core) * 0.96 + 0.02
    person = np.maximum(figure.clip(0.004, 0.996), 0.99 * core)
    shares = [skin, neck, cloth, hair, hat]
    total = sum(shares) + 1e-6
    maps = [1 - person, *(person * (share + 2e-3) / total for share in shares)]
    if wears in ("none", ""):
        maps[_HAT] = maps[_HAT] * 0
    return torch.from_numpy(np.stack(maps)).float()


@dataclass(frozen=True)
class _Seen:
    """Parts of a picture by place: down in own units, the brows' height, face, below, beside."""

    y: np.ndarray
    brow: float
    core: np.ndarray
    under: np.ndarray
    beside: np.ndarray


def _worn(
    wears: str, seen: _Seen, skin: np.ndarray, hair: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How likely something on the head is seen, and what it leaves of skin and hair."""
    free = (1 - seen.core) * (1 - seen.under)
    if wears == "headband":
        return 0.45 * free * np.exp(-(((seen.y + 0.95) / 0.3) ** 2)), skin, hair
    if wears not in _COVERS:
        return np.zeros_like(hair), skin, hair
    above = free * (1 - _soft(seen.y, seen.brow - 0.15, 0.4))
    hat = _COVERS[wears] * above
    left = hair * (1 - hat)
    if wears in ("hood", "scarf"):
        hat = hat + 0.45 * seen.beside * (1 - above) + 0.3 * seen.under
    return hat, skin * (1 - 0.7 * above), left


# ---------------------------------------------------------------- colours


def _opponent(x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
    """Lightness, red against green, blue against yellow, of about equal spread."""
    x = x.clamp(min=1e-4).sqrt()
    light = x.mean(dim=1)
    return torch.stack([light, 3 * (x[:, 0] - x[:, 1]), 2 * (x[:, 2] - light)], dim=1)


def _fitted(
    colours: Float[Tensor, "n 3 h w"], priors: Float[Tensor, "n k h w"]
) -> Float[Tensor, "n k h w"]:
    """Share of each class in each pixel, by place and colour together; fitted at half the size."""
    flat, places = (functional.avg_pool2d(x, 2).flatten(2) for x in (colours, priors))
    shares = places / places.sum(dim=1, keepdim=True)
    shares = shares * (shares > 0.5)  # at first only what is sure
    mixtures = _fit(flat.mT, shares)
    for _ in range(_ROUNDS - 1):
        shares = _weighed(places, _density(flat.mT, *mixtures))
        mixtures = _fit(flat.mT, shares)
    density = _density(colours.flatten(2).mT, *mixtures)
    return _weighed(priors.flatten(2), density).unflatten(2, colours.shape[2:])


def _weighed(
    places: Float[Tensor, "n k p"], density: Float[Tensor, "n k p"]
) -> Float[Tensor, "n k p"]:
    shares = places * density**_TRUST
    return shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-12)


def _fit(x: Float[Tensor, "n p 3"], shares: Float[Tensor, "n k p"]) -> tuple[Tensor, ...]:
    """A few Gaussians of each class's colours: means, variances, weights, how much is known."""
    some, weight = x[:, ::3], shares[:, :, ::3].clone()
    weight[:, _SKIN] += 0.3 * weight[:, _NECK]  # neck and face are of one colour
    mass = weight.sum(dim=2, keepdim=True)
    mean = (weight @ some) / mass.clamp(min=1e-6)  # [n k 3]
    spread = ((weight @ some.square()) / mass.clamp(min=1e-6) - mean.square()).clamp(min=1e-5)
    # Begin along the lightness.
    offset = torch.zeros(*mean.shape[:2], _COMPONENTS, 3)
    offset[..., 0] = torch.linspace(-1.2, 1.2, _COMPONENTS) * spread[..., :1].sqrt()
    mu = mean[:, :, None] + offset  # [n k m 3]
    var = spread[:, :, None].expand(-1, -1, _COMPONENTS, -1)
    pi = torch.full(mu.shape[:3], 1 / _COMPONENTS)
    for _ in range(4):
        own = _log_density(some, mu, var, pi).softmax(dim=2) * weight[:, :, None]  # [n k m p]
        sums = own.sum(dim=3)[..., None] + 1e-4
        mu = (own @ some[:, None] + 1e-4 * mean[:, :, None]) / sums
        var = ((own @ some.square()[:, None]) / sums - mu.square()).clamp(min=0) + 4e-4
        pi = sums[..., 0] / sums.sum(dim=2)
    # A class that hardly occurs has no colours of its own.
    return mu, var, pi, (mass / 20).clamp(0, 1)


def _density(
    x: Float[Tensor, "n p 3"], mu: Tensor, var: Tensor, pi: Tensor, known: Tensor
) -> Float[Tensor, "n k p"]:
    """Density of each pixel's colour in each class; nowhere 0."""
    density = torch.logsumexp(_log_density(x, mu, var, pi), dim=2).exp()
    density = known * density + 0.02 + (1 - known) * 0.3
    density[:, _NECK] = 0.5 * (density[:, _NECK] + density[:, _SKIN])
    return density


def _log_density(x: Tensor, mu: Tensor, var: Tensor, pi: Tensor) -> Float[Tensor, "n k m p"]:
    """Of diagonal Gaussians, times their weights: one product of matrices."""
    _, k, m, _ = mu.shape
    precise = 1 / var
    rest = (mu.square() * precise).sum(dim=3) + var.log().sum(dim=3) - 2 * pi.log() + 5.514
    forms = torch.cat([-0.5 * precise, mu * precise, -0.5 * rest[..., None]], dim=3)
    powers = torch.cat([x.square(), x, torch.ones_like(x[..., :1])], dim=2)  # [n p 7]
    return (forms.flatten(1, 2) @ powers.mT).unflatten(1, (k, m))


# ---------------------------------------------------------------- parts


_BROWS = {"left_brow": range(17, 22), "right_brow": range(22, 27)}
_EYES = {"left_eye": range(36, 42), "right_eye": range(42, 48)}
_MOUTH = {
    "upper_lip": (48, 49, 50, 51, 52, 53, 54, 64, 63, 62, 61, 60),
    "lower_lip": (54, 55, 56, 57, 58, 59, 48, 60, 67, 66, 65, 64),
    "mouth": (60, 61, 62, 63, 64, 65, 66, 67),
}
_NOSE = (
    *((27, -0.1, 0.0), (29, -0.16, 0.0), (31, -0.11, -0.1), (31, -0.08, 0.05), (32, 0.0, 0.0)),
    *((33, 0.0, 0.02), (34, 0.0, 0.0), (35, 0.08, 0.05), (35, 0.11, -0.1), (29, 0.16, 0.0)),
    (27, 0.1, 0.0),
)
"""Landmark and how far from it, right and down, in the face's own unit."""
_THICK = 0.075
_LENS = (0.46, 0.36, 0.07)
"""Half axes of a lens, and how far its middle is below the eye's."""


def _draw_parts(
    labels: UInt8[np.ndarray, "h w"], points: Float[np.ndarray, "68 2"], told: Mapping[str, str]
) -> None:
    """Draw what landmarks say into a map, over skin; hair over brows and eyes stays."""
    own = _Own.of(points)
    at = own.to(points)
    _draw_ears(labels, own, at)
    nose = np.array([at[row] + np.array([x, y]) for row, x, y in _NOSE])
    _fill(labels, own.back(nose), "nose", ("skin",))
    for name, rows in _BROWS.items():
        brow = at[list(rows)]
        thick = np.array([0, _THICK])
        shape = np.concatenate([brow - 0.7 * thick, (brow + thick)[::-1]])
        _fill(labels, own.back(shape), name, ("skin",))
    glasses = told.get("glasses", "none")
    if glasses != "none":
        over = ("skin", "nose", "left_brow", "right_brow")
        for rows in _EYES.values():
            _fill(labels, own.back(_lens(at[list(rows)].mean(axis=0))), "glasses", over)
    if glasses != "sunglasses":
        for name, rows in _EYES.items():
            eye = at[list(rows)]
            middle = eye.mean(axis=0)
            shape = middle + (eye - middle) * (1.08, 1.15)
            _fill(labels, own.back(shape), name, ("skin", "glasses"))
    for name, rows in _MOUTH.items():
        _fill(labels, points[list(rows)], name, ("skin", "nose", "upper_lip", "lower_lip"))


def _lens(middle: Float[np.ndarray, " 2"]) -> Float[np.ndarray, "p 2"]:
    """A rounded rectangle around an eye, in the face's own coordinates."""
    across, down, below = _LENS
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return middle + np.array([0, below]) + np.sign(ring) * np.abs(ring) ** 0.6 * (across, down)


def _draw_ears(labels: UInt8[np.ndarray, "h w"], own: _Own, at: Float[np.ndarray, "68 2"]) -> None:
    """Skin beside the upper end of the jaw is an ear, on a side whose cheek is seen."""
    wide = (at[16, 0] - at[0, 0]) / 2
    for name, rows, inner, sign in (
        ("left_ear", [0, 1, 2], 36, -1),
        ("right_ear", [16, 15, 14], 45, 1),
    ):
        edge = at[rows]
        if sign * (edge[0, 0] - at[inner, 0]) < 0.25 * wide:
            continue
        near = np.concatenate([edge[:1] - [[0, 0.45]], edge, edge[-1:] - [[0, -0.25]]])
        zone = _polygon(own.back(np.concatenate([near, (near - [[-0.6 * sign, 0]])[::-1]]))) > 0.5
        labels[zone & (labels == ID["skin"])] = ID[name]


def _fill(
    labels: UInt8[np.ndarray, "h w"],
    points: Float[np.ndarray, "p 2"],
    name: str,
    over: tuple[str, ...],
) -> None:
    inside = _polygon(points) > 0.5
    labels[inside & np.isin(labels, [ID[one] for one in over])] = ID[name]
