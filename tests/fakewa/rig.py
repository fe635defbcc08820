"""Makes the process that loads neonize talk to the fake: `python -m tests.fakewa.rig MODULE ARGS…`.

Three things point the library here, and none is part of the product: the environment
(`environment`), read by Go when it first verifies a certificate; the proxy's URL, which the product
takes as an argument; and the Noise root key, which the library has built in, so that it is replaced
in memory before MODULE is run as `__main__`.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.fakewa.client import ROOT, FakeWhatsApp

NOISE_ROOT = "FAKEWA_NOISE_ROOT"
# WhatsApp's own, as the library pins it.
PINNED_ROOT = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
LIBRARY = "/neonize-"


def environment(fake: FakeWhatsApp) -> dict[str, str]:
    """The environment of a process that is started through this module."""
    inherited = {name: value for name, value in os.environ.items() if name != "SSL_CERT_DIR"}
    return inherited | {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "SSL_CERT_FILE": fake.ca_path,
        "NEONIZE_BOT_TAG": "off",
        NOISE_ROOT: fake.noise_root,
    }


def trust_the_fake(noise_root: bytes) -> None:
    """Replace the pinned key in the loaded library. Raises AssertionError when it is not there."""
    importlib.import_module("neonize._binder")  # loads the library
    assert len(noise_root) == len(PINNED_ROOT)
    replaced = 0
    for start, end in _writable_parts_of_the_library():
        memory = ctypes.string_at(start, end - start)
        at = memory.find(PINNED_ROOT)
        while at >= 0:
            ctypes.memmove(start + at, noise_root, len(noise_root))
            replaced += 1
            at = memory.find(PINNED_ROOT, at + 1)
    assert replaced, "neonize pins another Noise root key than this rig knows"


def _writable_parts_of_the_library() -> Iterator[tuple[int, int]]:
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, *rest = line.split(maxsplit=5)
        if rights.startswith("rw") and LIBRARY in rest[-1]:
            start, _, end = addresses.partition("-")
            yield int(start, 16), int(end, 16)


def main() -> None:
    """Prepare the library, then become the module that is named first."""
    trust_the_fake(bytes.fromhex(os.environ[NOISE_ROOT]))
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
