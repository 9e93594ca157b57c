"""Studio: loaded networks and the verbs that use them; the features do the work."""

from mien.portraits.checks import MAX_COUNT, MAX_WORDS
from mien.portraits.faces import Faces
from mien.portraits.session import DEFAULT_MODEL
from mien.studio.session import Studio
from mien.text.describe import DEFAULT_REFINE
from mien.text.session import DEFAULT_METHOD

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_MODEL",
    "DEFAULT_REFINE",
    "MAX_COUNT",
    "MAX_WORDS",
    "Faces",
    "Studio",
]
