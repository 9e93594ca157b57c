from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mien.errors import InputError, UnknownName
from mien.metrics.protocol import ORIGINAL_INCEPTION, Protocol, Score, frechet_name

TAGGER = Protocol(
    metric="Fréchet distance",
    judge="tagger-b",
    judge_sha256="ab" * 32,
    samples=200,
    reference_samples=200,
    resize="lanczos 128",
    seed=7,
    split="sfhq 01585–01784",
)
INCEPTION = replace(TAGGER, judge=ORIGINAL_INCEPTION)


def test_score_survives_json_with_its_protocol():
    score = Score("FD-tagger-b", 12.5, "lower", TAGGER, stderr=0.5, ci=(11.5, 13.5))
    read = json.loads(json.dumps(score.as_dict()))
    assert read["value"] == 12.5
    assert read["ci"] == [11.5, 13.5]
    assert Protocol(**read["protocol"]) == TAGGER


@pytest.mark.parametrize("name", ["FID", "fid", "DFID", "KID", "FID-5k", "FID ↓"])
def test_inception_names_are_refused_on_another_judge(name):
    with pytest.raises(InputError, match=r"tagger-b.*call it"):
        Score(name, 1.0, "lower", TAGGER)
    assert Score(name, 1.0, "lower", INCEPTION).name == name


def test_names_follow_the_judge():
    assert frechet_name("tagger-b") == "FD-tagger-b"
    assert frechet_name("tagger-b", "DFID") == "DFD-tagger-b"
    assert frechet_name("tagger-b", "KID") == "KD-tagger-b"
    assert frechet_name(ORIGINAL_INCEPTION) == "FID"
    assert Score(frechet_name("tagger-b"), 1.0, "lower", TAGGER).value == 1.0


def test_a_judge_without_hash_and_a_number_of_nothing_are_refused():
    with pytest.raises(InputError, match="sha256"):
        replace(TAGGER, judge_sha256="")
    with pytest.raises(InputError, match="0 samples"):
        replace(TAGGER, samples=0)
    assert replace(TAGGER, judge="none", judge_sha256="").judge == "none"


def test_line_names_everything():
    line = replace(TAGGER, notes="mirrored").line()
    for part in ("tagger-b", "abababababab", "200", "lanczos 128", "seed 7", "01585", "mirrored"):
        assert part in line


def test_metrics_declare_their_direction():
    assert Score.of("FD-tagger-b", 3.0, TAGGER).better == "lower"
    assert Score.of("SSIM", 0.7, TAGGER, stderr=0.01).better == "higher"
    assert Score.of("rank-1", 0.7, TAGGER).better == "higher"
    with pytest.raises(UnknownName, match="did you mean 'SSIM'"):
        Score.of("SSIMM", 0.7, TAGGER)


def test_a_protocol_of_a_loaded_judge() -> None:
    class Loaded:
        name, sha256 = "tagger", "ab" * 32

    made = Protocol.by(Loaded(), "agreement", 7, "faces, kept out", 3, 5, "bilinear", "once")
    whole = Protocol(
        "agreement", "tagger", "ab" * 32, 7, 5, "bilinear", 3, "faces, kept out", "once"
    )
    assert made == whole
    nobody = Protocol.by(None, "SSIM", 7, "faces")
    assert nobody == Protocol("SSIM", "none", "", 7, 0, "none", None, "faces")
