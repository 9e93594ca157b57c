"""The verbs over HTTP: what programs send and get, each error with its status."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mien import images
from mien.images.provenance import provenance_of
from mien.studio import Studio
from web.conftest import png

V1 = "/api/v1"


def opened(picture):
    return Image.open(io.BytesIO(base64.b64decode(picture["png"])))


def arrays(text):
    with np.load(io.BytesIO(base64.b64decode(text))) as stored:
        return stored["w"]


def text_of(data):
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def drawn(client):
    """Two faces of seeds, as a program gets them."""
    answer = client.post(f"{V1}/generate", json={"count": 2, "seed": 5})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_describe_says_what_was_read_and_what_not(client):
    body = {"text": "an old man before a blue background", "count": 2, "seed": 3, "refine": 0}
    told = client.post(f"{V1}/describe", json=body).json()
    assert [one["provenance"]["seed"] for one in told["pictures"]] == [3, 4]
    assert any("blue background" in note for note in told["notes"])
    with opened(told["pictures"][0]) as picture:
        assert picture.size == (32, 32)
        assert provenance_of(picture, "it")["text"] == body["text"]
    assert arrays(told["latents"]).shape == (2, 8, 16)


def test_faces_go_back_in_as_seed_latents_or_picture(client, drawn):
    faces = [
        {"seed": 6},
        {"latents": drawn["latents"], "row": 1},
        {"picture": drawn["pictures"][1]["png"]},
    ]
    edits = []
    for face in faces:
        body = {"face": face, "settings": {"smile": 2}}
        answer = client.post(f"{V1}/edit", json=body)
        assert answer.status_code == 200, answer.text
        edits.append(answer.json())
    ws = [arrays(one["latents"]) for one in edits]
    assert np.allclose(ws[0], ws[1], atol=1e-5)
    assert np.allclose(ws[0], ws[2], atol=1e-5)
    assert not np.allclose(ws[0], arrays(drawn["latents"])[1])
    (step,) = edits[2]["pictures"][0]["provenance"]["edits"]
    assert step["settings"] == [{"direction": "smile", "strength": 2.0}]


def test_mix_grid_strip(client, drawn):
    a, b = {"seed": 5}, {"seed": 6}
    mixed = client.post(f"{V1}/mix", json={"a": a, "b": b, "layers": "4-7"}).json()
    ws = arrays(drawn["latents"])
    assert np.allclose(arrays(mixed["latents"])[0], np.concatenate([ws[0, :4], ws[1, 4:]]))
    grid = client.post(f"{V1}/grid", json={"rows": [a, b], "columns": [b]}).json()
    assert len(grid["pictures"]) == 2
    strip = client.post(f"{V1}/strip", json={"face": a, "setting": "age=1", "steps": 3}).json()
    assert np.allclose(arrays(strip["latents"])[1], ws[0], atol=1e-5)


def test_walk_is_a_clip(client):
    pytest.importorskip("av")
    body = {"faces": [{"seed": 1}, {"seed": 2}], "seconds": 0.2, "fps": 10}
    answer = client.post(f"{V1}/walk", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content[4:8] == b"ftyp"


def test_sketch_takes_a_form_and_gives_the_form_that_is_asked_for(client):
    sent = {"files": {"picture": ("../../me.png", png(40, 48))}, "data": {"method": "pix2pix"}}
    answer = client.post(f"{V1}/sketch", **sent, headers={"accept": "image/png"})
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (40, 48)
        assert provenance_of(picture, "it")["method"] == "pix2pix"
    answer = client.post(
        f"{V1}/generate", data={"seeds": "[7, 9]"}, headers={"accept": "application/zip"}
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = sorted(archive.namelist())
        assert names == [
            f"000{i}-generate.{end}" for i in range(2) for end in ("json", "npz", "png")
        ]
        assert json.loads(archive.read("0001-generate.json"))["seed"] == 9


def test_a_photo_needs_an_encoder(client):
    body = {"face": {"picture": text_of(png())}, "settings": ["smile=+1"]}
    answer = client.post(f"{V1}/edit", json=body)
    assert (answer.status_code, answer.json()["kind"]) == (404, "WeightsMissing")


def test_words_change_a_face_or_say_what_is_missing(client, monkeypatch):
    asked = []

    def by_words(studio, face, text, layers, psi):
        asked.append((text, layers, psi))
        return studio.edit(face, {"smile": 1})

    monkeypatch.setattr(Studio, "edit_by_words", by_words)
    body = {"face": {"seed": 1}, "text": "smiling", "layers": "coarse"}
    told = client.post(f"{V1}/edit", json=body).json()
    assert told["pictures"][0]["provenance"]["edits"]
    assert asked == [("smiling", "coarse", 0.7)]
    for wrong in ({"face": {"seed": 1}}, {**body, "settings": ["smile=+1"]}):
        answer = client.post(f"{V1}/edit", json=wrong)
        assert answer.status_code == 422
        assert "either settings or text" in answer.json()["error"]


def test_compose_reads_pictures_and_tells_no_path(client, app, monkeypatch):
    seen = {}

    def compose(studio, sketch, label, text, count, seed, **more):
        with Image.open(sketch) as lines, Image.open(label) as ids:
            seen.update({"sketch": lines.size, "label": ids.mode})
        drawn = studio.generate(count, seed)
        told = {**drawn.provenance, "compose": {"sketch": str(sketch), "text": text}}
        return replace(drawn, provenance=told, each=(told,) * count, notes=(f"read {sketch}",))

    monkeypatch.setattr(Studio, "compose", compose)
    label = io.BytesIO()
    Image.new("L", (16, 16), 13).save(label, "PNG")
    sent = {"sketch": text_of(png()), "label": text_of(label.getvalue()), "text": "old"}
    told = client.post(f"{V1}/compose", json={**sent, "count": 1}).json()
    assert seen == {"sketch": (32, 32), "label": "L"}
    assert told["notes"] == ["read sketch.png"]
    assert told["pictures"][0]["provenance"]["compose"] == {"sketch": "sketch.png", "text": "old"}
    assert str(app.state.sessions.folder) not in json.dumps(told)
    assert not list(app.state.sessions.folder.glob("tmp*"))


def test_compose_without_an_encoder_says_so(client):
    answer = client.post(f"{V1}/compose", json={"sketch": text_of(png())})
    assert answer.status_code in (404, 422)
    assert "\n" not in answer.json()["error"]


def test_facts(client):
    status = client.get(f"{V1}/status").json()
    assert status["ready"]
    assert (status["model"], status["jobs"]) == ("webtiny", 0)
    named = {row["name"]: row for row in client.get(f"{V1}/models").json()["models"]}
    assert named["portraits"]["here"]
    assert named["portraits"]["licence"]
    told = client.get(f"{V1}/directions").json()["directions"]
    assert [one["name"] for one in told] == ["smile", "age"]
    answer = client.get(f"{V1}/directions", params={"of": "../../etc/passwd"})
    assert answer.status_code == 404


def test_the_page_describes_every_verb_and_loads_nothing_from_elsewhere(client):
    schema = client.get("/openapi.json").json()
    page = client.get("/docs").text
    for verb in ("describe", "generate", "edit", "mix", "walk", "sketch", "photo", "anime"):
        said = schema["paths"][f"{V1}/{verb}"]["post"]
        name = said["requestBody"]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
        assert schema["components"]["schemas"][name]["properties"]
        assert f"POST {V1}/{verb}" in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize(
    ("verb", "body", "status", "says"),
    [
        ("describe", {"text": ""}, 422, "the sentence is empty"),
        ("describe", {"text": "a red sports car"}, 422, "about a face"),
        ("describe", {"text": "a man", "method": "magic"}, 404, "unknown method 'magic'"),
        ("generate", {"count": 9}, 422, "at most 8 are drawn"),
        ("generate", {"seed": -1}, 422, "seed: Input should be greater"),
        ("generate", {"psi": "much"}, 422, "psi: Input should be a valid number"),
        ("edit", {"face": {"seed": 1}, "settings": ["grin=+1"]}, 404, "grin"),
        ("edit", {"face": {}, "settings": ["smile=+1"]}, 422, "give one of seed"),
        ("edit", {"face": {"seed": 1}, "settings": []}, 422, "nothing to change"),
        ("sketch", {"picture": text_of(b"<svg/>")}, 415, "no picture that is taken"),
        ("sketch", {"picture": text_of(png(300, 300))}, 413, "90000 pixels"),
        ("sketch", {"picture": text_of(png()), "model": "/etc/passwd"}, 404, "unknown model"),
        ("anime", {"photo": text_of(png()[:400])}, 422, "photo: is broken"),
    ],
)
def test_each_error_has_its_status_and_says_what_is_wrong(client, verb, body, status, says):
    answer = client.post(f"{V1}/{verb}", json=body)
    assert (answer.status_code, says in answer.json()["error"]) == (status, True), answer.text
    assert set(answer.json()) == {"error", "kind"}


def test_busy_is_said_with_when_to_come_again(client, app, monkeypatch):
    monkeypatch.setattr(app.state.desk, "waiting", 0)
    answer = client.post(f"{V1}/generate", json={"count": 1})
    assert (answer.status_code, answer.json()["kind"]) == (503, "Busy")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_fault_of_ours_is_not_told(client, app, monkeypatch, caplog):
    def broken(who, job):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(app.state.desk, "submit", broken)
    answer = client.post(f"{V1}/generate", json={"count": 1})
    assert (answer.status_code, answer.json()["kind"]) == (500, "Failed")
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


def test_what_a_session_has_made_is_its_own(client, app):
    from mien.web.sessions import COOKIE, Made

    session = app.state.sessions.get(client.cookies[COOKIE])
    made = session.keep(Made(np.full((8, 8, 3), 9, np.uint8), "sketch", {"psi": float("nan")}))
    answer = client.get(f"/made/{made.id}.png")
    assert np.array_equal(images.decode(answer.content), made.picture)
    assert client.get(f"/made/{made.id}.npz").status_code == 404
    with zipfile.ZipFile(io.BytesIO(client.get("/made/all.zip").content)) as archive:
        assert json.loads(archive.read("0000-sketch.json")) == {"psi": None}
    other = app.state.sessions.new()
    cookie = {"cookie": f"{COOKIE}={other.id}"}
    keep = dict(client.cookies)
    client.cookies.clear()
    assert client.get(f"/made/{made.id}.png", headers=cookie).status_code == 404
    assert client.get(f"/made/{made.id}.png").status_code == 410
    client.cookies.update(keep)


def test_anime_begins_with_the_models_own_style():
    from mien.web.bodies import Anime

    assert Anime(photo=base64.b64encode(b"x").decode()).style_seed is None  # as Studio.anime has it
