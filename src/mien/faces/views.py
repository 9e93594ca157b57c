"""Views of one face that still show the same person: what an identity network learns from.

One pass of sampling makes the framing of a careless crop, and a smooth displacement around brows,
eyes, mouth and cheeks that imitates an expression or a slight turn of the head. Then come other
surroundings, an opened mouth, light, colours, grey, pencil, blur, JPEG-like loss, noise and holes.

Points and displacements are in the coordinates of ``grid_sample``. Axes: n batch, k anchors, h w
pixels, r side of a view.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from mien.errors import InputError
from mien.faces.training_config import ViewStrength

_FROM_68 = (
    *((48,), (54,), (50, 51, 52), (56, 57, 58)),  # mouth: corners, upper and lower lip
    *((37, 38), (40, 41), (43, 44), (46, 47)),  # eyes: upper and lower lids
    *((17, 18), (20, 21), (22, 23), (25, 26)),  # brows: outer, inner, inner, outer
    *((30,), (8,), (2, 3), (13, 14)),  # nose, chin, sides of the jaw
)
_AVERAGE = (  # medians over a thousand FFHQ-aligned faces
    *((-0.198, 0.489), (0.198, 0.489), (0, 0.424), (0, 0.576)),
    *((-0.247, -0.092), (-0.251, -0.022), (0.247, -0.092), (0.251, -0.022)),
    *((-0.408, -0.196), (-0.135, -0.204), (0.135, -0.204), (0.408, -0.196)),
    *((0, 0.207), (0, 0.816), (-0.491, 0.308), (0.491, 0.308)),
)
_MOUTH, _EYES, _BROWS = slice(0, 4), slice(4, 8), slice(8, 12)
_NOSE, _CHIN, _JAW = 12, 13, slice(14, 16)
# Reach of the displacement at each anchor, in distances between the eyes.
_REACH = (*((0.28,) * 4), *((0.16,) * 4), *((0.24,) * 4), 0.8, 0.4, 0.35, 0.35)
_COARSE = 24  # side of the grid on which displacements are computed; they are smooth


def anchors_of(points: np.ndarray, size: tuple[int, int]) -> Float[Tensor, "n 16 2"]:
    """The sixteen points that expressions move, from 68 landmarks in the iBUG order.

    They are x and y in pixels of pictures of this height and width. Raises InputError if they are
    of another shape, or not finite.
    """
    if points.ndim != 3 or points.shape[1:] != (68, 2) or not np.isfinite(points).all():
        raise InputError(f"landmarks of shape {list(points.shape)}; finite [n, 68, 2] is needed")
    scaled = torch.from_numpy(points.astype(np.float32)) * 2
    scaled = scaled / torch.tensor([size[1], size[0]], dtype=torch.float32) - 1
    return torch.stack([scaled[:, list(group)].mean(dim=1) for group in _FROM_68], dim=1)


def average_anchors(count: int) -> Float[Tensor, "n 16 2"]:
    """The anchors of the average FFHQ-aligned face, for pictures without landmarks."""
    return torch.tensor(_AVERAGE, dtype=torch.float32).expand(count, -1, -1).clone()


def draw_views(
    faces: Float[Tensor, "n 3 h w"],
    anchors: Float[Tensor, "n 16 2"],
    others: Float[Tensor, "n 3 h w"],
    resolution: int,
    crop: float,
    strength: ViewStrength,
    source: torch.Generator,
) -> Float[Tensor, "n 3 r r"]:
    """Draw a view of ``resolution`` pixels a side of each face; float32, about [-1, 1].

    Faces are in [-1, 1], framed as FFHQ frames faces, with the anchors of :func:`anchors_of`;
    ``others`` lend their surroundings. ``crop`` is the side of what a view shows, as a share of the
    picture. ``source`` decides everything random; on the CPU.
    """
    n, device = len(faces), faces.device
    draw = _Draw(source, device)
    frame = _frame(n, crop, strength, draw)

    # Where each pixel of the view lies in the picture, expression and slight pose included.
    axis = torch.linspace(-1, 1, _COARSE, device=device) * (1 - 1 / resolution)
    plane = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)  # [h w 2]
    placed = plane.reshape(-1, 2) @ frame[:, :, :2].transpose(1, 2) + frame[:, None, :, 2]
    moves, opened = _expression(anchors, strength.expression, draw)
    moved = (placed - _displacement(placed, anchors, moves)).reshape(n, _COARSE, _COARSE, 2)
    grids = torch.stack([moved, placed.reshape(moved.shape)]).permute(0, 1, 4, 2, 3)
    fine = functional.interpolate(
        grids.flatten(0, 1), size=(resolution,) * 2, mode="bilinear", align_corners=True
    )
    where, straight = fine.permute(0, 2, 3, 1).reshape(2, n, resolution, resolution, 2)
    view = _sample(faces, where)

    # Other surroundings, an opened mouth.
    blank = draw.uniform(n, 1, 1, 1, low=-1, high=1.5).clamp(max=1)  # often white paper
    behind = torch.where(draw.chance(n, 0.35), blank, _sample(others, straight))
    taken = draw.chance(n, strength.surroundings)
    keep = torch.where(taken, _inside_face(where, anchors, draw), torch.ones_like(taken))
    view = behind + keep * (view - behind)
    mask, tone = _mouth(where, anchors, opened, draw)
    view = view + mask * (tone - view)

    # Light and colour, then what cameras and files do to them.
    view = _colour(view, strength, draw)
    view = _damage(view, strength.damage, draw)
    return _holes(view, strength.holes, draw)


class _Draw:
    """Random numbers of one step, drawn on the CPU and shaped ``[n, 1, 1, 1]``."""

    def __init__(self, source: torch.Generator, device: torch.device) -> None:
        self.source, self.device = source, device

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.source).to(self.device)

    def uniform(self, *shape: int, low: float = 0, high: float = 1) -> Tensor:
        values = torch.rand(shape, generator=self.source).to(self.device)
        return low + (high - low) * values

    def chance(self, n: int, share: float) -> Tensor:
        return self.uniform(n, 1, 1, 1) < share

    def order(self, n: int) -> Tensor:
        return torch.randperm(n, generator=self.source).to(self.device)


def _frame(n: int, crop: float, strength: ViewStrength, draw: _Draw) -> Tensor:
    """View -> picture: size, turn, mirroring and place, ``[n 2 3]``."""
    size = crop * torch.exp(strength.scale * draw.normal(n).clamp(-2, 2))
    aspect = torch.exp(0.4 * strength.scale * draw.normal(n))
    angle = strength.turn * draw.normal(n)
    mirror = torch.where(draw.uniform(n) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos() * size, angle.sin() * size
    rows = [cos * aspect * mirror, -sin / aspect, sin * aspect * mirror, cos / aspect]
    turned = torch.stack(rows, dim=1).reshape(n, 2, 2)
    return torch.cat([turned, strength.shift * draw.normal(n, 2, 1)], dim=2)


def _expression(anchors: Tensor, strength: float, draw: _Draw) -> tuple[Tensor, Tensor]:
    """How each anchor moves, ``[n k 2]``, and how far the mouth is opened, ``[n]``."""
    n = len(anchors)
    eyes = (anchors[:, 6:8].mean(1) - anchors[:, 4:6].mean(1)).norm(dim=1).clamp(0.1, 1)
    smile = draw.uniform(n, low=-0.5, high=1)
    opened = draw.uniform(n, low=-1.2, high=1).clamp(min=0)
    lids, inner, outer = (draw.uniform(n, low=-1) for _ in range(3))
    yaw, pitch = draw.normal(n), draw.normal(n)
    moves = 0.015 * draw.normal(n, anchors.shape[1], 2)
    side = moves.new_tensor([-1, 1])
    moves[:, 0:2, 0] += 0.13 * smile[:, None] * side
    moves[:, 0:2, 1] -= 0.10 * smile[:, None]
    moves[:, 2, 1] -= 0.03 * smile.relu() + 0.03 * opened
    moves[:, 3, 1] += 0.02 * smile.relu() + 0.16 * opened
    moves[:, _CHIN, 1] += 0.14 * opened
    narrowed = (0.6 * smile.relu() + 0.6 * lids)[:, None]
    moves[:, 4:8:2, 1] += 0.05 * narrowed
    moves[:, 5:8:2, 1] -= 0.04 * narrowed
    moves[:, 8:12:3, 1] += 0.08 * outer[:, None]
    moves[:, 9:11, 1] += 0.09 * inner[:, None]
    moves[:, _JAW, 1] -= 0.05 * smile.relu()[:, None]  # cheeks rise
    moves[:, _JAW, 0] += 0.04 * smile.relu()[:, None] * side
    moves[:, _NOSE] += torch.stack([0.09 * yaw, 0.05 * pitch], dim=1)
    return strength * moves * eyes[:, None, None], strength * opened * eyes


def _displacement(places: Tensor, anchors: Tensor, moves: Tensor) -> Tensor:
    """A sum of Gaussian bumps, one an anchor: ``[n p 2]`` at places ``[n p 2]``."""
    eyes = (anchors[:, 6] - anchors[:, 4]).norm(dim=1).clamp(0.1, 1)
    reach = anchors.new_tensor(_REACH) * eyes[:, None]  # [n k]
    square = torch.cdist(places, anchors).square()  # [n p k]
    return torch.exp(-0.5 * square / reach[:, None].square()) @ moves


def _sample(pictures: Tensor, grid: Tensor) -> Tensor:
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def _inside_face(where: Tensor, anchors: Tensor, draw: _Draw) -> Tensor:
    """1 in the face, 0 around it, with a soft edge of random place: ``[n 1 r r]``."""
    n = len(anchors)
    brow = anchors[:, _BROWS, 1].mean(dim=1)
    height = (anchors[:, _CHIN, 1] - brow).clamp(min=0.2)
    width = (anchors[:, 15, 0] - anchors[:, 14, 0]).abs().clamp(min=0.2)
    middle = torch.stack([anchors[:, _JAW, 0].mean(1), brow + 0.38 * height], dim=1)
    radius = torch.stack([0.56 * width, 0.72 * height], dim=1) * draw.uniform(n, 1, low=0.9).add(
        draw.uniform(n, 1, high=0.25)
    )
    far = ((where - middle[:, None, None]) / radius[:, None, None]).square().sum(-1)  # [n r r]
    return torch.sigmoid((1 - far) * draw.uniform(n, 1, 1, low=4, high=12))[:, None]


def _mouth(where: Tensor, anchors: Tensor, opened: Tensor, draw: _Draw) -> tuple[Tensor, Tensor]:
    """Where an opened mouth shows teeth or darkness, ``[n 1 r r]``, and its tone."""
    n = len(anchors)
    middle = anchors[:, 2:4].mean(dim=1)
    middle = middle + torch.stack([torch.zeros_like(opened), 0.06 * opened], dim=1)
    width = 0.42 * (anchors[:, 1] - anchors[:, 0]).norm(dim=1).clamp(min=0.05)
    radius = torch.stack([width, 0.02 + 0.08 * opened], dim=1)
    far = ((where - middle[:, None, None]) / radius[:, None, None]).square().sum(-1)
    shown = (draw.uniform(n) < 0.5) & (opened > 0.02)
    mask = torch.sigmoid((1 - far) * 6) * (0.8 * shown)[:, None, None]
    tone = draw.uniform(n, 1, 1, 1, low=-0.9, high=0.8).expand(n, 3, 1, 1)
    return mask[:, None], tone + 0.05 * draw.normal(n, 3, 1, 1)


def _colour(view: Tensor, strength: ViewStrength, draw: _Draw) -> Tensor:
    """Gamma, contrast, brightness, tint, saturation, light from a side; grey and pencil."""
    n, far = len(view), strength.colour
    side = view.shape[-1]
    unit = (view * 0.5 + 0.5).clamp(1e-3, 1)
    unit = unit ** torch.exp2(0.45 * far * draw.normal(n, 1, 1, 1))
    angle, slope = draw.uniform(n, 1, 1, 1, high=2 * math.pi), 0.2 * far * draw.normal(n, 1, 1, 1)
    axis = torch.linspace(-1, 1, side, device=view.device)
    light = slope * (angle.cos() * axis + angle.sin() * axis[:, None])
    tint = torch.exp2(0.12 * far * draw.normal(n, 3, 1, 1))
    unit = unit * tint * torch.exp2(light + 0.25 * far * draw.normal(n, 1, 1, 1))
    grey = unit.mean(dim=1, keepdim=True)
    saturation = torch.exp2(0.5 * far * draw.normal(n, 1, 1, 1))
    drawn = draw.chance(n, strength.pencil)
    plain = drawn | draw.chance(n, strength.grey)
    unit = grey + torch.where(plain, 0.0, saturation) * (unit - grey)
    mean = unit.mean(dim=(1, 2, 3), keepdim=True)
    unit = mean + torch.exp2(0.3 * far * draw.normal(n, 1, 1, 1)) * (unit - mean)
    rows = drawn.flatten().nonzero()[:, 0]
    if len(rows):
        unit[rows] = _pencil(unit[rows].mean(dim=1, keepdim=True), draw).expand(-1, 3, -1, -1)
    return unit.clamp(0, 1) * 2 - 1


def _pencil(grey: Tensor, draw: _Draw) -> Tensor:
    """Skin left as white as paper, darker things shaded, and lines where it gets darker."""
    n, side = len(grey), grey.shape[-1]
    third = slice(side // 3, side - side // 3)
    skin = grey[..., third, third].mean(dim=(2, 3), keepdim=True).clamp(min=0.05)
    tone = (grey / (skin * draw.uniform(n, 1, 1, 1, low=0.8, high=1.3))).clamp(1e-3, 1)
    around = grey.clamp(0, 1)
    for _ in range(2):
        around = functional.avg_pool2d(around, 7, 1, 3, count_include_pad=False)
    lines = (grey / (around + 0.03)).clamp(1e-3, 1)
    shade = tone ** draw.uniform(n, 1, 1, 1, high=1.6)
    drawn = shade * lines ** draw.uniform(n, 1, 1, 1, low=0.3, high=3)
    return 1 - (1 - drawn) * draw.uniform(n, 1, 1, 1, low=0.6, high=1)


def _damage(view: Tensor, strength: float, draw: _Draw) -> Tensor:
    """Blur by a smaller size, JPEG-like rounding, noise; each in a share of the views."""
    n, side = len(view), view.shape[-1]
    order = draw.order(n)
    each = round(0.15 * strength * n)
    for turn, share in enumerate((0.65, 0.45, 0.3)):
        some = order[turn * each : (turn + 1) * each]
        if len(some):
            small = functional.interpolate(
                view[some], size=(max(8, round(side * share)),) * 2, mode="bilinear", antialias=True
            )
            view[some] = functional.interpolate(small, size=(side, side), mode="bicubic")
    some = draw.order(n)[: round(0.3 * strength * n)]
    if len(some):
        view[some] = _rounded_blocks(view[some], draw)
    noisy = 0.12 * strength * draw.uniform(n, 1, 1, 1).square() * draw.chance(n, 0.5)
    return view + noisy * draw.normal(*view.shape)


def _rounded_blocks(view: Tensor, draw: _Draw) -> Tensor:
    """Rounds the cosine transform of 8×8 blocks, finer detail more coarsely (as JPEG does)."""
    n, _, side, _ = view.shape
    k = torch.arange(8, device=view.device, dtype=torch.float32)
    basis = torch.cos(math.pi / 8 * (k[None] + 0.5) * k[:, None]) * 0.5
    basis[0] *= math.sqrt(0.5)
    blocks = view.reshape(n, 3, side // 8, 8, side // 8, 8).transpose(3, 4)
    steps = (1 + k[:, None] + k) * draw.uniform(n, 1, 1, 1, 1, 1, low=0.02, high=0.14)
    rounded = ((basis @ blocks @ basis.T) / steps).round() * steps
    return (basis.T @ rounded @ basis).transpose(3, 4).reshape(view.shape)


def _holes(view: Tensor, share: float, draw: _Draw) -> Tensor:
    """A rectangle of one colour somewhere."""
    n, side = len(view), view.shape[-1]
    axis = torch.linspace(-1, 1, side, device=view.device)
    middle = draw.uniform(n, 2, 1, low=-1)
    half = draw.uniform(n, 2, 1, low=0.1, high=0.4)
    across, down = ((axis - middle).abs() < half).unbind(1)  # [n r] each
    hole = (down[:, None, :, None] & across[:, None, None, :]) & draw.chance(n, share)
    return torch.where(hole, draw.uniform(n, 3, 1, 1, low=-1), view)
