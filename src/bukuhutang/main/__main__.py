"""`python -m bukuhutang.main`."""

from bukuhutang.main.cli import run

run()
