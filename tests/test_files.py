"""Names of files that come out of sentences."""

import unicodedata

import pytest

from mien.files import cut_name, slug


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("An old man, with a beard!", "an-old-man-with-a-beard"),
        ("một ông già có râu", "một-ông-già-có-râu"),
        ("眼鏡をかけた女性", "眼鏡をかけた女性"),
        ("Ünë fémme_/..\\", "ünë-fémme"),
        ("चश्मा वाली औरत", "चश्मा-वाली-औरत"),
        ("👩‍🦰🔥", ""),
        ("❤️ love", "love"),
        ("../../etc/passwd", "etc-passwd"),
        ("\x00\ud83d", ""),
        ("", ""),
    ],
)
def test_letters_of_every_script_stay(text: str, name: str) -> None:
    assert slug(text) == name


def test_both_ways_of_writing_an_accent_give_one_name() -> None:
    text = "ông già đeo kính"
    assert slug(unicodedata.normalize("NFD", text)) == slug(text) == "ông-già-đeo-kính"


@pytest.mark.parametrize("longest", [1, 2, 3, 20, 48])
def test_the_limit_is_in_bytes(longest: int) -> None:
    for text in ("眼鏡をかけた女性が笑っている。" * 9, "râu trắng " * 20, "a" * 300):
        name = slug(text, longest)
        assert len(name.encode()) <= longest
        assert not name.endswith("-")
        assert "-".join(text.strip("。 ").split()).startswith(name[:1])
    assert len(cut_name("é" * 100, 21).encode()) == 20


def test_marks_that_are_kept() -> None:
    assert slug("smile=+2.5 now", keep=".+=") == "smile=+2.5-now"
