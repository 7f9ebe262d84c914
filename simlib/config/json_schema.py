"""The config language as a JSON Schema, for editors that complete and check; nothing is loaded here.

It knows keys, forms and choices. What only the program can tell (names, sums, bounds that hang together)
is left to ``simlib check``.
"""

from typing import Any

from simlib import distributions
from simlib.config import elicited, references, schema, slots
from simlib.config.fields import MARK
from simlib.config.hierarchical import has_members
from simlib.config.precision import LEVELS

Json = dict[str, Any]

_NUMBER = r"(?:[0-9][0-9_,]*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_ID = "^[a-z][a-z0-9_]*$"
_YEAR = r"^[0-9]{4}\s*/\s*([0-9]{2}|[0-9]{4})$"
_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
_QUANTILE = r"^p[0-9]{1,2}([_.][0-9]{1,4})?$"
_ADDRESS = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"


def config_schema() -> Json:
    """Give the JSON Schema (draft 2020-12) of a config file.

    Examples
    --------
    >>> config_schema()["properties"]["target_year"]["$ref"]
    '#/$defs/Year'
    """
    found = _resolved(schema.Config.model_json_schema(by_alias=True))
    found["$defs"] = {**_definitions(), **found.get("$defs", {})}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "simlib config",
        **found,
    }


def _resolved(node: Any) -> Any:
    """Give a part of pydantic's schema with every mark replaced by a reference to our own definition."""
    if isinstance(node, list):
        return [_resolved(item) for item in node]
    if not isinstance(node, dict):
        return node
    # A title is pydantic's own word for a field, except where it is a key of the language.
    found = {
        key: _resolved(value)
        for key, value in node.items()
        if key not in (MARK, "default") and not (key == "title" and isinstance(value, str))
    }
    if MARK in node:
        found["$ref"] = _ref(node[MARK])["$ref"]
    return _without_null(found)


def _without_null(node: Json) -> Json:
    """Leave out ``null``: an empty value is refused, a key with nothing to say is left out."""
    options = [option for option in node.get("anyOf", []) if option != {"type": "null"}]
    if len(options) != 1:
        return node
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**options[0], **rest}


def _ref(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _text(pattern: str, example: str) -> Json:
    return {"type": "string", "pattern": pattern, "examples": [example]}


def _any(*options: Json) -> Json:
    return {"anyOf": list(options)}


def _one_or_several(item: Json) -> Json:
    return _any(item, {"type": "array", "items": item})


def _definitions() -> Json:
    return {**_scalars(), **_lists(), **_quantities(), **_drivers()}


def _scalars() -> Json:
    number = {"type": "number"}
    return {
        "FormatVersion": {"enum": [1, "1"]},
        "Id": _text(_ID, "pay_award"),
        "Address": _text(_ADDRESS, "measures.transformation.delay"),
        "Prose": {"type": ["string", "number"], "minLength": 1},
        "RawValue": {},
        "Words": {"type": ["string", "number"]},
        "Stage": {"enum": ["identified", "approved", "implemented", "evidenced"]},
        "MoneyUnit": {"enum": ["£", "£k", "£m", "£bn"]},
        "Prices": _text(r"^(cash|real\s+[0-9]{4}/[0-9]{2,4})$", "real 2015/16"),
        "YesNo": {"enum": ["yes", "no", True, False]},
        "Decision": {"enum": ["happens", "does_not"]},
        "Day": _text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2016-03-17"),
        "Year": _text(_YEAR, "2019/20"),
        "Years": _text(_YEAR[:-1] + r"(\s+to\s+[0-9]{4}\s*/\s*[0-9]{2,4})?$", "2016/17 to 2020/21"),
        "Moment": _any(_text(_YEAR, "2016/17"), _text(_DATE, "2012-12")),
        "Varies": _text(r"^(once|yearly|walk|compounding|(ar1|reverting)\(.*\))$", "yearly"),
        "Seed": _any({"type": "integer", "minimum": 0}, _text(r"^[0-9_,]+$", "20160317")),
        "SimulationCount": _any({"type": "number", "minimum": 1}, _text(rf"^{_NUMBER}$", "131_072")),
        "Kept": _any({"const": "all"}, {"type": "number", "minimum": 1}, _text(rf"^{_NUMBER}$", "131_072")),
        "Number": _any(number, _text(rf"^[-+]?{_NUMBER}$", "1e6")),
        "Money": _any(number, _text(rf"^[-+]?£?[-+]?{_NUMBER}([kKmM]|bn)?$", "£1.2m")),
        "Share": _any({"type": "number", "minimum": -1, "maximum": 1}, _text(rf"^[-+]?{_NUMBER} ?%?$", "85%")),
        "Precision": _any(_ref("Share"), {
            **_closed({"chance": _ref("Share"), "mean": _ref("Figure")}, []),
            "patternProperties": {f"^({'|'.join(LEVELS)})$": _ref("Figure")},
        }),
        "Duration": _any({"const": 0}, _text(rf"^([-+]?{_NUMBER} ?(months?|years?)|0)$", "6 months")),
        "Formula": {"type": "string", "minLength": 1, "maxLength": 1000},
        "Figure": {
            "type": ["number", "string"],
            "description": "A figure of the kind that the slot measures.",
        },
    }


def _lists() -> Json:
    source = {
        "type": "object",
        "properties": {
            "what": _ref("Prose"),
            "mark": _text(r"^(doc [1-9][0-9]*|public|judgement|derived)$", "public"),
            "date": _any(_text(_DATE, "2015-11"), {"type": "integer"}),
        },
        "required": ["what"],
        "additionalProperties": False,
    }
    pattern = _text(r"^(\*|[a-z][a-z0-9_]*)(\.(\*|[a-z][a-z0-9_]*))*$", "measures.*.delay")
    pot = _any(_ref("Id"), {"type": "object", "additionalProperties": _ref("Money")})
    return {
        "Source": _any(_ref("Prose"), source),
        "Ids": _one_or_several(_ref("Id")),
        "Requirements": _one_or_several(_text(r"^(not +)?[a-z][a-z0-9_]*$", "partner_signs")),
        "Patterns": _one_or_several(pattern),
        "Pair": {"type": "array", "items": _ref("Address"), "minItems": 2, "maxItems": 2},
        "Concordance": _text(rf"^{_NUMBER} of {_NUMBER}$", "7 of 10"),
        "Matrix": {"type": "array", "items": {"type": "array", "items": _ref("Number")}, "minItems": 2},
        "FundedBy": _one_or_several(pot),
        "MoneyPlan": _by_year(_ref("Money")),
        "GapPlan": _any({"const": "sum_of_lines"}, *_by_year(_ref("Money"))["anyOf"]),
    }


def _by_year(item: Json) -> Json:
    """Give the forms of something by year: one for all, a list, or a mapping."""
    mapping = {
        "type": "object",
        "patternProperties": {_YEAR: item},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return _any(item, {"type": "array", "items": item}, mapping)


def _quantities() -> Json:
    forms = {
        kind: _any(_ref(kind), _ref("Formula"), _ref("Driver")) for kind in ("Money", "Share", "Duration", "Number")
    }
    dated = {
        "type": "object",
        "patternProperties": {r"^[0-9]{4}[-/]": forms["Share"]},
        "additionalProperties": False,
    }
    summed = {
        "type": "object",
        "properties": {"sum_of": forms["Number"], "each": forms["Money"]},
        "required": ["sum_of", "each"],
        "additionalProperties": False,
    }
    output = {
        "type": "object",
        "properties": {
            "formula": _ref("Formula"),
            "kind": {"enum": list(slots.KINDS)},
            **{key: _ref("Prose") for key in ("label", "owner", "note")},
            "source": _ref("Source"),
        },
        "required": ["formula"],
        "additionalProperties": False,
    }
    return {
        **{f"{kind}Quantity": form for kind, form in forms.items()},
        "MoneyOrSum": _any(*forms["Money"]["anyOf"], summed),
        "YearlyMoneyQuantity": _by_year(forms["Money"]),
        "YearlyShareQuantity": _by_year(forms["Share"]),
        "ShareOrRest": _any({"const": "rest"}, *forms["Share"]["anyOf"]),
        "EventChance": _any(*forms["Share"]["anyOf"], dated),
        "SharedDriver": _any(_ref("Figure"), _ref("Driver")),
        "OutputQuantity": _any(_ref("Formula"), {"type": "number"}, output),
    }


def _drivers() -> Json:
    """Give the mapping of a driver: a distribution of any family, a reference class, a value or a formula."""
    common: Json = {
        "plan": _by_year(_ref("Figure")),
        "varies": _ref("Varies"),
        "source": _ref("Source"),
        "stream": _ref("Address"),
        "kind": {"enum": list(slots.KINDS)},
        **{key: _ref("Prose") for key in ("label", "owner", "note")},
    }
    heads = {
        "reference": {"enum": list(references.entries()), "description": "A reference class."},
        "value": _ref("Figure"),
        "formula": _ref("Formula"),
    }
    said = {"dist": {"enum": _with_members()}, "hierarchical": {"enum": ["yes", True]}, **common}
    hierarchical = {**_closed(said, ["dist", "hierarchical"]), "additionalProperties": _ref("Figure")}
    families = [_family(family, common) for family in distributions.FAMILIES.values() if family.name != "truncated"]
    families += _elicited(common)
    others = [_closed({head: form, **common, **_truncation(head)}, [head]) for head, form in heads.items()]
    part = {"type": "object", "properties": {"weight": _ref("Share")}, "required": ["weight"]}
    return {"Driver": _any(*families, *others, hierarchical), "MixturePart": part}


def _with_members() -> list[str]:
    """Give the families that a distribution with calculated parameters may be of."""
    return [family.name for family in distributions.FAMILIES.values() if has_members(family)]


def _elicited(common: Json) -> list[Json]:
    """Give the forms of what one expert, or several, said."""
    figures = ("low", "high", "median", "mode", "mean", "sd")
    said: Json = {
        "as": {"enum": list(distributions.ELICITED), "description": "The family that is fitted."},
        "low_high": _text(r"^p[0-9._]+_p[0-9._]+$", "p10_p90"),
        **{name: _ref("Figure") for name in figures},
        **{name: _ref("Number") for name in ("df", "lambda", "terms")},
    }
    quantiles = {"patternProperties": {_QUANTILE: _ref("Figure")}}
    expert = _closed({"weight": _ref("Share"), **said}, ["weight", "as"]) | quantiles
    head = {"dist": {"const": elicited.WORD, "description": "What one or several experts said, fitted."}}
    rest = {**common, **_truncation("dist")}
    pooled: Json = {
        "pool": {"enum": list(elicited.POOLS), "description": "How the experts become one distribution."},
        "experts": {"type": "object", "additionalProperties": expert, "minProperties": 2},
    }
    return [
        _closed({**head, **said, **rest}, ["dist", "as"]) | quantiles,
        _closed({**head, **pooled, **rest}, ["dist", "pool", "experts"]),
    ]


def _truncation(head: str) -> Json:
    bounds = {"low": _ref("Figure"), "high": _ref("Figure")}
    truncate = {"type": "object", "properties": bounds, "additionalProperties": False, "minProperties": 1}
    return {"truncate": truncate} if head in ("dist", "reference") else {}


_ROLES: Json = {
    "share": _ref("Share"),
    "number": _ref("Number"),
    "count": _ref("Number"),
    "quantiles": {
        "type": "object",
        "patternProperties": {_QUANTILE: _ref("Figure")},
        "additionalProperties": False,
    },
    "yes_no": _ref("YesNo"),
    "distribution": _any(_ref("Figure"), _ref("Driver")),
    "distributions": {"type": "object", "additionalProperties": _ref("MixturePart"), "minProperties": 2},
}
_LISTS = ("values", "weights", "probabilities")


def _family(family: distributions.Family, common: Json) -> Json:
    parameters: Json = {}
    for name, role in family.parameters.items():
        form = _ROLES.get(role, _ref("Figure"))
        parameters[name] = {"type": "array", "items": form} if name in _LISTS else form
    if "distributions" in family.parameters.values():  # each part states its own
        parameters.pop("weights", None)
    if family.name == "empirical":
        parameters |= {"file": {"type": "string", "pattern": r"\.csv$"}, "column": _ref("Prose")}
    if family.elicited:
        parameters |= {name: _ref("Figure") for name in ("median", "mode", "mean", "sd", "low", "high", "df", "lambda")}
    found = _closed(
        {
            "dist": {"const": family.name, "description": family.summary},
            **parameters,
            **common,
            **_truncation("dist"),
        },
        ["dist"],
    )
    return {**found, "patternProperties": {_QUANTILE: _ref("Figure")}} if family.elicited else found


def _closed(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
