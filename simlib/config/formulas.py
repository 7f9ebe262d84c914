"""Formulas: text to a checked expression over named arrays; what names mean is not known here.

The text is parsed, never run: every piece is held against a short list, and what is left is evaluated by
numpy. Length, depth and exponents are bounded.
"""

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from simlib.config.nodes import did_you_mean

MAX_LENGTH = 1_000
MAX_DEPTH = 50
MAX_PIECES = 300
MAX_EXPONENT = 100
LARGEST = 1e15

Array: TypeAlias = np.ndarray[Any, Any]
Tree: TypeAlias = "float | str | tuple[Any, ...]"

CONSTANTS = {"pi": float(np.pi)}
YEAR = "year"

_BINARY: dict[type[ast.operator], tuple[str, Callable[..., Any]]] = {
    ast.Add: ("+", np.add),
    ast.Sub: ("-", np.subtract),
    ast.Mult: ("*", np.multiply),
    ast.Div: ("/", np.true_divide),
    ast.Pow: ("**", np.power),
    ast.Mod: ("%", np.mod),
    ast.FloorDiv: ("//", np.floor_divide),
}


def _less(left: Any, right: Any) -> Any:
    return _told(np.less(left, right), left, right)


def _less_equal(left: Any, right: Any) -> Any:
    return _told(np.less_equal(left, right), left, right)


def _greater(left: Any, right: Any) -> Any:
    return _told(np.greater(left, right), left, right)


def _greater_equal(left: Any, right: Any) -> Any:
    return _told(np.greater_equal(left, right), left, right)


def _equal(left: Any, right: Any) -> Any:
    return _told(np.equal(left, right), left, right)


def _not_equal(left: Any, right: Any) -> Any:
    return _told(np.not_equal(left, right), left, right)


def _told(holds: Any, *sides: Any) -> Any:
    """Give a condition as numbers (numpy adds truths as "or"), and nan where a side of it has no answer."""
    return np.where(np.logical_or.reduce(np.broadcast_arrays(*map(np.isnan, sides))), np.nan, holds)


def _both(left: Any, right: Any) -> Any:
    """Whether both hold: one that does not settles it, though the other has no answer."""
    return np.where((left == 0) | (right == 0), 0.0, _told(True, left, right))


def _either(left: Any, right: Any) -> Any:
    """Whether one holds: one that does settles it, though the other has no answer."""
    holds = (np.not_equal(left, 0) & ~np.isnan(left)) | (np.not_equal(right, 0) & ~np.isnan(right))
    return np.where(holds, 1.0, _told(False, left, right))


def _not(value: Any) -> Any:
    return _told(np.logical_not(value), value)


_COMPARE: dict[type[ast.cmpop], tuple[str, Callable[..., Any]]] = {
    ast.Lt: ("<", _less),
    ast.LtE: ("<=", _less_equal),
    ast.Gt: (">", _greater),
    ast.GtE: (">=", _greater_equal),
    ast.Eq: ("==", _equal),
    ast.NotEq: ("!=", _not_equal),
}
_CONDITIONS = {function for _, function in _COMPARE.values()} | {_both, _either, _not}
_UNARY: dict[type[ast.unaryop], Callable[..., Any]] = {
    ast.UAdd: np.positive,
    ast.USub: np.negative,
    ast.Not: _not,
}


def _smallest(*values: Any) -> Any:
    return _fold(np.minimum, values)


def _largest(*values: Any) -> Any:
    return _fold(np.maximum, values)


def _fold(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = function(total, value)
    return total


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    return np.where(np.isnan(condition), np.nan, np.where(np.not_equal(condition, 0), yes, no))


def _clip(value: Any, low: Any, high: Any) -> Any:
    return np.minimum(np.maximum(value, low), high)


# name: (fewest arguments, most arguments, function)
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "min": (2, 20, _smallest),
    "max": (2, 20, _largest),
    "abs": (1, 1, np.abs),
    "exp": (1, 1, np.exp),
    "log": (1, 1, np.log),
    "log10": (1, 1, np.log10),
    "sqrt": (1, 1, np.sqrt),
    "where": (3, 3, _choose),
    "clip": (3, 3, _clip),
    "sin": (1, 1, np.sin),
    "cos": (1, 1, np.cos),
    "tan": (1, 1, np.tan),
    "floor": (1, 1, np.floor),
    "ceil": (1, 1, np.ceil),
    "round": (1, 1, np.round),
}


class FormulaError(ValueError):
    """A text is no formula of this language; the message says which piece, in words."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A checked expression over named figures.

    Attributes
    ----------
    text
        The formula as it stands in the file.
    names
        Every name it uses, dotted, in order of first appearance; ``year`` is among them where it is used.
    """

    text: str
    names: tuple[str, ...]
    _tree: Tree = field(repr=False, compare=False)

    @property
    def condition(self) -> bool:
        """Whether it is a condition, 1 where it holds and else 0, rather than an amount.

        Examples
        --------
        >>> parse_formula("cost > 3 and not late").condition, parse_formula("cost * (late > 3)").condition
        (True, False)
        """
        return isinstance(self._tree, tuple) and self._tree[0] in _CONDITIONS

    def evaluate(self, env: Mapping[str, Any]) -> Array:
        """Give the formula's value in every future.

        Parameters
        ----------
        env
            Name to array, of shapes that broadcast together; ``year`` is the calendar year in which the
            financial year starts.

        Returns
        -------
        ndarray
            Float64, of the broadcast shape; comparisons are 1 where they hold, else 0. Where arithmetic has
            no answer (a division by 0) it is inf or nan, without a warning: the caller must look.

        Examples
        --------
        >>> parse_formula("where(x > 1, x ** 2, 0)").evaluate({"x": np.array([1.0, 3.0])})
        array([0., 9.])
        """
        with np.errstate(all="ignore"):
            return np.asarray(_value(self._tree, env), dtype=np.float64)


def parse_formula(text: str) -> Formula:
    """Check a text and give its formula.

    Raises
    ------
    FormulaError
        When the text is no formula of this language; the message quotes the piece.

    Examples
    --------
    >>> parse_formula("exits * average_cost_per_exit").names
    ('exits', 'average_cost_per_exit')
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula has at most {MAX_LENGTH:,} characters, this has {len(text):,}")
    reader = _Reader(text)
    tree = reader.read(_syntax(text).body, 1)
    return Formula(text, tuple(reader.names), tree)


def _syntax(text: str) -> ast.Expression:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on style is not for users of this language
            return ast.parse(text.strip(), mode="eval")
    except SyntaxError as trouble:
        raise FormulaError(_plain_words(text.strip(), trouble)) from None
    except (ValueError, MemoryError, RecursionError):
        raise FormulaError(
            "the formula cannot be read: it is nested too deeply or holds an impossible number"
        ) from None


def _plain_words(text: str, trouble: SyntaxError) -> str:
    if "%" in text.replace("%%", "") and text.rstrip().endswith("%"):
        return "percentages cannot stand in a formula; write 0.05 for 5%"
    if "£" in text:
        return "money with £ cannot stand in a formula; write the figure in the file's unit"
    if "^" in text:
        return "powers are written **, not ^"
    offset = (trouble.offset or 1) - 1
    piece = text[offset : offset + 20].split("\n", maxsplit=1)[0].strip()
    return f"the formula cannot be read at '{piece}'" if piece else "the formula ends too early"


@dataclass(slots=True)
class _Reader:
    """Turns Python's syntax tree into nested tuples, refusing every piece that is not on the list."""

    text: str
    names: dict[str, None] = field(default_factory=dict)
    pieces: int = 0

    def read(self, node: ast.expr, depth: int) -> Tree:
        self.pieces += 1
        if depth > MAX_DEPTH:
            raise FormulaError(f"a formula is nested at most {MAX_DEPTH} deep")
        if self.pieces > MAX_PIECES:
            raise FormulaError(f"a formula has at most {MAX_PIECES} pieces")
        reader = _READERS.get(type(node))
        if reader is None:
            raise FormulaError(f"{_WORDS.get(type(node), 'this')} cannot stand in a formula: {self._piece(node)}")
        return reader(self, node, depth + 1)

    def constant(self, node: ast.Constant, _depth: int) -> Tree:
        written = self._piece(node)
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise FormulaError(f"only numbers and names can stand in a formula, not {written}")
        if written[1:3].lower() in ("0x", "0o", "0b"):
            raise FormulaError(f"numbers are written in tens, not {written}")
        if abs(node.value) > LARGEST:
            raise FormulaError(f"a number in a formula is at most 1e15, not {self._piece(node)}")
        return float(node.value)

    def name(self, node: ast.Name | ast.Attribute, _depth: int) -> Tree:
        name = self._dotted(node)
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS:
            raise FormulaError(f"'{name}' is a function; write {name}(...)")
        self.names.setdefault(name)
        return name

    def _dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise FormulaError(f"expected a name such as drivers.pay_award, got {self._piece(node)}")
        name = ".".join([node.id, *reversed(parts)])
        if "__" in name or not name.isascii() or name != name.lower() or name.startswith("_"):
            raise FormulaError(f"a name has small letters, digits and _ only, not '{name}'")
        return name

    def unary(self, node: ast.UnaryOp, depth: int) -> Tree:
        function = _UNARY.get(type(node.op))
        if function is None:
            raise FormulaError(f"'~' cannot stand in a formula: {self._piece(node)}")
        return self._constant_or((function, self.read(node.operand, depth)), node)

    def binary(self, node: ast.BinOp, depth: int) -> Tree:
        if type(node.op) not in _BINARY:
            hint = "; powers are written **" if isinstance(node.op, ast.BitXor) else ""
            raise FormulaError(f"expected + - * / ** % or //, got {self._piece(node)}{hint}")
        symbol, function = _BINARY[type(node.op)]
        left = self.read(node.left, depth - 1)  # a long sum is no deep one
        right = self.read(node.right, depth)
        if symbol == "**" and isinstance(right, float) and abs(right) > MAX_EXPONENT:
            raise FormulaError(f"an exponent is at most {MAX_EXPONENT}: {self._piece(node)}")
        return self._constant_or((function, left, right), node)

    def both(self, node: ast.BoolOp, depth: int) -> Tree:
        function = _both if isinstance(node.op, ast.And) else _either
        tree = self.read(node.values[0], depth)
        for value in node.values[1:]:
            tree = (function, tree, self.read(value, depth))
        return tree

    def compare(self, node: ast.Compare, depth: int) -> Tree:
        sides = [self.read(side, depth) for side in (node.left, *node.comparators)]
        tree: Tree | None = None
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if type(operator) not in _COMPARE:
                raise FormulaError(f"expected < <= > >= == or !=, got {self._piece(node)}")
            link = (_COMPARE[type(operator)][1], left, right)
            tree = link if tree is None else (_both, tree, link)
        assert tree is not None  # a comparison has two sides
        return tree

    def call(self, node: ast.Call, depth: int) -> Tree:
        name = node.func.id if isinstance(node.func, ast.Name) else self._piece(node.func)
        if name not in FUNCTIONS:
            known = did_you_mean(name, FUNCTIONS) or f"; functions are {', '.join(FUNCTIONS)}"
            raise FormulaError(f"unknown function '{name.strip(chr(39))}'{known}")
        if node.keywords:
            raise FormulaError(f"{name}() takes its arguments in order, without names")
        fewest, most, function = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise FormulaError(f"{name}() takes {wanted} argument{'s' * (wanted != '1')}, got {len(node.args)}")
        return self._constant_or((function, *(self.read(argument, depth) for argument in node.args)), node)

    def _constant_or(self, tree: tuple[Any, ...], node: ast.expr) -> Tree:
        """Work out what holds no name, so that ``9**9**9`` is refused here and costs nothing later."""
        if not all(isinstance(part, float) for part in tree[1:]):
            return tree
        with np.errstate(all="ignore"):
            value = float(tree[0](*tree[1:]))
        if not abs(value) <= LARGEST:  # nan too
            raise FormulaError(f"{self._piece(node)} is no number that can be used (beyond 1e15, or undefined)")
        return value

    def _piece(self, node: ast.expr) -> str:
        piece = ast.get_source_segment(self.text.strip(), node) or "?"
        return f"'{piece if len(piece) <= 40 else piece[:37] + '...'}'"


_READERS: dict[type[ast.expr], Callable[..., Tree]] = {
    ast.Constant: _Reader.constant,
    ast.Name: _Reader.name,
    ast.Attribute: _Reader.name,
    ast.UnaryOp: _Reader.unary,
    ast.BinOp: _Reader.binary,
    ast.BoolOp: _Reader.both,
    ast.Compare: _Reader.compare,
    ast.Call: _Reader.call,
}
_WORDS: dict[type[ast.expr], str] = {
    ast.Lambda: "a function definition",
    ast.IfExp: "if ... else (write where(condition, yes, no))",
    ast.Subscript: "square brackets",
    ast.List: "a list",
    ast.Tuple: "a comma",
    ast.Dict: "curly brackets",
    ast.Set: "curly brackets",
    ast.ListComp: "a loop",
    ast.GeneratorExp: "a loop",
    ast.NamedExpr: "':='",
    ast.JoinedStr: "text",
    ast.Starred: "'*' before an argument",
}


def _value(tree: Tree, env: Mapping[str, Any]) -> Any:
    if isinstance(tree, float):
        return np.float64(tree)
    if isinstance(tree, str):
        return env[tree]
    return tree[0](*[_value(part, env) for part in tree[1:]])


def walk(tree: Tree) -> Iterator[Tree]:
    """Give every part of a checked expression."""
    yield tree
    if isinstance(tree, tuple):
        for part in tree[1:]:
            yield from walk(part)
