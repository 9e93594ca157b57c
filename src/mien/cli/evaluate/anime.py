"""``mien evaluate anime``: selfie to anime against real anime faces; directions; a clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from mien.cli import opt
from mien.cli.common import emit, note, progress
from mien.cli.evaluate.options import measuring

if TYPE_CHECKING:
    from mien.anime.evaluate import AnimeMeasure
    from mien.anime.translate import AnimePainter
    from mien.editing.evaluate import Rescored
    from mien.hub.loading import Loaded
    from mien.metrics.tables import ScoreTable


def anime(
    data: Annotated[
        Path | None, Option(metavar="PATH", help="Folder or zip with testA, testB and trainB.")
    ] = None,
    model: opt.AnimeModel = None,
    judge: Annotated[
        str, Option(help="A tagger of anime faces that taught nothing here; inception.")
    ] = "anime-judge",
    lpips: Annotated[
        Path | None, Option(metavar="FILE|NAME", help="alexnet or vgg16 for the diversity.")
    ] = None,
    lpips_heads: Annotated[
        Path | None, Option(metavar="FILE|NAME", help="The released heads of LPIPS: alexnet-heads.")
    ] = None,
    landmarks: Annotated[
        str, Option(help="Landmark network for the motion of the content; none.")
    ] = "landmarks",
    directions: Annotated[
        list[str] | None, Option(metavar="FILE", help="A set to re-score; may be repeated.")
    ] = None,
    namer: Annotated[
        str, Option(help="A tagger that names the components of SeFa or PCA.")
    ] = "anime-teacher",
    faces: Annotated[int, Option(help="Most test pictures of each kind.")] = 100,
    copies: Annotated[
        int, Option(help="Augmented copies a face for DFD; 1000 is published, 0 for none.")
    ] = 1000,
    styles: Annotated[int, Option(help="Styles a face for the diversity.")] = 10,
    clip: Annotated[
        Path | None, Option(metavar="CLIP", help="Measure how steady this clip becomes.")
    ] = None,
    aligned: Annotated[
        bool, Option("--aligned", help="The clip is cut around the face already.")
    ] = False,
    seed: Annotated[int, Option(min=0, help="Decides styles and augmentations.")] = 0,
    out: opt.OptionalOut = None,
    device: opt.Device = "auto",
    precision: opt.Precision = "fast",
    force: opt.Force = False,
    json: opt.Json = False,
) -> None:
    """Measure selfie to anime.

    Fréchet distance of translated test selfies to test anime faces and its mean over augmented
    copies of each face, how different the styles of one face are, whether eyes, nose and mouth move
    with the selfie; with --directions the same rows under edits of mouth, hair and eyes, and
    re-scoring matrices; with --clip warp error and jitter against the frame-by-frame way. With
    --out it writes `scores.csv`, `scores.md`, `clip.md` and a CSV and a picture of each matrix.
    """
    from mien.anime.translate import AnimePainter, find_anime_model
    from mien.errors import InputError
    from mien.runtime.devices import find_device

    if data is None and clip is None:
        raise InputError("there is nothing to measure; give --data, --clip or both")
    place = str(find_device(device))
    targets = _targets(out, len(directions or ()), clip is not None, force)
    painter = AnimePainter(find_anime_model(model, place), precision)
    result: dict[str, Any] = {"model": painter.signature}
    tables: list[ScoreTable] = []
    matrices: list[Rescored] = []
    if data is not None:
        judges = _judges(judge, (lpips, lpips_heads), landmarks, place)
        measure = _measure(painter, data, judges, (faces, copies, styles, seed))
        scores, matrices = _score(measure, directions or [], namer)
        tables.append(scores)
        result |= {"scores": scores.as_dict(), "directions": [m.as_dict() for m in matrices]}
    if clip is not None:
        tables.append(_clip(painter, clip, aligned, seed, place))
        result["clip"] = tables[-1].as_dict()
    if out is not None:
        _write(targets, tables, matrices)
        result["files"] = list(targets.values())
    text = "\n\n".join([t.text() for t in tables] + [m.text() for m in matrices])
    emit(result, json, text)


Judges = tuple["Loaded", "Loaded | None", "Loaded | None"]


def _judges(
    judge: str, lpips: tuple[Path | None, Path | None], landmarks: str, place: str
) -> Judges:
    """The tagger, LPIPS if it is given, the landmark network if it is there."""
    from mien.errors import UnknownName, WeightsMissing
    from mien.hub.loading import load_judge, load_landmarks
    from mien.hub.perceptual import load_lpips

    points = None
    if landmarks != "none":
        try:
            points = load_landmarks(landmarks, place)
        except (UnknownName, WeightsMissing) as error:
            if landmarks != "landmarks":
                raise
            note(f"the motion of the content is left out: {error}")
    perceptual = None if lpips[0] is None else load_lpips(lpips[0], lpips[1], place)
    return load_judge(judge, place), perceptual, points


def _measure(
    painter: AnimePainter, data: Path, judges: Judges, plan: tuple[int, int, int, int]
) -> AnimeMeasure:
    from mien.anime.evaluate import AnimeMeasure, AnimePlan, AnimeTest

    faces, copies, styles, seed = plan
    wanted = AnimePlan(faces, copies, styles, seed=seed)
    test = AnimeTest.open(data, painter.resolution, faces)
    tagger, perceptual, points = judges
    return AnimeMeasure(painter, test, tagger, wanted, perceptual, points)


def _score(
    measure: AnimeMeasure, directions: list[str], namer: str
) -> tuple[ScoreTable, list[Rescored]]:
    from mien.anime import evaluate_edits as anime_edits
    from mien.anime.evaluate import score_anime
    from mien.anime.translate import load_anime_directions
    from mien.editing.samples import TagReader
    from mien.errors import InputError
    from mien.hub.loading import load_tagger
    from mien.judges.tagger import Tagger

    if directions and not isinstance(measure.judge.network, Tagger):
        raise InputError(
            f"--directions are scored by a tagger, --judge {measure.judge.name} reads no tags; "
            "leave one of them away"
        )
    tags = TagReader(measure.judge.network).tags if directions else ()
    edits: list[Any] = []
    matrices: list[Rescored] = []
    for name in directions:
        found = load_anime_directions(measure.painter.loaded, name)
        if anime_edits.is_unnamed(found):
            measuring(f"components of {found.name}")
            tagger = load_tagger(namer, str(measure.painter.device))
            groups = anime_edits.named_components(measure, found, tagger)
        else:
            groups = anime_edits.known_pairs(found, tags)
        edits += anime_edits.group_edits(found, groups)
        matrices += anime_edits.rescore_anime(measure, found, groups, progress=measuring)
    return score_anime(measure, edits, measuring), matrices


def _clip(painter: AnimePainter, path: Path, aligned: bool, seed: int, place: str) -> ScoreTable:
    from mien.anime.clip import AnimeVideo, VideoPlan
    from mien.anime.evaluate_clip import score_anime_clip
    from mien.faces.choosing import Where, shipped_finder
    from mien.metrics.tables import ScoreTable
    from mien.video.reader import Clip

    clip = Clip(path)
    plan = VideoPlan(paste=True, where=Where(aligned=aligned))
    finder = None if aligned else shipped_finder(place)
    video = AnimeVideo(painter, clip, painter.styles([seed]), plan, finder)
    table = None
    for line in progress(score_anime_clip(video, seed), "measuring the clip", 2 * clip.frames):
        if isinstance(line, ScoreTable):
            table = line
    assert table is not None
    for remark in video.notes:
        note(remark)
    return table


def _targets(out: Path | None, sets: int, clip: bool, force: bool) -> dict[str, Path]:
    from mien.files import refuse_existing

    if out is None:
        return {}
    names = ["scores.csv", "scores.md"] + (["clip.md"] if clip else [])
    for number in range(sets):
        for kind in ("pairs", "groups"):
            names += [f"rescoring-{number + 1}-{kind}.{end}" for end in ("csv", "png")]
    targets = {name: out / name for name in names}
    refuse_existing(list(targets.values()), force)
    return targets


def _write(targets: dict[str, Path], tables: list[ScoreTable], matrices: list[Rescored]) -> None:
    from mien import images
    from mien.files import replacing

    texts = {"scores.csv": tables[0].csv(), "scores.md": tables[0].markdown()}
    if "clip.md" in targets:
        texts["clip.md"] = tables[-1].markdown()
    for number, matrix in enumerate(matrices):
        stem = f"rescoring-{number // 2 + 1}-{('pairs', 'groups')[number % 2]}"
        texts[f"{stem}.csv"] = matrix.csv()
        protocol = {"protocol": matrix.protocol.as_dict()}
        images.save(targets[f"{stem}.png"], matrix.picture(), protocol)
    for name, text in texts.items():
        with replacing(targets[name]) as beside:
            beside.write_text(text, encoding="utf-8")
