"""Names of tags and of edits: all lead to labels that exist."""

from mien.attributes import COLUMNS, LABELS
from mien.editing.naming import EDITS, TAGS, column_of, tag_table


def test_every_tag_stands_for_labels_of_one_column():
    for tag, labels in TAGS.items():
        assert set(labels) <= set(LABELS), tag
        assert {label.partition("=")[0] for label in labels} == {column_of(tag)}


def test_every_edit_is_a_pair_of_tags_of_one_column():
    for edit in EDITS:
        assert {edit.pair.towards, edit.pair.away} <= set(TAGS)
        assert column_of(edit.pair.towards) == column_of(edit.pair.away) == edit.column
        shared = set(TAGS[edit.pair.towards]) & set(TAGS[edit.pair.away])
        assert not shared
    assert len({edit.name for edit in EDITS}) == len(EDITS)
    wanted = {"age", "gender", "smile", "mouth open", "glasses", "beard", "hair colour"}
    assert wanted | {"hair length", "yaw", "skin tone"} <= {edit.name for edit in EDITS}


def test_names_of_edits_and_tags_differ():
    assert not {edit.name for edit in EDITS} & set(TAGS)


def test_the_table_of_a_tagger():
    table = tag_table(COLUMNS)
    labels = {label for parts in table.values() for label in parts}
    assert labels == set(LABELS)
    assert "gender=m" not in table  # "man" stands for it alone
    assert table["expression=smile"] == ("expression=smile",)
    anime = tag_table({"open_mouth": ("0", "1")})
    assert set(anime) == {"open_mouth=0", "open_mouth=1"}
