"""The small pictures and folders of the data room."""

from data.conftest import encode, face, lay_out

__all__ = ["encode", "face", "lay_out"]
