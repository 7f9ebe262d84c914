"""What changed from one run to the next: parts that add up exactly, closed forms, and edits that need each other."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_files import COUNCIL, HEAD

from simlib.changed import changes_sections
from simlib.cli import main
from simlib.compare.changes import Changes, compare, former
from simlib.compare.game import Former
from simlib.compare.orders import MOST_CONFIGS, Edits, plan_orders, settled
from simlib.compare.rounding import apportioned, rounded
from simlib.compiling import compile_model
from simlib.config import load_config, parse_config
from simlib.config.edits import differences, edited, laid, tree
from simlib.engine import simulate, simulate_plan
from simlib.errors import ConfigError, ResultsError
from simlib.layout import Table, everything
from simlib.report import write_report
from simlib.summary import Summary, summarise

CONFIGS = Path(__file__).parent.parent / "configs"
COUNT = 2_048
BARE = "simlib: 1\ntitle: x\n"


def run(text: str, count: int = COUNT, **options: Any) -> Former:
    """Give a run of a text that was never written anywhere."""
    config = parse_config(text, "x.yaml")
    model = compile_model(config)
    futures = simulate(model, count, **{"seed": 1, **options})
    return Former(config, summarise(futures, simulate_plan(model)).document)


def moved(first: str, second: str, **options: Any) -> Changes:
    """Give what changed between two texts."""
    return compare(run(first, **options), run(second, **options))


def parts(changes: Changes, *name: str) -> dict[str, Fraction]:
    """Give the parts of a figure by the address of the first edit of each."""
    found = changes.movements[name].parts
    return {joined.edits[0].address: part.value for joined, part in zip(changes.edits, found, strict=True)}


# ---- Rounding ----------------------------------------------------------------------------------------------

FRACTIONS = st.fractions(min_value=-100, max_value=100, max_denominator=1_000_000)


STEPS = st.sampled_from([Fraction(1), Fraction(1, 100), Fraction(5)])


@settings(max_examples=50)
@given(st.lists(FRACTIONS, min_size=1, max_size=8), FRACTIONS, STEPS)
def test_printed_parts_add_up_to_the_printed_whole_and_none_is_a_step_off(
    values: list[Fraction], start: Fraction, step: Fraction
) -> None:
    whole = rounded(start + sum(values), step) - rounded(start, step)
    found = apportioned(values, whole, step)
    assert sum(found) == whole
    assert all(abs(one - own) <= step and (one / step).denominator == 1 for one, own in zip(found, values, strict=True))
    assert all(one == 0 for one, own in zip(found, values, strict=True) if own == 0), "nothing stays nothing"


# ---- Orders ------------------------------------------------------------------------------------------------


def singles(count: int) -> tuple[Edits, ...]:
    return tuple(frozenset({place}) for place in range(count))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_weights_of_sets_are_the_average_over_all_orders_written_out(count: int) -> None:
    worth = {edits: Fraction(int(n)) for n, edits in enumerate(plan_orders(singles(count)).sets)}
    orders = list(permutations(range(count)))
    for player, steps in enumerate(plan_orders(singles(count)).steps):
        slow = Fraction(0)
        for order in orders:
            before = frozenset(order[: order.index(player)])
            slow += (worth[before | {player}] - worth[before]) / len(orders)
        assert sum(share * (worth[after] - worth[before]) for (before, after), share in steps.items()) == slow


@pytest.mark.parametrize("count", [7, 12, 30])
def test_more_than_six_edits_are_made_in_some_orders_that_add_up_too(count: int) -> None:
    plan = plan_orders(singles(count))
    assert not plan.every
    assert plan.orders % 2 == 0, "each order with its reverse"
    assert len(plan.sets) <= MOST_CONFIGS
    rng = np.random.default_rng(1)
    worth = {edits: Fraction(float(rng.standard_normal())) for edits in plan.sets}
    total = sum(s * (worth[b] - worth[a]) for steps in plan.steps for (a, b), s in steps.items())
    assert total == worth[plan.sets[-1]] - worth[plan.sets[0]]


def test_edits_that_cannot_stand_alone_are_joined_and_no_others() -> None:
    def trouble(edits: Edits) -> str | None:
        return "1 needs 3" if 1 in edits and 3 not in edits else None

    players, reasons = settled(singles(5), trouble)
    assert players == (frozenset({0}), frozenset({1, 3}), frozenset({2}), frozenset({4}))
    assert reasons == {frozenset({1, 3}): "1 needs 3"}


def test_edits_that_only_stand_all_together_become_one() -> None:
    players, _ = settled(singles(4), lambda edits: None if len(edits) in (0, 4) else "no")
    assert players == (frozenset(range(4)),)


# ---- Edits -------------------------------------------------------------------------------------------------

WHOLE = (CONFIGS / "south_somerset.yaml").read_text("utf-8")
BASE = WHOLE[: WHOLE.index("# ---- Other honest readings")]  # whose results need no readings
SOLO = BASE[: BASE.index("  do_nothing:")] + BASE[BASE.index("  solo:\n    label: Solo business case") :]
SOLO = SOLO[: SOLO.rindex("  joint_authority:\n")]
SOLO += BASE[BASE.index("# ---- What moves together") :]  # with one option, which is quicker
PAY = ("    sd: 0.6%\n", "    sd: 0.9%\n")
GRANT = ("    low: -0.3\n    mode: 0\n    high: 0.1", "    low: -0.5\n    mode: 0\n    high: 0.1")
LATER = (
    "    from: 2017/18\n    full_from: 2019/20\n    delay: {reference: delay_programme}\n    running_cost",
    "    from: 2018/19\n    full_from: 2020/21\n    delay: {reference: delay_programme}\n    running_cost",
)


def with_edits(*edits: tuple[str, str], text: str = BASE) -> str:
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("edits", "addresses"),
    [
        ([PAY], ["drivers.pay_award_error"]),
        ([("amount: 4.4623", "amount: 5")], ["measures.transformation.one_off.implementation.amount"]),
        ([("2018/19: 3.1, 2019/20: 4.1,", "2018/19: 3.2, 2019/20: 4.3,")], ["councils.south_somerset.gap.plan"]),
        ([("chance: {2016-10: 60%,", "chance: {2016-10: 70%,")], ["events.hinkley_point_c.chance"]),
        ([("income, other_savings]\n    note: \"Sedg", "income]\n    note: \"Sedg")], ["options.solo.measures"]),
        ([("shares: {south_somerset: 48%, ", "shares: {south_somerset: 50%, ")], ["measures.joint_authority.shares"]),
    ],
)  # fmt: skip
def test_an_edit_stands_at_the_address_that_a_person_would_name(
    edits: Sequence[tuple[str, str]], addresses: list[str]
) -> None:
    trees = [tree(parse_config(text)) for text in (BASE, with_edits(*edits))]
    assert [edit.address for edit in differences(*trees).edits] == addresses


def test_added_entries_are_edits_each_and_words_and_readings_are_none() -> None:
    first = BARE + "drivers: {a: 1}\noutputs: {y: a}"
    second = BARE + "drivers: {a: {value: 1, note: why}, b: 2}\noutputs: {y: {formula: a, label: Y}}"
    found = differences(tree(parse_config(first)), tree(parse_config(second)))
    assert [edit.address for edit in found.edits] == ["drivers.a", "drivers.b", "outputs.y"]
    noted = WHOLE.replace('note: "Speculative', 'note: "Very speculative')
    noted = noted.replace("mark: judgement", "mark: derived", 2)
    noted = noted.replace("      drivers.later_support_grant: 0\n", "      drivers.later_support_grant: -0.1\n")
    found = differences(tree(parse_config(WHOLE)), tree(parse_config(noted)))
    assert (found.edits, found.apart) == ((), ("readings",))
    notes = [f"measures.{name}.note" for name in ("shared_recruitment", "joint_income_board")]
    assert found.words == ("npv.source", "drivers.pay_assumption", *notes)


def test_all_edits_laid_over_the_first_file_make_the_second() -> None:
    second = parse_config(with_edits(PAY, GRANT, LATER, ("    chance: 50%\n    in: 2016-10\n", "    chance: 40%\n")))
    first = parse_config(BASE)
    found = differences(tree(first), tree(second)).edits
    again = differences(laid(tree(first), found), tree(second))
    assert (len(found), again.edits, again.words) == (6, (), ())
    assert edited(second, tree(second)).measures == second.measures


def test_what_was_set_on_the_command_line_is_an_edit_too() -> None:
    config = parse_config(BASE)
    found = differences(tree(config), tree(config.with_overrides({"measures.transformation.delay": "6 months"})))
    assert [edit.address for edit in found.edits] == ["measures.transformation.delay"]


def test_a_figure_that_the_command_line_made_certain_is_compared_though_it_was_correlated() -> None:
    normal = "{dist: normal, mean: 0, sd: 1, plan: 0, kind: number}"
    text = f"{BARE}drivers:\n  a: {normal}\n  b: {normal}\n"
    text += "dependence: {pair: {between: [drivers.a, drivers.b], rank_correlation: 0.5}}\noutputs: {y: a + b}"
    first = run(text)
    config = first.config.with_overrides({"drivers.a": "2"})
    model = compile_model(config)
    second = Former(config, summarise(simulate(model, COUNT, seed=1), simulate_plan(model)).document)
    found = compare(first, second).movements["output", "y"]
    assert float(found.change) == pytest.approx(2, abs=5 / math.sqrt(COUNT))
    with pytest.raises(ConfigError, match=r"'drivers\.a' is certain"):
        run(text.replace(f"a: {normal}", "a: {value: 2, kind: number}"))


def test_opening_balances_are_told_by_how_sure_they_are_one_table_each() -> None:
    changes = moved(BASE, with_edits(LATER))
    document = changes.second.document
    sections = everything(tuple(changes_sections(changes.document(), document)))
    found = {table.id: table for section in sections for table in section.tables}
    levels = [key for key in found if key.startswith("changes_reserve_needed")]
    assert levels
    assert all(len(found[key].headings) - 1 <= len(document["options"]) for key in levels), "a column an option"


# ---- Closed forms ------------------------------------------------------------------------------------------


def test_parts_of_a_linear_figure_are_the_shifts_of_its_means_exactly() -> None:
    text = BARE + "drivers:\n  a: {dist: normal, mean: MA, sd: 1, plan: 0, kind: number}\n"
    text += "  b: {dist: normal, mean: MB, sd: 2, plan: 0, kind: number}\noutputs: {y: 3 * a - b}"
    changes = moved(*(text.replace("MA", a).replace("MB", b) for a, b in (("0", "1"), ("2", "5"))))
    found = parts(changes, "output", "y")
    assert found["drivers.a"] == pytest.approx(6, abs=1e-12)
    assert found["drivers.b"] == pytest.approx(-4, abs=1e-12)
    assert sum(found.values()) == changes.movements["output", "y"].change, "to the last digit"
    assert max(part.error for part in changes.movements["output", "y"].parts) < 1e-12, "the same in every future"


def test_of_what_two_edits_only_do_together_each_has_half() -> None:
    texts = [BARE + f"drivers: {{a: {a}, b: {b}}}\noutputs: {{y: a * b}}" for a, b in ((1, 1), (2, 4))]
    changes = moved(*texts)
    assert parts(changes, "output", "y") == {"drivers.a": Fraction(5, 2), "drivers.b": Fraction(9, 2)}
    a, b = changes.movements["output", "y"].parts
    assert (a.least, a.most, b.least, b.most) == (1, 4, 3, 6), "made first, or last"


def test_the_error_of_a_part_is_that_of_the_same_futures() -> None:
    text = BARE + "drivers: {a: {dist: normal, mean: 0, sd: SD, plan: 0, kind: number}}\noutputs: {y: a}"
    changes = moved(text.replace("SD", "10"), text.replace("SD", "11"), count=16_384)
    [part] = changes.movements["output", "y"].parts
    exact = 1 / math.sqrt(16_384)  # of (11 - 10) z; of two runs by themselves it would be fifteen times as much
    assert part.error == pytest.approx(exact, rel=0.6)  # sixteen groups tell it to 18 % (one standard error)
    assert abs(part.value) < 5 * exact


# ---- Whole runs --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three() -> Changes:
    return moved(BASE, with_edits(PAY, GRANT, LATER), seed=20160317)


def test_three_edits_of_south_somerset_add_up_to_the_last_digit(three: Changes) -> None:
    assert len(three.edits) == 3
    assert len(three.plan.sets) == 8
    for movement in three.movements.values():
        assert movement.draws is None, "the draws are the same"
        assert sum(part.value for part in movement.parts) == movement.change
    closes = three.movements["closes", "solo", "south_somerset"]
    said = [run.document["options"]["solo"]["councils"]["south_somerset"]["closes"]["target_year"]["probability"]
            for run in (three.first, three.second)]  # fmt: skip
    assert [float(closes.first.value), float(closes.second.value)] == said
    assert all(part.value < 0 and abs(part.value) > part.error for part in closes.parts[1:])


def test_parts_are_the_average_over_orders_of_files_edited_by_hand(three: Changes) -> None:
    names = [("closes", "solo", "south_somerset"), ("closes", "joint_authority_and_transformation", "south_somerset")]
    worth: dict[frozenset[int], list[int]] = {}
    for edits in three.plan.sets:
        text = with_edits(*((PAY, GRANT, LATER)[place] for place in {min(e, 2) for e in edits}))
        futures = simulate(compile_model(parse_config(text)), COUNT, seed=20160317)
        worth[edits] = [int(futures.readings["readings", "", *name[1:]].sum()) for name in names]
    players = [frozenset(three_edits) for three_edits in ({0}, {1}, {2, 3})]
    for at, name in enumerate(names):
        for player, part in zip(players, three.movements[name].parts, strict=True):
            slow = Fraction(0)
            for order in permutations(players):
                before = frozenset().union(*order[: order.index(player)])
                slow += Fraction(worth[before | player][at] - worth[before][at], 6 * COUNT)
            assert part.value == slow


def test_undoing_an_edit_takes_away_just_its_part(three: Changes) -> None:
    two = moved(SOLO, with_edits(PAY, LATER, text=SOLO), seed=20160317)
    idle = with_edits(PAY, LATER, ("drivers:\n  pay_assumption", "drivers:\n  idle: 1\n  pay_assumption"), text=SOLO)
    more = moved(SOLO, idle, seed=20160317)
    for name, movement in two.movements.items():
        assert more.movements[name].parts[0].value == 0, "what bears on nothing has no part"
        others = [part.value for part in more.movements[name].parts[1:]]
        assert others == [part.value for part in movement.parts], "and takes none away from the others"
    name = ("closes", "solo", "south_somerset")
    assert list(parts(two, *name)) == ["drivers.pay_award_error", "measures.transformation.from"]
    assert two.movements[name].first == three.movements[name].first
    steps = {edits: frozenset(e - (e > 1) for e in edits) for edits in three.plan.sets if 1 not in edits}
    assert set(steps.values()) == set(two.plan.sets), "the game of those that are left"


def test_parts_in_changes_json_add_up_as_decimal_figures(three: Changes) -> None:
    for figure in json.loads(json.dumps(three.document()))["figures"]:
        first, second = (Decimal(repr(figure[end]["value"])) for end in ("first", "second"))
        assert sum(Decimal(repr(part["part"])) for part in figure["parts"]) == Decimal(repr(figure["change"]))
        assert first + Decimal(repr(figure["change"])) == second


def test_another_seed_is_a_part_of_its_own() -> None:
    changes = compare(run(SOLO, seed=3), run(with_edits(LATER, text=SOLO), seed=4, count=1_024))
    name = ("closes", "solo", "south_somerset")
    found = changes.movements[name]
    assert found.draws is not None
    assert found.parts[0].value + found.draws.value == found.change
    assert abs(found.draws.value) < 5 * found.draws.error
    assert found.draws.error == pytest.approx(math.hypot(0.009, 0.0127), rel=0.3)
    told = list(changes_sections(changes.document(), changes.second.document))
    assert any("no edit is behind it" in line for line in told[0].paragraphs)


@pytest.mark.parametrize("sampler", ["sobol", "latin_hypercube"])
def test_other_samplers_have_the_second_runs_own_draws(sampler: str) -> None:
    text = HEAD + COUNCIL + "measures:\n  m: {council: a, saving: 1.2, basis: recurring, from: 2021/22, scope_growth: "
    text += "{dist: uniform, low: 50%, high: HIGH}}\noptions: {o: {label: O, councils: a, measures: m}}"
    changes = moved(text.replace("HIGH", "120%"), text.replace("HIGH", "150%"), sampler=sampler)
    found = changes.movements["closes", "o", "a"]
    assert found.draws is None
    exact = (1.5 - 1 / 1.2) / 1.0 - (1.2 - 1 / 1.2) / 0.7
    assert float(found.change) == pytest.approx(exact, abs=5 * math.hypot(found.first.error, found.second.error))
    assert sum(part.value for part in found.parts) == found.change


def test_a_measure_and_the_option_that_needs_it_are_told_as_one() -> None:
    first = HEAD + COUNCIL + "measures:\n  m: {council: a, saving: 0.5, basis: recurring, from: 2021/22}\n"
    second = first + "  n: {council: a, saving: 0.6, basis: recurring, from: 2021/22}\n"
    first += "options: {o: {label: O, councils: a, measures: m}}"
    second += "options: {o: {label: O, councils: a, measures: [m, n]}}"
    changes = moved(first, second)
    [whole] = changes.edits
    assert {edit.address for edit in whole.edits} == {"measures.n", "options.o.measures"}
    assert "there is no" in whole.why
    assert changes.movements["closes", "o", "a"].parts[0].value == 1
    [section] = changes_sections(changes.document(), changes.second.document)
    assert any("is told as one edit" in line for line in section.paragraphs)


def test_a_file_edited_throughout_is_told_entry_by_entry() -> None:
    names = [f"d{n}" for n in range(40)]
    total = " + ".join(names)
    texts = [BARE + "drivers:\n" + "".join(f"  {n}: {v}\n" for n in names) + f"outputs: {{y: {total}}}" for v in (1, 2)]
    changes = moved(*texts, count=1_024)
    assert len(changes.edits) == 1
    assert changes.edits[0].why == "more than 30 entries were edited"
    assert changes.movements["output", "y"].parts[0].value == 40


# ---- The report --------------------------------------------------------------------------------------------


def printed(text: str) -> int:
    return int(text.replace("–", "0").replace("~", "").replace("<1", "0").replace(">99", "100"))


def test_every_printed_column_adds_up(three: Changes) -> None:
    [section] = changes_sections(three.document(), three.second.document)
    tables = [t for part in everything([section]) for t in (*part.tables, *(c.table for c in part.charts))]
    added = 0
    for table in (t for t in tables if t.id != "changes_edits"):
        for column in range(1, len(table.headings)):
            texts = [row[column].text for row in table.rows]
            if "futures of 100" in table.caption:
                values = [Decimal(printed(text)) for text in texts]
            else:
                values = [Decimal(text.replace("£", "").replace("m", "").replace(",", "")) for text in texts]
            if "80, 90 or 95" not in table.caption:
                assert sum(values[:-1]) == values[-1], (table.caption, texts)
                added += 1
    assert added > 10


def columns(table: Table) -> Mapping[str, list[str]]:
    return {head: [row[at].text for row in table.rows] for at, head in enumerate(table.headings)}


def test_the_answer_is_told_as_a_person_would(three: Changes) -> None:
    [section] = changes_sections(three.document(), three.second.document)
    told = next(line for line in section.paragraphs if line.startswith("Solo business case"))
    [table] = [t for t in section.tables if t.id == "changes_closes_south_somerset"]
    first, _, _, later, last = columns(table)["Solo business case"]
    ends = [end.replace("~", "about ").replace("<", "fewer than ") for end in (first, last)]
    start = "Solo business case, South Somerset District Council: closes in"
    start += f" {ends[1]} of 100 futures, down from {ends[0]}"
    assert told.startswith(f"{start}: ‘Transformation programme: start and first full year’ {later}")
    assert {"changes_closes_solo_south_somerset", "changes_gap_solo_south_somerset"} <= {c.id for c in section.charts}


def test_two_folders_are_compared_and_a_config_that_was_touched_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = [tmp_path / "march", tmp_path / "october"]
    text = HEAD + COUNCIL + "measures:\n  m: {council: a, label: Sharing, saving: 1.2, basis: recurring, "
    text += "from: 2021/22, scope_growth: {dist: uniform, low: LOW, high: 120%}}\n"
    text += "options: {o: {label: O, councils: a, measures: m}}"
    for place, low in zip(places, ("50%", "20%"), strict=True):
        found = run(text.replace("LOW", low), 16_384)
        write_report(Summary(found.document, found.config.text), place, formats=())
    assert main(["compare", *map(str, places)]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "O closes in 36 of 100 futures, down from 52: ‘Sharing: growth of scope’ -16." in told
    assert main(["compare", *map(str, places), "--quiet"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    (places[0] / "config.yaml").write_text(text.replace("LOW", "49%"), encoding="utf-8")
    assert main(["compare", *map(str, places)]) == 2
    assert "it is not the config that the run was made with" in capsys.readouterr().err


def test_runs_in_different_units_of_money_are_not_compared() -> None:
    with pytest.raises(ResultsError, match="expected two runs in the same unit of money, got £m and £k"):
        moved(HEAD + COUNCIL, HEAD.replace("£m", "£k") + COUNCIL)


def test_a_summary_that_is_damaged_is_refused_in_words() -> None:
    text = BARE + "drivers: {a: 1}\noutputs: {y: a}"
    first, second = run(text), run(text.replace("1}", "2}"))
    del first.document["outputs"]["y"]["mean"]  # type: ignore[attr-defined]
    with pytest.raises(ResultsError, match=r"damaged: expected output\.y as a run writes it"):
        compare(first, second)
    for seed in (-1, 2**63, 10**40, "x", None):
        forged = replace(second, document=second.document | {"config": second.document["config"] | {"seed": seed}})
        with pytest.raises(ResultsError, match=r"damaged: expected config\.seed"):
            compare(first, forged)
    with pytest.raises(ResultsError, match=r"expected config\.set"):
        former(Summary({"config": {"set": [1]}}, ""), Path("nowhere"))


@pytest.mark.parametrize("name", ["boston_east_lindsey", "minimal"])
def test_nothing_moves_between_a_run_and_itself(name: str) -> None:
    config = load_config(CONFIGS / f"{name}.yaml")
    model = compile_model(config)
    same = Former(config, summarise(simulate(model, 1_024, seed=2), simulate_plan(model)).document)
    changes = compare(same, same)
    assert changes.movements
    assert all(m.change == 0 and m.draws is None and not m.parts for m in changes.movements.values())
    [section] = changes_sections(changes.document(), same.document)
    assert section.paragraphs == ("Nothing that bears on these results was edited, and nothing moved.",)


def test_the_page_about_changes_has_every_key_of_changes_json(three: Changes, root: Path) -> None:
    page = (root / "docs" / "compare.md").read_text("utf-8")

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return {*value, *(key for entry in value.values() for key in keys(entry))}
        return {key for entry in value for key in keys(entry)} if isinstance(value, list) else set()

    assert not {key for key in keys(three.document()) if f"`{key}`" not in page}
