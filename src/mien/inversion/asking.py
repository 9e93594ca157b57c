"""What people ask of a face, said as a description of what shall be seen.

The reader of sentences reads descriptions. Who changes a face gives orders (*remove the glasses*)
and compares (*less makeup*), and means a person by *his* and *her* without saying which sex it is.
"""

from __future__ import annotations

import re

_WHOSE = r"(?:(?:the|a|an|any|all|of|his|her|their|my|your|its)\s+)*"
_ORDERS = (
    # take the hat off; take off the hat; remove her glasses; less makeup; fewer curls
    (re.compile(rf"\btak(?:e|ing)\s+{_WHOSE}((?:\w+\s+)?\w+)\s+(?:off|away)\b", re.I), r"no \1"),
    (
        re.compile(
            r"\b(?:tak(?:e|ing)\s+(?:off|away)|remov(?:e|ing)|get(?:ting)?\s+rid\s+of|los(?:e|ing)|"
            rf"delet(?:e|ing)|eras(?:e|ing)|shav(?:e|ing)\s+off|less|fewer)\s+{_WHOSE}",
            re.I,
        ),
        "no ",
    ),
    (re.compile(r"\b(?:enl[eè]ve[rz]?|retire[rz]?|[oôÔ]te[rz]?|supprime[rz]?)\s+", re.I), "sans "),
    (re.compile(r"(?:^|(?<=\s))(?:bỏ|tháo|gỡ|xóa|xoá)\s+", re.I), "không "),
    (
        re.compile(r"を(?:外す|外して|はずす|はずして|取る|取って|なくす|なくして|消す|消して)"),
        "なし",
    ),
)
_PERSON = re.compile(r"\b(?:he|she|him|his|hers|her|they|them|their)\b\s*", re.I)
_EMPTY = re.compile(r"\b(?:no|sans|không)\s*$", re.I)


def described(text: str) -> str:
    """A wish (*remove her glasses, less makeup*) as what shall be seen (*no glasses, no makeup*).

    The text itself if nothing of it is an order.
    """
    found = text
    for order, said in _ORDERS:
        found = order.sub(said, found)
    found = _PERSON.sub("", found).strip()
    return text if not found or _EMPTY.match(found) else found
