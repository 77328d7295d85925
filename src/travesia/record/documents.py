"""Documents as files: JSON is the canonical form, YAML the same for git. Both lose nothing."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ValidationError

from travesia.errors import InvalidValue, UnreadableSource
from travesia.record.touchpoints import Value

SCHEMA = 1
_UNICODE_LINE_ENDS = "\x85\u2028\u2029\ufeff"


class Document(Value):
    """A document of its own, with a schema version, to and from JSON and YAML.

    What stands at its default is not written, so that a file shows what was decided.
    """

    _called: ClassVar[str] = "document"

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, with the schema's version first."""
        return {
            "travesia": self._called,
            "schema": SCHEMA,
            **self.model_dump(mode="json", exclude_defaults=True, by_alias=True),
        }

    def to_json(self) -> str:
        """The canonical form."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"

    def to_yaml(self) -> str:
        """The same as YAML."""
        import yaml

        return yaml.dump(
            self.to_dict(), Dumper=_dumper(), allow_unicode=True, sort_keys=False, width=96
        )

    def save(self, path: str | Path) -> Path:
        """Write it as YAML (.yaml, .yml) or JSON (any other name)."""
        target = Path(path)
        yaml = target.suffix.lower() in {".yaml", ".yml"}
        target.write_text(self.to_yaml() if yaml else self.to_json(), encoding="utf-8")
        return target

    @classmethod
    def from_dict(cls, given: Any) -> Self:
        """Read JSON values; whatever is not understood is refused, never dropped."""
        if not isinstance(given, dict):
            raise InvalidValue(f"This is no {cls._called}.", "A document is a table of names.")
        content = dict(given)
        called, schema = content.pop("travesia", cls._called), content.pop("schema", SCHEMA)
        if called != cls._called:
            raise InvalidValue(f"This is a {called}, not a {cls._called}.", "Give the other file.")
        if schema != SCHEMA:
            raise InvalidValue(
                f"This {called} has schema {schema}, and only {SCHEMA} is known here.",
                "Update Travesía, or save the document again with the version that wrote it.",
            )
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise InvalidValue(*explained(cls._called, error)) from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the canonical form."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """Read YAML (of which JSON is a part)."""
        import yaml

        return cls.from_dict(yaml.safe_load(text))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file, YAML or JSON."""
        return cls.from_dict(read_values(path))


def read_values(path: str | Path) -> Any:
    """The values of a JSON or YAML file."""
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8")
        return json.loads(text) if Path(path).suffix.lower() == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise UnreadableSource(f"{path}: {error.strerror}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        where = " ".join(str(error).split())
        raise UnreadableSource(f"{path} cannot be read: {where}", "Mend that place.") from error


@cache
def _dumper() -> Any:
    """PyYAML's safe dumper, but quoting the line ends of Unicode, which it writes and misreads."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes what PyYAML itself reads back."""

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        style = '"' if any(end in text for end in _UNICODE_LINE_ENDS) else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, quoted)
    return Dumper


def explained(called: str, error: ValidationError) -> tuple[str, str]:
    """The first thing wrong with a document: where it is, and what was expected there."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or called
    more = f" ({error.error_count() - 1} more.)" if error.error_count() > 1 else ""
    return f"The {called} cannot be read at {place}: {first['msg']}.", f"Mend that place.{more}"
