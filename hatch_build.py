"""What the wheel holds beyond the source: the Spanish texts, compiled.

A source checkout reads the `.po` files themselves, so nothing compiled is ever written beside
them: it would go stale at the next edit and be read in their place.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TEXTS = Path("src/travesia/locale")


class CompiledTexts(BuildHookInterface):
    """Puts `locale/<language>/<room>.mo` into the wheel for each `.po` of the source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the texts; an editable install has no use for them."""
        if version == "editable":
            return
        self.folder = TemporaryDirectory(prefix="travesia-texts-")
        for source in sorted(Path(self.root, TEXTS).glob("*/*.po")):
            language, room = source.parent.name, source.stem
            compiled = Path(self.folder.name, f"{language}-{room}.mo")
            _compile(source, compiled, language)
            build_data["force_include"][str(compiled)] = f"travesia/locale/{language}/{room}.mo"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Throw the compiled copies away: they are in the wheel now."""
        del build_data, artifact_path  # hatchling tells; what is thrown away depends on neither
        if version != "editable":
            self.folder.cleanup()


def _compile(source: Path, target: Path, language: str) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as texts, target.open("wb") as compiled:
        write_mo(compiled, read_po(texts, locale=language, abort_invalid=True))
