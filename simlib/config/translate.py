"""What pydantic refused, in the words of the config language, with places; nothing is checked here."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AbstractMapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from simlib.config.document import MOST_PROBLEMS
from simlib.config.nodes import Listing, Mapping, Node, RefusedError, Text, did_you_mean, join, quote
from simlib.errors import Problem


def translated(trouble: ValidationError, root: Mapping, model: type[BaseModel]) -> list[Problem]:
    """Give a problem of the language for everything that pydantic refused."""
    problems: list[Problem] = []
    for error in trouble.errors(include_url=False)[:MOST_PROBLEMS]:
        problems += _translate(error, root, model)
    return problems


def _translate(error: Any, root: Mapping, model: type[BaseModel]) -> Iterator[Problem]:
    refused = error.get("ctx", {}).get("error")
    if isinstance(refused, RefusedError):
        yield from refused.problems
        return
    location = [part for part in error["loc"] if part != "[key]"]
    at, address = _node(root, location)
    if isinstance(at, Text) and at.broken:
        return  # already said when the document was read
    yield Problem(str(_place(root, location)), address, _message(error, at, location, model))


def _node(root: Mapping, location: Sequence[Any]) -> tuple[Node | None, str]:
    """Give the node at a location (None where there is none) and its address."""
    node: Node | None = root
    address = ""
    for part in location:
        if isinstance(part, int):
            node = node[part] if isinstance(node, Listing) and part < len(node) else None
        else:
            node = node.get(str(part)) if isinstance(node, Mapping) else None
            address = join(address, str(part))
    return node, address


def _place(root: Mapping, location: Sequence[Any]) -> Any:
    """Give the place of a key where a whole section or a key is meant, else of the value."""
    parent, _ = _node(root, location[:-1])
    node, _ = _node(root, location)
    if node is None or (isinstance(parent, Mapping) and isinstance(node, Mapping)):
        key = parent.key(str(location[-1])) if isinstance(parent, Mapping) else None
        if key is not None:
            return key.place
    return node.place if node is not None else _above(root, location)


def _above(root: Mapping, location: Sequence[Any]) -> Any:
    """Give the place of the nearest entry above something that is missing: its key where it has one."""
    for end in range(len(location) - 1, 0, -1):
        parent, _ = _node(root, location[: end - 1])
        key = parent.key(str(location[end - 1])) if isinstance(parent, Mapping) else None
        if key is not None:
            return key.place
    return root.place


def _message(error: Any, node: Node | None, location: Sequence[Any], model: type[BaseModel]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"unknown key '{location[-1]}'{did_you_mean(str(location[-1]), _known(model, location[:-1]))}"
    if kind == "missing":
        return f"missing key '{location[-1]}'{_choices(model, location)}"
    if kind == "literal_error":
        return f"expected {error['ctx']['expected'].replace(chr(39), '')}, got {quote(node)}"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"expected a section of 'key: value' lines, got {quote(node)}"
    return f"expected something else, got {quote(node)} ({error['msg']})"


def _known(model: type[BaseModel], location: Sequence[Any]) -> list[str]:
    section = section_at(model, location)
    return [field.alias or name for name, field in section.model_fields.items()] if section else []


def section_at(model: type[BaseModel], location: Sequence[Any]) -> type[BaseModel] | None:
    """Give the section of the schema that stands at a location."""
    current: Any = model
    for part in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = next((f for n, f in current.model_fields.items() if str(part) in (n, f.alias)), None)
            current = _inner(field.annotation) if field is not None else None
        elif get_origin(current) in (dict, AbstractMapping):
            current = _inner(get_args(current)[1])
        else:
            return None
    return current if isinstance(current, type) and issubclass(current, BaseModel) else None


def _inner(annotation: Any) -> Any:
    """Give what an optional annotation wraps."""
    options = [option for option in get_args(annotation) if option is not type(None)]
    return options[0] if type(None) in get_args(annotation) else annotation


def _choices(model: type[BaseModel], location: Sequence[Any]) -> str:
    """Give the values that a missing key may take, where they are few."""
    section = section_at(model, location[:-1])
    if section is None:
        return ""
    field = next((f for n, f in section.model_fields.items() if location[-1] in (n, f.alias)), None)
    values = [str(value) for value in get_args(field.annotation) if isinstance(value, str)] if field else []
    if values:
        return f" ({', '.join(values[:-1])} or {values[-1]})" if len(values) > 1 else f" ({values[0]})"
    return (
        f" ({field.description[0].lower()}{field.description[1:].rstrip('.')})" if field and field.description else ""
    )
