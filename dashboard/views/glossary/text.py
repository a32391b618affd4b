"""Every term that pages show, in plain words; docs/definitions.md defines them exactly."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term of the pages.

    Attributes:
        name: as pages write it.
        meaning: in plain words, one or two sentences.
        defined_as: words by which docs/definitions.md has it.
    """

    name: str
    meaning: str
    defined_as: str


@dataclass(frozen=True)
class Chapter:
    """Terms that belong together."""

    title: str
    terms: tuple[Term, ...]


WORKED_EXAMPLE = """
Ethanol, `CCO`, can be written from its oxygen, from either carbon, or from any hydrogen, and at
every branch one may go left or right. Each way gives another **sequence** of tokens, and the model
gives each its own likelihood, although all of them are the same molecule. Write it in 32 ways, look
at the negative log-likelihoods, in nats: if they are 16, 18 and 22, the model's answer depends on
how it was asked. **LU** is their standard deviation divided by their mean. At 0.02 the order hardly
matters; at 0.3 the ranking of two molecules may turn round when both are written differently.
"""

CHAPTERS = (
    Chapter("How a molecule is written", (
        Term("Linearization", "A sequence of tokens that writes a whole molecule or graph, atom by "
             "atom. A molecule has many.", "linearization"),
        Term("Permutation", "One of the K linearizations that were drawn of a molecule.",
             "one of the K linearizations"),
        Term("Trail", "The picture of a linearization: the walk from atom to atom, its jumps, and "
             "the bonds that close rings.", "trail"),
        Term("Order, or strategy", "How the next atom is chosen while a molecule is written, such "
             "as always the one with the most bonds. Under random order each choice is a fair "
             "draw.", "strateg"),
        Term("Jump", "Where the walk cannot go on, it jumps to an atom that has not been written "
             "yet.", "jump"),
        Term("log q", "Natural logarithm of the probability that the order draws just this "
             "sequence. At 0 there is only one.", "log q"),
    )),
    Chapter("How likely, and how sure of it", (
        Term("NLL, nats", "Negative log-likelihood of a sequence: how surprised the model is by "
             "it, summed over its tokens. In nats, units of the natural logarithm: 0.7 nats are a "
             "coin toss. Lower is likelier.", "nats"),
        Term("NLL per token", "The same divided by the number of tokens, so that long and short "
             "molecules can be compared.", "NLL per token"),
        Term("Linearization Uncertainty, LU", "How much the NLL depends on the order: its standard "
             "deviation over permutations, divided by its mean. At 0 every order says the same.",
             "Linearization Uncertainty"),
        Term("Standard deviation of the NLL", "What LU is made of, in nats. Where models are "
             "compared it stands beside LU, as LU also falls when a model becomes worse at "
             "everything: such a low LU has a †.", "nll_std"),
        Term("Order-marginal NLL", "How likely the molecule is in whatever order, estimated from "
             "the K permutations: likely ones count more.", "Order-marginal NLL"),
        Term("ESS, effective sample size", "How many of the K permutations the order-marginal NLL "
             "really rests on. Near 1 a single one decides.", "effective sample size"),
        Term("95% interval", "A range that holds the true value in 95 of 100 repetitions. Numbers "
             "whose intervals are far apart differ; others may not.", "95%"),
    )),
    Chapter("Can the model's probabilities be believed?", (
        Term("Calibration", "A model is calibrated if what it gives 70% comes true in 70 of 100 "
             "cases.", "calibrat"),
        Term("ECE, expected calibration error", "Mean distance between the probability that the "
             "model gives and how often it is right, over bins of probability. At 0 it is "
             "calibrated.", "ECE"),
        Term("Smooth ECE", "The same without bins.", "smooth"),
        Term("Brier score", "Mean squared distance between the probabilities and what came.",
             "Brier"),
        Term("Temperature", "One number that makes all probabilities more or less sure; the fitted "
             "one makes the NLL lowest.", "temperature"),
    )),
    Chapter("Which generated molecules to trust", (
        Term("Valid", "RDKit can read the molecule: valences and rings are possible.", "valid"),
        Term("Stable", "Every atom has just as many bonds as its element wants. It counts bonds, "
             "and says nothing of strain or of how long the molecule would live.", "stable"),
        Term("AUC", "How well a score tells good molecules from bad ones: 0.5 is a coin toss, 1 is "
             "without a mistake.", "AUC"),
        Term("Self NLL", "The NLL of the very sequence that the model wrote, not of others of the "
             "same molecule.", "self"),
        Term("False-discovery rate", "Share of bad molecules among those that are kept; a "
             "keep-list promises how high it is on average.", "false-discovery rate"),
        Term("p-value", "How often a bad molecule of the reference set has a score at least as "
             "good. Small ones are kept.", "p-value"),
        Term("Exchangeable", "Nothing but chance tells apart which molecules are in the reference "
             "set and which are judged. The promise of a keep-list holds only then.",
             "conformal"),
        Term("SNN, internal diversity, scaffolds", "How near the samples are to the test set, how "
             "unlike each other, and whether they have its ring systems: measures of the MOSES "
             "benchmark.", "IntDiv"),
    )),
    Chapter("Which weights to train", (
        Term("Salience", "A number for every weight that says how much it matters for the new "
             "task; eleven criteria compute it differently.", "salience"),
        Term("Mask", "The weights that are trained, usually the most salient; all others stay.",
             "mask"),
        Term("Density", "Share of the weights that a mask selects.", "density"),
        Term("Agreement of masks, Jaccard index", "Share of the weights that both masks select "
             "among those that at least one of them selects.", "Jaccard index"),
        Term("LoRA", "Fine-tuning by a small product of two matrices beside every large one.",
             "LoRA"),
        Term("Arm", "One setting of the repair experiment: a method, a number of weights.", "arm"),
    )),
    Chapter("What an order does to learning", (
        Term("Generalization gap", "How many nats per token test molecules cost more than "
             "molecules that the model learnt. Near 0 it has learnt nothing by heart.", "gap"),
        Term("3-gram entropy", "How evenly triples of neighbouring tokens occur, in bits. High for "
             "an order that writes a molecule in many ways.", "3-gram entropy"),
        Term("VUN", "Share of all samples that are valid, unique and novel; a model that copies "
             "has a low one.", "VUN"),
    )),
)
