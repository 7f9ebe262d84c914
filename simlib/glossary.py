"""What each term means, once, for ``simlib explain`` and the glossary in the documentation."""

from collections.abc import Mapping

__all__ = ["TERMS"]

TERMS: Mapping[str, str] = {
    "actual": (
        "A figure that has come in. Futures are kept the more often, the nearer their own figure is to it; its stage"
        " (identified, approved, implemented, evidenced) says how far it may still move."
    ),
    "address": (
        "The name of one entry of a file, such as measures.transformation.realisation: where an error"
        " points, the driver's name in the results, and what --set overrides."
    ),
    "ar1": (
        "A way to vary: every year has the stated distribution and resembles the year before; ar1(0.6) says how "
        "much, as the correlation of one year's normal score with the next."
    ),
    "as at": "The decision date. Evidence that became known later is flagged.",
    "band": ("The range that holds a stated share of the futures: an 80% band leaves 1 in 10 on either side."),
    "basis": (
        "What a published saving is: recurring (a year's worth at full effect), cumulative (a total),"
        " annual_average, or one_off."
    ),
    "before further action": (
        "What happens if nobody responds. Councils do respond, and the tool does not pretend to know how."
    ),
    "bridge": ("The steps from the business case's gap to the average future's, one for each assumption, adding up."),
    "business case": "The figures that the council has published for an option: the plan.",
    "claim": "A figure that an option's supporters have published, such as £15.4m over ten years.",
    "closed": "A gap is closed where it is below half a penny.",
    "closes": (
        "Six tests, all reported; the file names the headline: target_year, in_year, "
        "from_target_year, every_year, reserves_hold, reserves_restored."
    ),
    "concordance": (
        "A way to state dependence: in how many of 10 futures B is below its middle, of those in which A is. 5 of 10 is"
        " independence, 10 of 10 the same figure twice."
    ),
    "copula": (
        "How figures go together apart from what each of them is: gaussian, where extremes meet by chance only, or t,"
        " where they come together."
    ),
    "correlation": (
        "On the normal scale: Pearson's, of the normal scores behind the figures, from -1 to 1. The rank"
        " correlation is another number for the same dependence, a little smaller."
    ),
    "compounding": (
        "A way to vary: the distribution is of each year's growth, and the figure is an index that starts from 1 in "
        "the year before the first: Π (1 + growth). In growth and indexed_to its name means the growth of the year."
    ),
    "degrees of freedom": (
        "Of a t copula or of student_t (df): the fewer there are, the more common extremes are; from some 30"
        " on it is hardly told from a Gaussian copula or a bell curve."
    ),
    "delay": ("How much later than planned a saving comes. Late is not lost: the final rate stays what it is."),
    "driver": "An uncertain quantity, named by its address.",
    "elicited": (
        "Fitted to what somebody said: quantiles, a most likely value, an average, or a low and a high that say what"
        " they are (low_high: p0_p100 or p10_p90). What was said stands beside what the fitted family gives."
    ),
    "dependence": (
        "What goes together: stated as a rank correlation, as a correlation on the normal scale, in words"
        " (strength) or as a concordance. What nobody speaks of is independent."
    ),
    "earmarked reserve": "Money of the council's own, set aside for a purpose.",
    "error": (
        "Simulation error: how far a figure may be off because the number of futures is finite. It is"
        " not the uncertainty of the decision."
    ),
    "interval": (
        "Of simulation error: what 95 of 100 runs with other seeds would state so that it holds the exact answer."
        " The band of the futures is something else, and far wider."
    ),
    "event": ("Something that happens or does not, with a chance and its effects: a partner signs, a partner leaves."),
    "every_year": "The test that the in-year gap is closed in every year.",
    "formula": "A figure calculated from others of the file, such as exits * average_cost_per_exit.",
    "from_target_year": ("The test that the recurring gap is closed in the target year and in every later one."),
    "future": "One way in which everything uncertain may turn out; a run draws many thousands.",
    "gap": (
        "Spending less resources: positive where money is short. The recurring gap counts a year's "
        "worth of savings as at 31 March; the in-year gap counts the cash of the year."
    ),
    "general fund": "The unallocated reserve. It has a minimum working balance.",
    "hierarchical": (
        "Of a distribution: its own parameters are uncertain. In each future it is the member of its family that the "
        "parameters of that future make; over all futures it is wider than any of them."
    ),
    "implied": (
        "Of a correlation: what the values can have of it where they tie, as events and counts do: less than"
        " was asked for."
    ),
    "in_year": "The test that the in-year gap is closed in the target year.",
    "index": "A level that starts from 1 and grows, such as prices; several lines and measures may share one.",
    "individual": "How far single measures of a programme stray around what the programme delivers.",
    "latin_hypercube": (
        "A sampler: in each of 16 parts every figure takes each slice of equal chance exactly once."
    ),
    "low_high": (
        "What an expert's low and high are: p0_p100 (nothing lies outside) or quantiles such as p10_p90 (two"
        " futures of 10 do). There is no default."
    ),
    "jointly": "All councils of an option in the same future; never a product of separate chances.",
    "measure": "One saving or income scheme.",
    "middle": "Half of the futures lie above it and half below: the median.",
    "net present value": "Costs and benefits to the council, discounted at 3.5% a year in real terms.",
    "once": "A way to vary: one value holds for all years, so that a bad year is followed by bad years.",
    "one-off": "Money that comes or goes once. It does not close a recurring gap.",
    "option": "A set of measures put to members.",
    "overlap": "Money that two measures would both save, and which is saved only once.",
    "overrun": "What a one-off costs as a share of its planned amount; 100% is as planned.",
    "payback": "Years until savings have repaid the costs.",
    "plan": ("What the business case or the budget book assumes. It is a run of its own, without uncertainty."),
    "pool": (
        "How several experts are made one: linear, any of them may be right in a share of the futures; or"
        " logarithmic, what one of them rules out is ruled out."
    ),
    "pot": ("Money set aside that pays one-off costs: an earmarked reserve, capital receipts, an external grant."),
    "precision": (
        "Half the width that the 95% interval of a chance, a mean or a quantile may have; futures are drawn until then."
    ),
    "pressure": "A line of spending. What it costs above the plan widens the gap.",
    "programme": ("Measures that share one realisation, so that evidence about a total stays evidence about a total."),
    "quantile": (
        "The value that a stated share of the futures does not exceed: P10 is not exceeded in 1 of 10, P50 is"
        " the middle."
    ),
    "rank correlation": (
        "Spearman's: the correlation of ranks, from -1 to 1. It asks whether the larger goes with the larger, whatever"
        " the distributions are."
    ),
    "reading": ("Another honest way to read an ambiguous figure. All readings are run on the same futures."),
    "realisation": "The share of a planned saving that is finally delivered. Lost is lost.",
    "recurring": "Coming back every year.",
    "reference class": (
        "A cited distribution taken from what happened elsewhere; it informs, and is no fact about a scheme."
    ),
    "replicate": (
        "One of sixteen independent parts of a sobol or latin_hypercube sample. How they differ tells the error."
    ),
    "reserve needed": ("The opening balance that keeps reserves above their minimum in 80, 90 or 95 of 100 futures."),
    "reserves_hold": ("The test that the general fund stays at or above its minimum in every year, one-offs paid."),
    "reserves_restored": "The test that the general fund ends no lower than it began.",
    "reverting": (
        "A way to vary: steps add up from nothing, but each year only a part of the year before stays: reverting(0.6) "
        "keeps 0.6 of it. The band widens from today's known figure to a spread that it does not pass."
    ),
    "random": (
        "A sampler: every future is drawn by itself, independent of the others."
    ),
    "run rate": "A year's worth of savings, as at 31 March.",
    "sampler": (
        "How the futures are drawn: random (independent), latin_hypercube (every figure spread evenly) or sobol "
        "(combinations of figures too, so that fewer futures do)."
    ),
    "seed": ("The number that the random draws start from; the same seed gives the same figures. 0 is a seed."),
    "shortfall": "How much is missing in the target year where the gap is not closed.",
    "tail dependence": (
        "The chance that one figure is at its extreme, given that another is. 0 under a Gaussian copula, more under a t"
        " copula the fewer its degrees of freedom."
    ),
    "sobol": (
        "A sampler: futures spread evenly over combinations of figures too, so that fewer of them are as"
        " exact. In 16 parts, so that their error is known."
    ),
    "strength": (
        "Dependence in words: rank correlations of 0 (none), 0.2 (low), 0.5 (medium) and 0.8 (high). What"
        " moves against each other is stated as a number below 0."
    ),
    "target year": "The year by which the gap must be closed.",
    "target_year": ("The test that the recurring gap is closed as at 31 March of the target year: the usual headline."),
    "truncate": (
        "What is left of a distribution between bounds; nothing is moved onto them. Its mean and quantiles"
        " are then others than those before the cut."
    ),
    "varies": (
        "How a driver moves through the years: once, yearly, walk, reverting(phi), ar1(phi) or compounding; "
        "each is explained under its own name."
    ),
    "walk": (
        "A way to vary: each year's draw is a step, and steps add up from nothing. The band widens without end, "
        "with the root of the years; for errors of a forecast that nobody puts right."
    ),
    "yearly": "A way to vary: each year is drawn anew, and no year knows of another. Good and bad years even out.",
}
