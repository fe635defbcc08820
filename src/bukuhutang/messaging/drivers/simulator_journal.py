"""What the simulated WhatsApp remembers: one JSON array a line, appended, read back at the start.

It stands for a service on the internet, which outlives a `kill -9` of ours. So each entry is one
`write()` and no `fsync`: it survives the end of the process, not a power cut of the machine.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.messaging.simulated import SimulatorFull

JOURNAL_BYTES_MAX = 256 * 1024 * 1024
"""Where the simulator is full, at some 1.4 million messages. It bounds memory (0.4 kB a message)
and the start (10 µs a message) too, for all that is in memory was written here."""

NOTES_MAX = 64
"""Notes held back before they are written by themselves."""

Entry = list[Any]
"""A kind, one character, and its fields; see `simulator_network`."""

_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_decode = json.JSONDecoder().decode


class Journal:
    """An append-only file of entries with one writer."""

    def __init__(self, path: Path, bytes_max: int = JOURNAL_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._fd).st_size
        self._notes: list[str] = []

    def entries(self) -> Iterator[Entry]:
        """All entries in order; to be read to the end before the first write.

        A last line without its end was being written when the process died, and nobody was told
        that it happened: it is cut off. Raises ConfigurationProblem for any other broken line.
        """
        whole = 0
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    break
                whole += len(line)
                yield self._decoded(line, number)
        if whole < self._size:
            os.ftruncate(self._fd, whole)
            self._size = whole

    def _decoded(self, line: bytes, number: int) -> Entry:
        try:
            entry = _decode(line.decode("ascii"))
        except ValueError:
            entry = None
        if not isinstance(entry, list) or not entry:
            raise ConfigurationProblem(f"line {number} of {self._path} is damaged")
        return entry

    def write(self, entry: Entry) -> None:
        """Append `entry`, after the notes before it; in the file when this returns.

        Raises SimulatorFull at its size limit, OSError when the disk refuses; then nothing of
        it is in the file.
        """
        line = _encode(entry) + "\n"
        if self._notes:
            line = "".join(self._notes) + line
        self._append(line.encode("ascii"))
        self._notes.clear()

    def note(self, entry: Entry) -> None:
        """Append `entry` with the next write. For what may be forgotten when the process dies."""
        self._notes.append(_encode(entry) + "\n")
        if len(self._notes) >= NOTES_MAX:
            self.write_notes()

    def write_notes(self) -> None:
        """Write the notes that wait; a full or failing disk costs only these."""
        text, self._notes = "".join(self._notes), []
        try:
            self._append(text.encode("ascii"))
        except (SimulatorFull, OSError):
            return

    def _append(self, line: bytes) -> None:
        if self._size + len(line) > self._bytes_max:
            raise SimulatorFull("journal")
        written = os.write(self._fd, line)
        if written != len(line):
            # Half a line would spoil the next one.
            os.ftruncate(self._fd, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
        self._size += written

    def close(self) -> None:
        """Write what waits and close the file; closing twice is allowed."""
        if self._fd < 0:
            return
        self.write_notes()
        os.close(self._fd)
        self._fd = -1
