"""The config language: every section and key of a file, typed and documented at the field.

The document is the interface: frozen, closed to unknown keys. How a scalar is understood is in ``fields``;
what names refer to is checked in ``crossrefs``; what it all means is in the model and in ``docs/model.md``.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationInfo, model_validator

from simlib.config.fields import (
    Address,
    Concordance,
    Day,
    Decision,
    Duration,
    DurationQuantity,
    EventChance,
    FormatVersion,
    FundedBy,
    GapPlan,
    Id,
    Ids,
    Kept,
    Matrix,
    Moment,
    Money,
    MoneyOrSum,
    MoneyPlan,
    MoneyQuantity,
    MoneyUnit,
    Number,
    OutputQuantity,
    Pair,
    Patterns,
    PrecisionField,
    Prices,
    Prose,
    RawValue,
    Requirements,
    Seed,
    Share,
    SharedDriver,
    ShareOrRest,
    ShareQuantity,
    SimulationCount,
    SourceField,
    Stage,
    VariesField,
    Words,
    Year,
    YearlyMoneyQuantity,
    YearlyShareQuantity,
    Years,
    YesNo,
    with_varies,
)
from simlib.config.scalars import Setting

ClosingTest = Literal["target_year", "in_year", "from_target_year", "every_year", "reserves_hold", "reserves_restored"]
DEPENDENCE_FORMS = ("rank_correlation", "correlation", "strength", "concordance", "rank_correlations", "correlations")


class Section(BaseModel):
    """A part of the document: frozen and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Cited(Section):
    """Anything that people must be able to trace: a label, and where it comes from."""

    label: Prose | None = Field(None, description="What reports call it; its id with spaces where left out.")
    source: SourceField | None = Field(None, description="Where the figures come from: what, mark and date.")
    owner: Prose | None = Field(None, description="Who answers for the figures.")
    note: Prose | None = Field(None, description="Anything a reader should know.")


class Entry(Cited):
    """A named entry of the file that holds figures."""

    @model_validator(mode="wrap")
    @classmethod
    def _once(cls, entry: Any, read: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        """Read an entry once for all readings that leave it as it is."""
        known = info.context.known if isinstance(info.context, Setting) else {}
        node, found = known.get((cls, id(entry)), (None, None))
        section: Self = found if node is entry and found is not None else read(entry)
        known[cls, id(entry)] = entry, section  # the node too: while it lives its id is nobody else's
        return section


class Run(Section):
    """How many futures, from which seed."""

    simulations: SimulationCount = Field(100_000, description="Number of futures, such as 131_072.")
    seed: Seed | None = Field(None, description="Seed of the random draws; one is drawn and recorded if left out.")
    sampler: Literal["random", "latin_hypercube", "sobol"] = Field(
        "random", description="How the futures are drawn; docs/model.md says what each sampler promises."
    )
    precision: PrecisionField | None = Field(
        None,
        description="Half-width of the 95 % interval at which the run may stop: a share for every headline chance, "
        "or amounts by name (chance, mean, p10, p90, …) for the recurring gap in the target year, in a file without "
        "options for every output.",
    )
    keep: Kept = Field(100_000, description="How many futures results.nc holds: a number, or all.")


class NetPresentValue(Cited):
    """Terms of the net present value: Green Book unless the file says otherwise."""

    deflator: Share | None = Field(None, description="General inflation a year, to turn cash into real terms.")
    rate: Share = Field(0.035, description="Real discount rate a year.")
    base: Year | None = Field(
        None, description="Year whose prices and start values are stated in; the first if left out."
    )


class Gap(Cited):
    """The budget gap that the council has published, or the sum of its lines."""

    basis: Literal["cumulative_base", "annual"] = Field(
        description="cumulative_base: recurring savings needed by the year; annual: new ones to find in it."
    )
    already_includes_savings: YesNo | None = Field(
        None,
        description="Whether a published gap already counts planned savings; required with one.",
    )
    included: Ids = Field((), description="The measures whose planned savings the published gap already counts.")
    plan: GapPlan = Field(description="The gap by year, positive where money is short; or sum_of_lines (bottom-up).")


class Line(Cited):
    """A spending pressure or a funding line. Exactly one of growth, change, realised (or a certainty)."""

    recurring: YesNo = Field(True, description="Whether it comes back each year; a one-off reaches reserves only.")
    plan: MoneyPlan | None = Field(None, description="What the budget assumes, by year.")
    base: MoneyQuantity | None = Field(None, description="With growth: the level in the year before the first.")
    growth: YearlyShareQuantity | None = Field(None, description="Growth a year on the base.")
    change: YearlyMoneyQuantity | None = Field(None, description="Money above (or below) the plan, by year.")
    realised: YearlyShareQuantity | None = Field(None, description="Share of the plan that comes.")
    certainty: Literal["confirmed", "indicative", "assumed"] | None = Field(
        None, description="How sure the line is: names the reference class of its spread."
    )
    varies: VariesField | None = Field(
        None,
        description="How its growth, change or realised varies, where the distribution itself does not say.",
    )

    @model_validator(mode="before")
    @classmethod
    def _hand_down(cls, entry: Any) -> Any:
        """Hand ``varies`` of the line down to its distribution, which is read by its own rules."""
        return with_varies(entry, ("growth", "change", "realised"))


class GeneralFund(Cited):
    """The unallocated reserve and its minimum working balance."""

    opening: MoneyQuantity = Field(description="Balance on 1 April of the first year.")
    minimum: MoneyQuantity = Field(description="Minimum working balance.")
    planned: MoneyPlan | None = Field(None, description="Planned contributions (positive) and uses (negative) by year.")


class Pot(Cited):
    """Money set aside that pays one-off costs: an earmarked reserve, capital receipts, a grant."""

    opening: MoneyQuantity = Field(description="What it holds on 1 April of the first year.")
    owner: Literal["own", "external"] = Field(description="The council's own money, or somebody else's.")


class Council(Entry):
    """One council: its gap, lines and reserves."""

    gap: Gap | None = None
    pressures: dict[Id, Line] = Field({}, description="Spending lines.")
    funding: dict[Id, Line] = Field({}, description="Resource lines.")
    general_fund: GeneralFund | None = None
    pots: dict[Id, Pot] = {}
    surplus: Literal["general_fund", "spent"] = Field("general_fund", description="Where a surplus of a year goes.")


class Programme(Entry):
    """Measures that share one realisation, so that evidence on totals stays evidence on totals."""

    realisation: ShareQuantity = Field(description="Share of the programme's planned savings finally delivered.")
    individual: Share = Field(
        0.0,
        description="How far single measures stray around it: 0 % together, 100 % as far as bounds allow.",
    )


class OneOff(Cited):
    """A cost that comes once: redundancy, IT, a business case."""

    amount: MoneyOrSum = Field(description="The planned amount: a figure, a formula, or sum_of individual costs.")
    overrun: ShareQuantity | None = Field(None, description="What it costs as a share of the amount; neutral 100 %.")
    includes_contingency: YesNo = Field(False, description="Whether the amount already holds contingency.")
    in_: Year | None = Field(None, alias="in", description="Year it is planned in, spread evenly over the year.")
    lead: Duration | None = Field(
        None, description="Instead of in: spent evenly over this long before the saving starts."
    )
    slips: YesNo = Field(True, description="Whether it moves with the measure's delay.")
    sunk: YesNo = Field(False, description="Whether it is spent even if the measure never starts.")
    funded_by: FundedBy = Field((), description="Pots that pay, in order; {pot: limit} for at most so much.")
    shares: dict[Id, ShareOrRest] | None = Field(None, description="Who bears it, where not as the measure's shares.")


class Measure(Entry):
    """One saving or income scheme."""

    council: Id | None = Field(None, description="The council it belongs to; or shares.")
    shares: dict[Id, ShareOrRest] | None = Field(
        None, description="Shares of several councils; one may be rest; elsewhere names what leaves them all."
    )
    programme: Id | None = Field(None, description="The programme whose realisation it shares.")
    saving: MoneyQuantity | None = Field(None, description="The planned saving, on the stated basis; or plan.")
    plan: MoneyPlan | None = Field(None, description="Instead of saving and from: cash by year.")
    basis: Literal["recurring", "cumulative", "annual_average", "one_off"] = Field(
        description="What the figure is: a year's worth at full effect, a total, an average a year, or once."
    )
    over: Duration | None = Field(None, description="With cumulative and annual_average: over how many years.")
    from_: Year | None = Field(None, alias="from", description="Year the saving starts (1 April).")
    full_from: Year | None = Field(None, description="First year received in full; from where left out.")
    rises: Literal["linearly", "equal_steps"] = Field("linearly", description="How it grows from from to full_from.")
    ends: Year | None = Field(None, description="Last year in which it is received.")
    delay: DurationQuantity | None = Field(None, description="How much later than planned; neutral 0.")
    realisation: ShareQuantity | None = Field(None, description="Share finally delivered; neutral 100 %.")
    scope_growth: ShareQuantity | None = Field(
        None, description="Multiplier for a wider or narrower scheme; neutral 100 %."
    )
    backfill: ShareQuantity | None = Field(
        None, description="Share of the saving spent on filling posts again; neutral 0 %."
    )
    running_cost: MoneyQuantity | None = Field(
        None, description="Yearly cost of the scheme; deducted only if saving_is: gross."
    )
    saving_is: Literal["net", "gross"] = Field("net", description="Whether the saving is stated net of running cost.")
    indexed_to: ShareQuantity | None = Field(
        None, description="Yearly growth that the saving follows, beside its plan."
    )
    one_off: dict[Id, OneOff] = {}
    local: dict[Id, SharedDriver] = Field({}, description="Quantities used inside this measure only.")
    requires: Requirements = Field((), description="Measures, events, or 'not event' that it needs.")
    excludes: Ids = Field((), description="Measures that cannot stand in one option with it.")
    overlaps: dict[Id, MoneyQuantity] = Field({}, description="Money a year saved only once beside another measure.")
    slows: dict[Id, DurationQuantity] = Field(
        {}, description="How much later other measures come where they stand in one option with it."
    )
    effort: Number | None = Field(
        None, description="What it takes of decision.capacity in each year of its building up; 0 if left out."
    )
    double_count: Literal["accepted"] | None = Field(
        None, description="Accept a reference class beside a cause it includes."
    )


class LineEffect(Section):
    """What an event does to a line of a council."""

    change: MoneyQuantity = Field(description="Money added to the line from the event on.")
    basis: Literal["recurring", "one_off"] = Field(description="Every year from the event on, or once.")


class Event(Entry):
    """Something that happens or does not, and what it does."""

    chance: EventChance = Field(
        description="A chance; a chance by date given it has not happened; or a yearly rate with each."
    )
    each: Literal["year"] | None = Field(None, description="The chance is a yearly rate (a hazard).")
    from_: Moment | None = Field(
        None, alias="from", description="With each: when the clock starts; the first year if left out."
    )
    until: Moment | None = Field(None, description="With each: when the clock stops.")
    in_: Moment | None = Field(
        None,
        alias="in",
        description="With a single chance: when it happens; the first year's start if left out.",
    )
    plan: Decision = Field(description="What the business case assumes: happens or does_not.")
    never_starts: Ids = Field((), description="Measures that never start if it happens before they do.")
    stops: Ids = Field((), description="Measures that stop when it happens.")
    keeps: ShareQuantity | None = Field(None, description="Share of the stopped measures that stays; 0 % if left out.")
    delays: dict[Id, DurationQuantity] = Field({}, description="How much later it makes measures come.")
    costs: MoneyQuantity | None = Field(None, description="One-off cost where an option's measures are hit by it.")
    lines: dict[Address, LineEffect] = Field({}, description="Effects on lines of councils, under every option.")


class Claim(Section):
    """A figure that an option's supporters have published."""

    amount: Money
    basis: Literal["cumulative", "recurring"] = Field(
        description="Cash added up to the year, or a year's worth at its end."
    )
    by: Year
    net_of_one_off: YesNo = Field(False, description="Whether one-off costs are deducted first.")
    source: SourceField | None = None


class Option(Cited):
    """A set of measures put to members."""

    councils: Ids = Field(description="The councils it is open to.")
    measures: Ids = Field((), description="What it consists of.")
    claims: Claim | None = None


class Reading(Section):
    """Another honest reading of an ambiguous figure or prior."""

    label: Prose | None = None
    why: Prose = Field(description="Why it can be read so.")
    set_: dict[Address, RawValue] = Field(alias="set", description="The figures as this reading has them.")


class Stress(Section):
    """A hard case that somebody wants to see: what would be if just this came."""

    label: Prose | None = None
    why: Prose = Field(description="Why it is looked at.")
    set_: dict[Address, RawValue] = Field(alias="set", description="The figures as this scenario has them.")


class Dependence(Cited):
    """What goes together: two figures, every pair of a pattern alike, or a matrix. Exactly one key says how much."""

    among: Patterns | None = Field(
        None,
        description="A pattern such as measures.*.delay, or several: every pair alike; with a matrix its figures.",
    )
    between: Pair | None = Field(None, description="Two figures.")
    rank_correlation: Number | None = Field(None, description="Rank correlation (Spearman's), from -1 to 1.")
    correlation: Number | None = Field(
        None, description="Correlation on the normal scale (Pearson's, of normal scores), from -1 to 1."
    )
    strength: Literal["none", "low", "medium", "high"] | None = Field(
        None, description="In words, for rank correlations of 0, 0.2, 0.5 and 0.8."
    )
    concordance: Concordance | None = Field(
        None, description="In how many of 10 futures one is below its middle, of those in which the other is."
    )
    rank_correlations: Matrix | None = Field(None, description="A matrix of rank correlations.")
    correlations: Matrix | None = Field(None, description="A matrix of correlations on the normal scale.")
    copula: Literal["gaussian", "t"] = Field(
        "gaussian", description="gaussian, or t where extremes come together; the same for all that are linked."
    )
    df: Number | None = Field(
        None, description="With copula: t, its degrees of freedom, 1 or more: the fewer, the more extremes meet."
    )
    firm: YesNo = Field(False, description="Whether these stay as they are where correlations must be repaired.")
    reason: Prose | None = None

    @property
    def stated(self) -> list[tuple[str, Any]]:
        """Every key that says how much, with its figure; in a sound section there is one."""
        return [(key, getattr(self, key)) for key in DEPENDENCE_FORMS if getattr(self, key) is not None]


class Observation(Cited):
    """A figure that has come in: futures are kept the more often, the nearer theirs is to it."""

    what: Address = Field(description="The figure: an address of the file, or a result such as options.<name>.savings.")
    year: Year | None = Field(None, description="The year it is of, where it goes by year.")
    value: Words = Field(description="What came in, as the figure is written; of an event happens or does_not.")
    error: Words | None = Field(
        None,
        description="How far that may be off, one standard deviation; left out where it was counted, not estimated.",
    )
    stage: Stage = Field(description="How far it has come: identified, approved, implemented or evidenced.")


class Stages(Cited):
    """How far a figure of each stage may still move: one standard deviation, as a share of it."""

    identified: Share = Field(0.50, description="Somebody has found it; nobody has decided it.")
    approved: Share = Field(0.20, description="Members have decided it.")
    implemented: Share = Field(0.05, description="It has been done.")
    evidenced: Share = Field(0.0, description="It shows in the accounts.")


class Loss(Cited):
    """What an outcome costs, in full: each part in money for each £ of it, so that options can be weighed up."""

    one_off: Number = Field(
        description="For each £ of one-off costs over the horizon, after what external pots pay; usually 1."
    )
    running_cost: Number = Field(description="For each £ of running cost over the horizon; usually 1.")
    shortfall: Number = Field(description="For each £ a year of recurring gap that is open in the target year.")
    unneeded_cuts: Number = Field(
        description="For each £ a year of savings beyond what closes the gap in the target year."
    )
    below_minimum: Money = Field(
        description="Once for each council whose general fund falls below its minimum in any year."
    )
    councils: Ids = Field((), description="Whose outcomes count; all that have a gap if left out.")


class Learnable(Cited):
    """Something that could be found out before the decision: what it tells, by when, and what finding out costs."""

    figures: Patterns = Field(description="The uncertain figures that would be known, or patterns of their addresses.")
    by: Day = Field(description="When it would be known.")
    cost: Money = Field(description="What finding out costs; £0 where it comes by itself, as a settlement does.")


class Choice(Section):
    """What a choice between options turns on: the loss, what could be learned first, how much can be done at once."""

    loss: Loss | None = None
    learnable: dict[Id, Learnable] = Field({}, description="What could be found out before the decision.")
    capacity: Number | None = Field(
        None, description="How much effort measures may take together in any one year; without limit if left out."
    )


class Config(Section):
    """A whole config file."""

    simlib: FormatVersion = Field(description="Version of this format.")
    title: Prose
    as_at: Day | None = Field(None, description="Decision date; evidence later than this is flagged.")
    money: MoneyUnit | None = Field(None, description="What a bare money figure means: £, £k, £m or £bn.")
    prices: Prices = Field("cash", description="cash, or real 2015/16.")
    years: Years | None = Field(None, description="The horizon, such as 2016/17 to 2020/21.")
    target_year: Year | None = Field(None, description="The year by which the gap must be closed.")
    closes: ClosingTest = Field("target_year", description="The headline test; all are reported.")
    run: Run = Run()
    npv: NetPresentValue | None = None
    drivers: dict[Id, SharedDriver] = Field({}, description="Quantities used in more than one place.")
    councils: dict[Id, Council] = {}
    programmes: dict[Id, Programme] = {}
    measures: dict[Id, Measure] = {}
    events: dict[Id, Event] = {}
    options: dict[Id, Option] = {}
    decision: Choice | None = None
    readings: dict[Id, Reading] = {}
    stress: dict[Id, Stress] = {}
    dependence: dict[Id, Dependence] = {}
    observed: dict[Id, Observation] = Field({}, description="Figures that have come in; the futures that fit stay.")
    stages: Stages = Field(Stages(), description="How far a figure of each stage may still move.")
    outputs: dict[Id, OutputQuantity] = Field({}, description="Further figures of the user's own.")
