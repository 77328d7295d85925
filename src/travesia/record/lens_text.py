"""The text form of a chain of lenses, for the command line and the URL: the Python that makes it.

who(country == 'ES').when('2026-01', '2026-06').split(gap='30m')
"""

from __future__ import annotations

import ast
from typing import Any

from travesia.errors import InvalidValue, UnknownName
from travesia.record import condition_text
from travesia.record.conditions import equalities, joined
from travesia.record.lenses import KINDS, Anchor, Lens, What, Who
from travesia.record.refusals import refusing

_REPAIR = "Write it like: who(country == 'ES').when('2026-01', '2026-06').collapse()."

# what positional arguments mean; who and what take conditions, between takes anchors
_POSITIONAL: dict[str, tuple[str, ...]] = {
    "when": ("start", "end"),
    "matching": ("pattern",),
    "group": ("mapping",),
    "sample": ("share", "seed"),
    "split": (),
    "collapse": (),
    "between": ("a", "b"),
}


def parse_chain(text: str) -> tuple[Lens, ...]:
    """Read a chain; an empty text is an empty chain.

    Raises:
        InvalidValue: the text is none, with the place where it stops being one.
        UnknownName: there is no such lens.
    """
    if not text.strip():
        return ()
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise _invalid(text, error.offset or 1) from None
    except (RecursionError, MemoryError):
        raise InvalidValue("The lenses are nested too deeply to be read.", _REPAIR) from None
    lenses: list[Lens] = []
    while isinstance(node, ast.Call):
        match node.func:
            case ast.Name(id=name):
                return (_lens(name, node, text), *reversed(lenses))
            case ast.Attribute(value=before, attr=name):
                lenses.append(_lens(name, node, text))
                node = before
            case _:
                break
    raise _invalid(text, node.col_offset + 1)


def _lens(name: str, call: ast.Call, text: str) -> Lens:
    if name not in KINDS:
        raise UnknownName("lens", name, KINDS)
    if name in ("who", "what"):
        return _chooser(Who if name == "who" else What, call, text)
    names = _POSITIONAL[name]
    if len(call.args) > len(names):
        raise _invalid(text, call.args[len(names)].col_offset + 1)
    given = {key: _value(node, text) for key, node in zip(names, call.args, strict=False)}
    given |= {str(one.arg): _value(one.value, text) for one in call.keywords}
    with refusing(f"{name}()", KINDS[name].options()):
        return KINDS[name].model_validate({"lens": name, **given})


def _chooser(kind: type[Who | What], call: ast.Call, text: str) -> Lens:
    equal = {str(one.arg): _value(one.value, text) for one in call.keywords}
    spoken = [condition_text.condition(node, text) for node in call.args]
    return kind(condition=joined([*spoken, *equalities(equal)]))


def _value(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Call(func=ast.Name(id="Anchor") | ast.Attribute(attr="Anchor"), args=args):
            given = {str(one.arg): _value(one.value, text) for one in node.keywords}
            at = {"at": _value(args[0], text)} if args else {}
            return Anchor.model_validate({**at, **given})
        case _:
            try:
                return ast.literal_eval(node)
            except ValueError:
                raise _invalid(text, node.col_offset + 1) from None


def _invalid(text: str, column: int) -> InvalidValue:
    return InvalidValue(f"Cannot read the lenses {text!r} at character {column}.", _REPAIR)
