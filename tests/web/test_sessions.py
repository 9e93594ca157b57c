"""Sessions: secret names, an end, bounds, and nothing left behind."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.errors import SessionExpired, UnknownName
from mien.portraits.faces import Faces
from mien.web.sessions import COOKIE, Made, Session, Sessions


@pytest.fixture
def clock():
    return SimpleNamespace(now=0.0)


@pytest.fixture
def sessions(clock):
    sessions = Sessions(ttl_s=60, limit=3, clock=lambda: clock.now)
    yield sessions
    sessions.close()


def picture(value=0, side=8):
    return np.full((side, side, 3), value, np.uint8)


def test_a_session_ends_and_takes_its_folder_along(sessions, clock):
    session = sessions.new()
    (session.folder / "upload.png").write_bytes(b"x")
    clock.now = 59
    assert sessions.get(session.id) is session
    clock.now = 118
    assert sessions.get(session.id) is session
    clock.now = 179
    with pytest.raises(SessionExpired, match="load the page again"):
        sessions.get(session.id)
    assert not session.folder.exists()
    assert len(sessions) == 0


def test_who_has_been_idle_longest_goes_first(sessions, clock):
    kept = []
    for clock.now in range(3):
        kept.append(sessions.new())
    clock.now = 5
    sessions.get(kept[0].id)
    sessions.new()
    assert [sessions.has(one.id) for one in kept] == [True, False, True]
    assert not kept[1].folder.exists()


def test_names_are_secret_and_requests_bring_them(sessions):
    one, other = sessions.new(), sessions.new()
    assert one.id != other.id
    assert len(one.id) >= 32
    assert sessions.of(SimpleNamespace(cookies={COOKIE: one.id})) is one
    for cookies in ({}, {COOKIE: "../../etc"}, {COOKIE: one.id[:-1]}):
        with pytest.raises(SessionExpired):
            sessions.of(SimpleNamespace(cookies=cookies))
    with pytest.raises(SessionExpired):
        sessions.of(None)


def test_what_is_kept_is_bounded_in_number_and_bytes(sessions):
    few = Session(sessions.folder, most_made=3)
    made = [few.keep(Made(picture(i), "generate")) for i in range(5)]
    assert few.made == made[2:]
    small = Session(sessions.folder, most_bytes=2 * made[0].bytes)
    made = [small.keep(Made(picture(i), "generate")) for i in range(4)]
    assert small.made == made[2:]


def test_all_together_keep_no_more_than_they_may(clock):
    sessions = Sessions(most_bytes=20_000, clock=lambda: clock.now)
    first, second = sessions.new(), sessions.new()
    for one in (first, second):
        clock.now += 1
        sessions.get(one.id).keep(Made(picture(side=60), "generate"))
    third = sessions.new()
    assert [sessions.has(one.id) for one in (first, second, third)] == [False, True, True]
    sessions.close()


def test_nobody_finds_what_another_has_made(sessions):
    one, other = sessions.new(), sessions.new()
    made = one.keep(Made(picture(7), "sketch"))
    assert one.find(made.id) is made
    with pytest.raises(UnknownName):
        other.find(made.id)


def test_a_face_goes_back_to_the_studio_and_carries_its_recipe():
    ws = np.ones((2, 4, 3), np.float32)
    faces = Faces(np.stack([picture(1), picture(2)]), ws, (5, 6), {"sha256": "abc", "psi": 0.7})
    made = Made.each_of(faces, "generate")
    assert [one.provenance["seed"] for one in made] == [5, 6]
    again = made[1].face
    assert again.made() == [{"sha256": "abc", "psi": 0.7, "seed": 6}]
    assert np.array_equal(again.ws, ws[1:])
    with Image.open(io.BytesIO(made[1].png())) as png:
        assert images.provenance_of(png, "it") == made[1].provenance
    with np.load(io.BytesIO(made[1].npz())) as stored:
        assert np.array_equal(stored["w"], ws[1:])
    with pytest.raises(UnknownName):
        Made(picture(), "sketch").face  # noqa: B018  # it is the asking that fails


def test_closing_leaves_nothing(sessions):
    session = sessions.new()
    sessions.close()
    assert not session.folder.exists()
    assert not sessions.folder.exists()
