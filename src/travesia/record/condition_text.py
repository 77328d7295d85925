"""The text form of conditions: Python's own expressions, read by Python's own parser.

Only names, constants, comparisons and the words of conditions are understood; nothing is run.
"""

from __future__ import annotations

import ast
from typing import Any, get_args

from travesia.errors import InvalidValue
from travesia.record.conditions import All, Any_, Comparison, Condition, Not, Operator, Scalar

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_TURNED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_REPAIR = "Write it like: value > 100 and country in ['ES', 'PT'] and not channel == 'store'."


def parse(text: str) -> Condition:
    """Read a condition.

    Raises:
        InvalidValue: the text is none, with the place where it stops being one.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return condition(tree.body, text)
    except SyntaxError as error:
        raise _invalid(text, error.offset or 1) from None
    except (RecursionError, MemoryError):
        raise InvalidValue("The condition is nested too deeply to be read.", _REPAIR) from None


def condition(node: ast.expr, text: str) -> Condition:  # noqa: C901, PLR0911, PLR0912 - one case a form
    """The condition that an expression means."""
    match node:
        case ast.BoolOp(op=ast.And(), values=several):
            return All(conditions=tuple(condition(one, text) for one in several))
        case ast.BoolOp(op=ast.Or(), values=several):
            return Any_(conditions=tuple(condition(one, text) for one in several))
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right):
            return condition(left, text) & condition(right, text)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return condition(left, text) | condition(right, text)
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=inner):
            return Not(condition=condition(inner, text))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _comparison(left, _OPERATORS.get(type(op)), right, text)
        case ast.Call(func=ast.Name(id="like"), args=[column, ast.Constant(value=str(pattern))]):
            return Comparison(op="like", column=_column(column, text), value=pattern)
        case ast.Call(func=ast.Name(id="missing"), args=[column]):
            return Comparison(op="missing", column=_column(column, text))
        case ast.Call(func=ast.Attribute(value=column, attr="like"), args=[pattern_node]):
            pattern = str(_value(pattern_node, text))
            return Comparison(op="like", column=_column(column, text), value=pattern)
        case ast.Call(func=ast.Attribute(value=column, attr="missing"), args=[]):
            return Comparison(op="missing", column=_column(column, text))
        case ast.Call(func=ast.Attribute(value=column, attr="isin"), args=[values]):
            return Comparison(op="in", column=_column(column, text), value=_value(values, text))
        case ast.Call(func=func) if _called(func) == "Within":
            return _within(node, text)
        case _:
            raise _invalid(text, node.col_offset + 1)


def _comparison(left: ast.expr, op: Operator | None, right: ast.expr, text: str) -> Condition:
    if op is None:
        raise _invalid(text, left.col_offset + 1)
    if isinstance(left, ast.Constant):  # 100 < value
        left, right, op = right, left, _TURNED.get(op, op)
    return Comparison(op=op, column=_column(left, text), value=_value(right, text))


def _column(node: ast.expr, text: str) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name) if not _called(node).startswith("tv."):
            return f"{_column(inner, text)}.{name}"
        case ast.Call(func=func, args=[ast.Constant(value=str(name))]) if _called(func) == "col":
            return name
        case _:
            raise _invalid(text, node.col_offset + 1)


def _value(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=value) if isinstance(value, get_args(Scalar)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=several) | ast.Tuple(elts=several) | ast.Set(elts=several):
            return tuple(_value(one, text) for one in several)
        case _:
            raise _invalid(text, node.col_offset + 1)


def _called(func: ast.expr) -> str:
    """The last word of `Within` or `tv.Within`."""
    match func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="tv"), attr=name):
            return name
        case _:
            return ""


def _within(node: ast.expr, text: str) -> Condition:
    from importlib import import_module

    # a cell of an answer is a condition too; the question it belongs to lives a room above
    parse_within = import_module(Condition.elsewhere["within"]).parse_within
    found: Condition = parse_within(node, text)
    return found


def _invalid(text: str, column: int) -> InvalidValue:
    return InvalidValue(f"Cannot read the condition {text!r} at character {column}.", _REPAIR)
