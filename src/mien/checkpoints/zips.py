"""Zip archives read without believing them: a bounded directory, members as views, no surprises.

The standard library reads a whole directory into objects before anything can be refused. Members
stay where they lie in the mapped file until somebody asks for their bytes.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from mien.errors import CheckpointError

MAX_MEMBERS = 100_000
"""Most members that an archive may have."""

_STORED, _DEFLATED = 0, 8
_END, _END64, _MEMBER, _LOCAL = b"PK\x05\x06", b"PK\x06\x06", b"PK\x01\x02", b"PK\x03\x04"
_BIG = 0xFFFFFFFF


@dataclass(frozen=True)
class Member:
    """One file in an archive: compressed by ``method`` (0: not at all) to ``packed`` bytes.

    ``size`` is what the archive claims; ``offset`` is where its local header begins.
    """

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class Archive:
    """The members of a zip archive that lies in memory or is mapped into it.

    Raises CheckpointError for ``path`` if there is no directory, or one of more than
    :data:`MAX_MEMBERS` entries.
    """

    def __init__(self, path: str | Path, view: memoryview) -> None:
        self.path = path
        self._view = view
        try:
            self.members = self._directory()
        except (struct.error, ValueError, IndexError):
            raise CheckpointError(path, "has a damaged zip directory", "fetch it again") from None

    def read(self, name: str, limit: int | None = None) -> memoryview:
        """Return the content of a member, its checksum verified.

        A compressed member may unfold to ``limit`` bytes; ``None`` refuses them, and members then
        are views into the file. Raises CheckpointError if there is no such member, it is damaged,
        compressed though it must not be, or too big.
        """
        member = self.members.get(name)
        if member is None:
            raise CheckpointError(self.path, f"has no {name[:80]!r}", "fetch it again")
        packed = self._packed(member)
        if member.method == _STORED and member.packed == member.size:
            content = packed
        elif member.method == _DEFLATED and limit is not None:
            content = memoryview(self._inflate(member, packed, limit))
        else:
            cause = f"{name[:80]!r} is compressed, which weights never are"
            remedy = "unpack it and zip it again without compression, or fetch it again"
            raise CheckpointError(self.path, cause, remedy)
        if member.crc and zlib.crc32(content) != member.crc:
            cause = f"{name[:80]!r} is damaged: its checksum does not match"
            raise CheckpointError(self.path, cause, "fetch it again")
        return content

    def _directory(self) -> dict[str, Member]:
        view = self._view
        tail_start = max(0, len(view) - 65_557)
        tail = bytes(view[tail_start:])
        end = tail.rfind(_END)
        if end < 0:
            cause = "is a zip archive without an end (truncated?)"
            raise CheckpointError(self.path, cause, "fetch it again")
        count, length, start = struct.unpack_from("<HII", tail, end + 10)
        if count == 0xFFFF or _BIG in (length, start):
            end64 = tail.rfind(_END64, 0, end)
            if end64 < 0:
                raise ValueError("zip64 record missing")
            count, length, start = struct.unpack_from("<QQQ", tail, end64 + 32)
        if count > MAX_MEMBERS:
            cause = f"has {count} members, more than the {MAX_MEMBERS} allowed"
            raise CheckpointError(self.path, cause)
        if start + length > len(view):
            raise ValueError("directory outside the file")
        members, position = {}, start
        for _ in range(count):
            member, position = self._entry(position, start + length)
            if member.name in members:
                raise ValueError("a name occurs twice")
            members[member.name] = member
        return members

    def _entry(self, position: int, stop: int) -> tuple[Member, int]:
        view = self._view
        if position + 46 > stop or bytes(view[position : position + 4]) != _MEMBER:
            raise ValueError("broken entry")
        method = struct.unpack_from("<H", view, position + 10)[0]
        crc, packed, size = struct.unpack_from("<III", view, position + 16)
        n, extra, comment = struct.unpack_from("<HHH", view, position + 28)
        offset = struct.unpack_from("<I", view, position + 42)[0]
        after_name = position + 46 + n
        following = after_name + extra + comment
        if following > stop:
            raise ValueError("broken entry")
        # Some programs of Windows write the other slash.
        name = bytes(view[position + 46 : after_name]).decode("utf-8", "replace").replace("\\", "/")
        if _BIG in (packed, size, offset):
            fields = self._zip64(bytes(view[after_name : after_name + extra]))
            size = fields.pop(0) if size == _BIG else size
            packed = fields.pop(0) if packed == _BIG else packed
            offset = fields.pop(0) if offset == _BIG else offset
        return Member(name, method, crc, packed, size, offset), following

    @staticmethod
    def _zip64(extra: bytes) -> list[int]:
        position = 0
        while position + 4 <= len(extra):
            tag, length = struct.unpack_from("<HH", extra, position)
            if tag == 1:
                count = min(length, len(extra) - position - 4) // 8
                return list(struct.unpack_from(f"<{count}Q", extra, position + 4))
            position += 4 + length
        return []

    def _packed(self, member: Member) -> memoryview:
        view = self._view
        header = bytes(view[member.offset : member.offset + 30])
        if len(header) < 30 or header[:4] != _LOCAL:
            cause = f"{member.name[:80]!r} is not where the directory says"
            raise CheckpointError(self.path, cause, "fetch it again")
        n, extra = struct.unpack_from("<HH", header, 26)
        start = member.offset + 30 + n + extra
        if start + member.packed > len(view):
            cause = (
                f"is truncated: {member.name[:80]!r} ends at byte {start + member.packed},"
                f" the file has {len(view)}"
            )
            raise CheckpointError(self.path, cause, "fetch it again")
        return view[start : start + member.packed]

    def _inflate(self, member: Member, packed: memoryview, limit: int) -> bytes:
        if member.size > limit:
            raise CheckpointError(
                self.path,
                f"{member.name[:80]!r} unfolds to {member.size} bytes, more than the"
                f" {limit} allowed",
            )
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = stream.decompress(packed, member.size + 1)
        except zlib.error:
            content = b""
        if len(content) != member.size:
            cause = f"{member.name[:80]!r} is damaged: it does not unfold"
            raise CheckpointError(self.path, cause, "fetch it again")
        return content
