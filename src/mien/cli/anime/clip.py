"""The part of ``mien anime`` that draws a clip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli.common import clip_told, note, progress
from mien.errors import FileError, InputError

if TYPE_CHECKING:
    from mien.anime.clip import AnimeVideo, MovingStyle
    from mien.anime.translate import AnimePainter, AnimeRequest
    from mien.studio import Studio

How = tuple[Path | None, float, bool, str | None]
"""Keyframes, share of smoothing, whether to resume, detector."""


def translate_clip(
    path: Path, out: Path, request: AnimeRequest, how: How, studio: Studio
) -> tuple[dict[str, Any], str]:
    """Draw a clip; returns what was written, for a program and for a person."""
    import time

    from mien.anime.clip import AnimeVideo, VideoPlan, clip_provenance
    from mien.anime.translate import wanted_styles
    from mien.faces.choosing import shipped_finder
    from mien.files import refuse_existing
    from mien.video.formats import format_of
    from mien.video.pipeline import convert
    from mien.video.reader import Clip
    from mien.video.resume import parts_folder, resuming
    from mien.video.writer import writing

    keyframes, smooth, resume, detector = how
    format_of(out)
    if not (resume and parts_folder(out).is_dir()):
        refuse_existing([out], request.force)
    clip = Clip(path)
    plan = VideoPlan(request.paste, request.size, smooth, where=request.where)
    painter = studio.painter(request.model)
    styles = wanted_styles(painter, request)
    moving = None if keyframes is None else _moving(painter, keyframes, request)
    finder = None if request.aligned else shipped_finder(str(studio.device), detector)
    video = AnimeVideo(painter, clip, styles.w[:1], plan, finder, moving)
    for _ in progress(video.look(), "finding faces", clip.frames):
        pass
    _remarks(video, out, request.force)
    painter.prepare(clip.frames)
    provenance = clip_provenance(painter, path, {**styles.said[0], **styles.made}, plan, moving)
    begin, writer = time.monotonic(), None
    if resume:
        target = resuming(out, clip, provenance, provenance, request.force)
    else:
        target = writing(out, clip.fps, clip.time_base, clip, provenance, request.force)
    try:
        with target as writer:
            first = writer.done
            video.warm_up(first)
            for _ in progress(convert(clip, video, writer), "drawing", clip.frames - first):
                pass
    except KeyboardInterrupt:
        if writer is not None and writer.count:
            note(f"{out} holds the {writer.count} of {clip.frames} frames that were done")
        raise
    took = time.monotonic() - begin
    notes = [*video.notes, *clip.notes, *writer.notes]
    for remark in (*clip.notes, *writer.notes):
        note(remark)
    return clip_told(provenance, writer.count, writer.count - first, took, notes, out)


def _moving(painter: AnimePainter, keyframes: Path, request: AnimeRequest) -> MovingStyle:
    from mien.anime.clip import MovingStyle
    from mien.anime.translate import load_anime_directions
    from mien.video.keyframes import read_keyframes

    curves = read_keyframes(keyframes)
    found = load_anime_directions(painter.loaded, request.directions, request.force)
    try:
        return MovingStyle(curves, found)
    except InputError as error:
        raise FileError(keyframes, str(error)) from None


def _remarks(video: AnimeVideo, out: Path, force: bool) -> None:
    """What is to be known of the faces; several are numbered on a preview."""
    from mien import images

    for remark in video.notes:
        note(remark)
    if video.preview is not None:
        preview = out.with_name(f"{out.stem}-faces.png")
        images.save(preview, video.preview, force=force)
        note(f"the faces are numbered in {preview}")
