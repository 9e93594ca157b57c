"""Requests and uploads that no page sends; ``python tests/web/malformed.py`` lists them.

A case is refused with a status from 400 to 499 (or 503) and one line, unless it says otherwise.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

VERBS = (
    *("describe", "generate", "edit", "strip", "mix", "grid", "walk"),
    *("compose", "sketch", "photo", "anime", "invert"),
)
SECRET = "/etc/passwd"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
UPLOAD, JOIN = "/gradio_api/upload", "/gradio_api/queue/join"


@dataclass(frozen=True)
class Case:
    """A request.

    Attributes:
        name: What is wrong with it.
        method: Of HTTP.
        path: With its query.
        sent: How it is sent, as httpx takes it.
        status: What may come back beside a refusal.
        session: Whether it brings the session's cookie.
    """

    name: str
    method: str
    path: str
    sent: dict[str, Any] = field(default_factory=dict)
    status: tuple[int, ...] = ()
    session: bool = True


def post(name: str, path: str, **sent: Any) -> Case:
    return Case(name, "POST", path, sent)


def api(name: str, verb: str, text: str | bytes) -> Case:
    """A body of JSON, as it stands."""
    sent = {"content": text, "headers": {"content-type": "application/json"}}
    return Case(f"{verb}: {name}", "POST", f"/api/v1/{verb}", sent)


def text_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, *more: bytes, data: bytes = b"") -> bytes:
    """A PNG that claims a size; its pixels are ``data``, or none."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", data or zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + body + chunk(b"IEND", b"")


def picture(kind: str = "PNG", side: int = 16, made: str | None = None, **how: Any) -> bytes:
    """A good picture, with a text that says what made it."""
    stream = io.BytesIO()
    if made is not None:
        how["pnginfo"] = PngImagePlugin.PngInfo()
        how["pnginfo"].add_text("mien", made)
    Image.new("RGB", (side, side), (120, 90, 60)).save(stream, kind, **how)
    return stream.getvalue()


def recipe(**made: Any) -> bytes:
    """A picture of mien's that says what made it."""
    return picture(made=json.dumps({"sha256": "0" * 64, "seed": 1, "psi": 0.7, **made}))


def bodies() -> Iterator[Case]:
    """What is no body at all, for every verb."""
    for verb in VERBS:
        yield api("nothing", verb, "")
        yield api("no JSON", verb, "{")
        yield api("bytes", verb, b"\xff\xfe\x00\x80")
        yield api("a list", verb, "[1, 2]")
        yield api("null", verb, "null")
        yield api("an unknown field", verb, '{"__class__": "os.system"}')
        yield api("nested beyond all depth", verb, '{"a":' * 60_000 + "1" + "}" * 60_000)
        yield post(f"{verb}: XML", f"/api/v1/{verb}", content="<a/>", headers=kind("text/xml"))


def kind(value: str) -> dict[str, str]:
    return {"content-type": value}


def numbers() -> Iterator[Case]:
    """Sliders that no hand can move there."""
    for value in (
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1",
        "2.5",
        '"0.7"',
        "[]",
        "{}",
        "true",
    ):
        yield api(f"psi {value}", "generate", f'{{"psi": {value}}}')
    for value in ("0", "-1", "9", "1e9", "1.5", '"4"', "true", "null", "99999999999999999999"):
        yield api(f"count {value}", "generate", f'{{"count": {value}}}')
    for value in ("-1", "4294967296", "1e400", '"x"', "[1]"):
        yield api(f"seed {value}", "describe", f'{{"text": "a man", "seed": {value}}}')
    for value in ("NaN", "1e999", "null", '"+2"', "{}"):
        yield api(
            f"a setting {value}",
            "edit",
            f'{{"face": {{"seed": 1}}, "settings": {{"smile": {value}}}}}',
        )
    for value in ("smile=nan", "smile=1e99", "smile", "=", "../../x=1", "smile=+1" * 3000, "\0=1"):
        body = {"face": {"seed": 1}, "settings": [value]}
        yield api(f"the setting {value[:20]!r}", "edit", json.dumps(body))
    for value in ("99-1", "4-99", "-1", "a", "", "0," * 200):
        body = {"a": {"seed": 1}, "b": {"seed": 2}, "layers": value}
        yield api(f"layers {value[:12]!r}", "mix", json.dumps(body))
    yield api("10000 seeds", "generate", json.dumps({"seeds": list(range(10_000))}))
    yield api("no seeds", "generate", '{"seeds": []}')
    yield api("a sentence of a megabyte", "describe", json.dumps({"text": "smiling " * 90_000}))
    yield api("a language of paths", "describe", '{"text": "a man", "language": "../en"}')
    yield api("guidance NaN", "describe", '{"text": "a man", "guidance": NaN}')
    yield api("10^9 steps", "describe", '{"text": "a man", "refine": 1000000000}')
    yield api(
        "17 x 16 faces", "grid", json.dumps({"rows": [{"seed": 1}] * 17, "columns": [{"seed": 1}]})
    )
    yield api("an hour", "walk", '{"faces": [{"seed": 1}, {"seed": 2}], "seconds": 3600}')
    yield api("fps 1e308", "walk", '{"faces": [{"seed": 1}, {"seed": 2}], "fps": 1e308}')
    for name, body in {
        "words and settings": {"face": {"seed": 1}, "settings": [], "text": "smiling"},
        "neither words nor settings": {"face": {"seed": 1}},
        "words of a megabyte": {"face": {"seed": 1}, "text": "smiling " * 90_000},
        "words that are a path": {"face": {"seed": 1}, "text": SECRET},
    }.items():
        yield api(name, "edit", json.dumps(body))
    yield api("nothing at all", "compose", "{}")
    yield api("strength NaN", "compose", '{"text": "old", "strength": NaN}')
    yield api("99 faces", "compose", '{"text": "old", "count": 99}')
    yield api("a path for a sketch", "compose", json.dumps({"sketch": SECRET}))
    box = {"photo": text_of(picture()), "box": [0, 0, 1, 2, 3]}
    yield api("a box of five", "anime", json.dumps(box))
    yield api("a box of NaN", "anime", json.dumps({**box, "box": [float("nan")] * 4}))
    yield api(
        "a face that is three", "edit", '{"face": {"seed": 1, "picture": ""}, "settings": []}'
    )


def pictures() -> dict[str, bytes]:
    """Files that are no usable picture, by what is wrong with them."""
    good, frames = picture(), io.BytesIO()
    images = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    images[0].save(frames, "GIF", save_all=True, append_images=images[1:])
    zeros = zlib.compress(b"\0" * (3 * 2000 + 1) * 400)
    broken = bytearray(good)
    broken[len(good) // 2] ^= 0xFF
    return {
        "an empty file": b"",
        "an SVG with script": SVG,
        "a page": b"<!doctype html><script>alert(1)</script>",
        "text": b"hello, I am a picture",
        "a PDF": b"%PDF-1.7\n",
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
        "a program": b"\x7fELF" + b"\0" * 60,
        "a pickle": b"cos\nsystem\n(S'touch pwned'\ntR.",
        "TIFF": picture("TIFF"),
        "ICO": picture("ICO"),
        "PCX": picture("PCX"),
        "a cut PNG": good[: len(good) // 2],
        "a PNG of a head": good[:20],
        "a PNG with a flipped byte": bytes(broken),
        "a cut JPEG": picture("JPEG", 64)[:200],
        "a cut WebP": picture("WEBP", 64)[:40],
        "a cut GIF": frames.getvalue()[:30],
        "moving pictures": frames.getvalue(),
        "AVIF of nothing": b"\0\0\0\x1cftypavif" + b"\0" * 40,
        "HEIC of nothing": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 40,
        "a PNG of 60000 x 60000": png_of(60_000, 60_000),
        "a PNG of 2^31 x 2^31": png_of(2**31 - 1, 2**31 - 1),
        "a bomb of zeros": png_of(2000, 400, data=zeros),
        "a PNG of 0 x 0": png_of(0, 0),
        "a GIF of 65535 x 65535": b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\0;",
        "a JPEG of 65500 x 65500": b"\xff\xd8\xff\xc0"
        + struct.pack(">HBHHB", 17, 8, 65_500, 65_500, 3)
        + b"\x01\x11\0\x02\x11\0\x03\x11\0\xff\xd9",
        "a WebP of 16 million x 16 million": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"
        + b"\xff" * 6,
        "a BMP of 60000 x 60000": b"BM"
        + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, *(60_000,) * 2, 1, 24, *(0,) * 6),
    }


def recipes() -> dict[str, bytes]:
    """Pictures of mien's with recipes that must not be followed."""
    seed = {"seed": 1, "psi": 0.7}
    mixed: dict[str, Any] = seed
    for _ in range(9):
        mixed = {"mix": {"a": mixed, "b": mixed, "layers": [0]}}
    edit = {"set": SECRET, "set_sha256": "0", "settings": [{"direction": "smile", "strength": 1}]}
    return {
        "directions that are a path": recipe(edits=[edit]),
        "a million steps": recipe(text="a man", method="labels", guidance=1, refine=10**6),
        "512 mixtures": recipe(**mixed),
        "edits that are none": recipe(edits=7),
        "settings that are none": recipe(edits=[{"set": "portraits-edits", "settings": 7}]),
        "a row that is none": recipe(edits=[{"set": "portraits-edits", "settings": [7]}]),
        "a mixture that is none": recipe(mix="x"),
        "a photo that is a path": recipe(photo=SECRET),
        "latents that are a path": recipe(latents=SECRET),
        "a recipe beyond all depth": picture(made="[" * 60_000),
        "another model": recipe(),
        "a recipe of NaN": recipe(seed=float("nan"), psi=float("nan")),
        "a text bomb": png_of(8, 8, chunk(b"zTXt", b"mien\0\0" + zlib.compress(b"x" * 80_000_000))),
    }


def uploads() -> Iterator[Case]:
    """Bad pictures, to every verb that takes one and to the page itself."""
    for name, data in pictures().items():
        for verb, key in (("sketch", "picture"), ("anime", "photo"), ("compose", "label")):
            yield api(name, verb, json.dumps({key: text_of(data)}))
        files = {"photo": (f"../../{name}.png", data, "image/png")}
        yield Case(f"invert: {name}, in a form", "POST", "/api/v1/invert", {"files": files})
        sent = {"files": {"files": ("me.png", data, "image/png")}}
        # A picture whose pixels alone are damaged is found out when it is decoded.
        late = (200,) if name.startswith(("a cut", "a PNG with", "moving")) else ()
        yield Case(f"page: {name}", "POST", UPLOAD, sent, late)
    for name, data in recipes().items():
        body = {"face": {"picture": text_of(data)}, "settings": ["smile=+1"]}
        yield api(name, "edit", json.dumps(body))
    for value in ("!!!!", "/etc/passwd", "//etc/passwdA", "data:image/png;base64,", "é"):
        yield api(f"base64 {value!r}", "photo", json.dumps({"picture": value}))


def latents() -> Iterator[Case]:
    """Files of latents that hold none."""

    def stored(value: Any, name: str = "w", pack: Any = np.savez) -> bytes:
        stream = io.BytesIO()
        pack(stream, **{name: value})
        return stream.getvalue()

    good = np.zeros((1, 8, 16), np.float32)
    liar = io.BytesIO()
    with zipfile.ZipFile(liar, "w") as archive:
        head = (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999, 99999), }".ljust(117) + "\n"
        )
        archive.writestr("w.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + head.encode())
    found = {
        "nothing": b"",
        "a picture": picture(),
        "Python objects": stored(np.array([{}], dtype=object)),
        "NaN": stored(good * np.nan),
        "infinity": stored(good + np.inf),
        "another width": stored(np.zeros((1, 8, 7), np.float32)),
        "another depth": stored(np.zeros((1, 5, 16), np.float32)),
        "text": stored(np.array(["a", "b"])),
        "numbers under another name": stored(np.arange(3.0), "x"),
        "cut": stored(good)[:100],
        "a bomb": stored(np.zeros((1, 8, 1 << 20), np.float32), pack=np.savez_compressed),
        "a shape that is a lie": liar.getvalue(),
        "a pickle": b"\x80\x04cos\nsystem\n.",
    }
    for name, data in found.items():
        body = {"face": {"latents": text_of(data)}, "settings": ["smile=+1"]}
        yield api(f"latents: {name}", "edit", json.dumps(body))
    body = {"face": {"latents": text_of(stored(good)), "row": 1}, "settings": ["smile=+1"]}
    yield api("latents: no such row", "edit", json.dumps(body))


def paths() -> Iterator[Case]:
    """Names that lead elsewhere."""
    tricks = (
        SECRET, "//etc/passwd", "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd", "/proc/self/environ", "/proc/self/cwd/pyproject.toml",
        "file:///etc/passwd", "http://127.0.0.1:1/", "https://example.org/", "~/.bashrc",
        "C:\\Windows\\win.ini", "\\\\host\\share", "%00", "." * 5000, "pyproject.toml",
    )  # fmt: skip
    for trick in tricks:
        yield Case(f"file {trick[:40]!r}", "GET", f"/gradio_api/file={trick}")
        yield Case(f"made {trick[:40]!r}", "GET", f"/made/{trick}.png")
    for name in (
        "all.zip%00.png", "..%2fall.zip", "all.zip%2f..%2f..%2fetc%2fpasswd", "all.npz", ".mp4",
        "*.png", "all.tar", "a" * 5000 + ".mp4", "%252e%252e%252fall.zip", "ALL.ZIP ",
    ):  # fmt: skip
        yield Case(f"gallery {name[:40]!r}", "GET", f"/made/{name}")
    for trick in tricks[:6]:
        yield Case(f"static {trick!r}", "GET", f"/static/{trick}")
        yield Case(f"assets {trick!r}", "GET", f"/assets/{trick}")
        yield Case(f"directions {trick!r}", "GET", f"/api/v1/directions?of={trick}")
        body = {"picture": text_of(picture()), "model": trick}
        yield api(f"model {trick!r}", "sketch", json.dumps(body))
    for path in (
        "/gradio_api/proxy=https://example.hf.space/x", "/gradio_api/monitoring", "/monitoring",
        "/gradio_api/vibe-code", "/gradio_api/runs", "/gradio_api/deep_link", "/dev/reload",
        "/gradio_api/file/etc/passwd", "/gradio_api/profiling/traces", "/.git/config", "/.env",
        "/gradio_api/token", "/custom_component/1/x/y/z", "/api/v1/", "/api/v1/train",
    ):  # fmt: skip
        yield Case(f"no such page {path}", "GET", path)
    yield post("no such verb", "/gradio_api/run/predict", json={"data": []})
    yield post("no such call", "/gradio_api/call/describe", json={"data": []})
    yield post("recordings", "/gradio_api/process_recording", files={"video": b"x"})


def strangers() -> Iterator[Case]:
    """Requests from elsewhere."""
    good, told = {"count": 1}, "/api/v1/generate"
    for origin in (
        "null",
        "http://evil.example",
        "http://127.0.0.1:9999",
        "https://127.0.0.1.evil.example:7860",
        "file://",
        "http://[",
        "",
    ):
        yield post(f"origin {origin!r}", told, json=good, headers={"origin": origin})
        yield Case(
            f"upload, origin {origin!r}",
            "POST",
            UPLOAD,
            {"files": {"files": picture()}, "headers": {"origin": origin}},
        )
    for host in (
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost@evil",
        "",
        "a b",
        "[::1",
        "x" * 5000,
    ):
        yield Case(f"host {host[:30]!r}", "GET", "/", {"headers": {"host": host}})
    for site in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
        yield Case(f"{site} picture", "GET", "/api/v1/status", {"headers": headers})
        yield post(f"{site} form", told, json=good, headers=headers)
    for cookie in (
        "",
        "mien_session=expired",
        "mien_session=../../x",
        "mien_session=" + "a" * 4000,
        "=;=;",
    ):
        sent = {
            "json": {"data": [], "fn_index": 0, "session_hash": "x"},
            "headers": {"cookie": cookie},
        }
        yield Case(f"join, cookie {cookie[:24]!r}", "POST", JOIN, sent, session=False)
        yield Case(
            f"made, cookie {cookie[:24]!r}",
            "GET",
            "/made/all.zip",
            {"headers": {"cookie": cookie}},
            session=False,
        )


def page() -> Iterator[Case]:
    """What the page's own routes are not sent by the page."""
    for name, value in {
        "a path": SECRET, "a path beside": "../../etc/passwd", "an address": "http://127.0.0.1:1/x",
        "a number": 7, "a list": [SECRET], "nothing of ours": "/tmp/x.png",
    }.items():  # fmt: skip
        data = {"path": value, "meta": {"_type": "gradio.FileData"}, "orig_name": "x.png"}
        yield post(
            f"join with {name}", JOIN, json={"data": [data], "fn_index": 0, "session_hash": "x"}
        )
    bomb = "data:image/png;base64," + text_of(png_of(60_000, 60_000))
    for name, url in {
        "a bomb": bomb,
        "an SVG": "data:image/svg+xml;base64," + text_of(SVG),
        "no base64": "data:,x",
    }.items():
        yield post(
            f"join with {name} inside", JOIN, json={"data": [{"url": url}], "session_hash": "x"}
        )
    for text in ("", "{", "[]", "NaN", '{"data": [NaN]}', '{"data":' * 50_000, "null"):
        yield post(f"join {text[:16]!r}", JOIN, content=text, headers=kind("application/json"))
    yield post("join without a session's name", JOIN, json={"data": [], "fn_index": 0})
    yield post(
        "join no such function", JOIN, json={"data": [], "fn_index": 10**6, "session_hash": "x"}
    )
    yield post(
        "a component of ours",
        "/gradio_api/component_server",
        json={"session_hash": "x", "component_id": 1, "fn_name": "__init__", "data": SECRET},
    )
    yield post("an upload that is no form", UPLOAD, json={"files": SECRET})
    yield post(
        "an upload without boundary", UPLOAD, content=b"x", headers=kind("multipart/form-data")
    )
    yield post(
        "a cut upload",
        UPLOAD,
        content=b"--x\r\nContent-Disposition: form-data; name=files; filename=a\r\n\r\nabc",
        headers=kind("multipart/form-data; boundary=x"),
    )
    for name in (
        "../../x.png",
        "/etc/cron.d/x.png",
        "a/../../b.png",
        "\0.png",
        "x" * 3000 + ".png",
        "..",
        "",
    ):
        yield Case(
            f"upload called {name[:16]!r}",
            "POST",
            UPLOAD,
            {"files": {"files": (name, picture(), "image/png")}},
            (200,),
        )


def sizes() -> Iterator[Case]:
    """Too much, or not as much as was said."""
    big = b"x" * ((1 << 20) + 1)

    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * (1 << 15)

    for path in ("/api/v1/generate", UPLOAD, JOIN, "/"):
        yield post(f"a megabyte too much to {path}", path, content=big)
        yield post(f"without end to {path}", path, content=parts())
    for length in ("-1", "x", "9" * 400, "1e3", "+5"):
        yield post(
            f"length {length[:9]}",
            "/api/v1/generate",
            content=b"{}",
            headers={"content-length": length},
        )
    packed = {"content-encoding": "gzip", "content-type": "application/json"}
    bomb = gzip.compress(b" " * (50 << 20) + b"{}")
    for path in ("/api/v1/generate", JOIN):
        yield post(f"a packed bomb to {path}", path, content=bomb, headers=packed)
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "BREW"):
        yield Case(f"{method}", method, "/api/v1/generate")
    headers = kind("multipart/form-data; boundary=x")
    yield post(
        "a form without boundary",
        "/api/v1/sketch",
        content=b"x",
        headers=kind("multipart/form-data"),
    )
    yield post("a form of nothing", "/api/v1/sketch", content=b"--x--\r\n", headers=headers)
    yield post(
        "a form that is cut",
        "/api/v1/sketch",
        content=b"--x\r\nContent-Disposition: form-data; name=picture\r\n\r\nabc",
        headers=headers,
    )
    yield post("a form of 100 files", "/api/v1/sketch", files=[("picture", picture())] * 100)
    yield post("a form of 100 fields", "/api/v1/generate", data={f"x{i}": "1" for i in range(100)})
    yield post(
        "a field inside a field that is none", "/api/v1/edit", data={"face": "1", "face.seed": "2"}
    )
    yield post("a field a thousand deep", "/api/v1/edit", data={".".join("a" * 1000): "1"})


def cases() -> list[Case]:
    """All of them."""
    groups = (bodies, numbers, uploads, latents, paths, strangers, page, sizes)
    return [case for group in groups for case in group()]


if __name__ == "__main__":
    for number, case in enumerate(cases(), 1):
        print(f"{number:4d}  {case.method:6s} {case.path[:60]:60s} {case.name[:80]}")  # noqa: T201  # a script
