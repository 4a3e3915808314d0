"""The kernels: offers and answers, moves, chance, exponentials, draws."""

from __future__ import annotations

from tests.mutants.mutant import Fault

MOVE = "sim/kernels/move.py"
OFFER = "sim/kernels/offer.py"
TABLE = "sim/kernels/table.py"
MATHEMATICS = "sim/kernels/mathematics.py"
LANES = "sim/kernels/lanes.py"
STEPS = "sim/kernels/steps.py"
DRAW = "sim/kernels/draw.py"

FAULTS = (
    Fault(
        "answer-left-out",
        OFFER,
        "                made[j] += chance * (propose[j] * passes[j])\n        base",
        "                made[j] += chance * propose[j]\n        base",
        "An offer that is made counts as accepted.",
    ),
    Fault(
        "later-answers-not-foreseen",
        OFFER,
        "passes[j] *= logistic(rate * (passes[j] * gain[i, j]))",
        "passes[j] *= logistic(rate * gain[i, j])",
        "A party answers as if those who answer after it were sure to accept.",
    ),
    Fault(
        "indifferent-party-refuses",
        OFFER,
        "yes = 1.0 if passes[j] * gain[i, j] >= -tol[i] else 0.0",
        "yes = 1.0 if passes[j] * gain[i, j] > tol[i] else 0.0",
        "At infinite lam a party that gains nothing refuses.",
    ),
    Fault(
        "all-best-packages-proposed",
        OFFER,
        "                propose[j] = 1.0\n                break\n",
        "                propose[j] = 1.0\n",
        "At infinite lam every best package is proposed with certainty, not the first alone.",
    ),
    Fault(
        "weights-of-packages-ignored",
        OFFER,
        "        propose[j] *= weights[index[j]]\n",
        "",
        "Packages count by name, whatever their weights.",
    ),
    Fault(
        "answerer-with-the-proposers-eyes",
        OFFER,
        "        i = parties[h]\n",
        "        i = parties[r]\n",
        "Whoever answers weighs the proposer's gain with the proposer's lam.",
    ),
    Fault(
        "no-deal-is-staying-put",
        OFFER,
        "    base = stay[s]\n    count = 0",
        "    base = s\n    count = 0",
        "The value of no deal is taken in the state of the same number, not in `stay`.",
    ),
    Fault(
        "refusals-lost",
        OFFER,
        "                refused += chance * (propose[j] * (1.0 - passes[j]))\n",
        "",
        "Refused offers are missing from the chance of no deal.",
    ),
    Fault(
        "all-best-actions-taken",
        MOVE,
        "best = not taken and next_state",
        "best = next_state",
        "At infinite lam every best action is taken with certainty, not the first alone.",
    ),
    Fault(
        "weights-of-actions-ignored",
        MOVE,
        "spread(weights[a])) * exp2(",
        "spread(1.0)) * exp2(",
        "Actions count by name, whatever their weights.",
    ),
    Fault(
        "chance-pays-a-neighbour",
        STEPS,
        "v2 += p * after[x + np.uint64(2)]",
        "v2 += p * after[x + np.uint64(1)]",
        "Before nature's move the third of four players has the values of the second.",
    ),
    Fault(
        "passage-does-not-end-a-column",
        MOVE,
        "        out[reached, e] += moved * keep[c, e]\n",
        "        out[reached, e] += moved\n",
        "Courses that have passed go on being counted.",
    ),
    Fault(
        "payoffs-of-the-likely-only",
        MOVE,
        "                    paid = work[at + j] * mass[s, 0]\n",
        "                    paid = mass[s, 0] if work[at + j] > 0.5 else 0.0\n",
        "Payoffs received on the way are counted for the likeliest action alone.",
    ),
    Fault(
        "proposer-hopes",
        TABLE,
        "            worth = yes * load(work, at + own)\n",
        "            worth = load(work, at + own)\n",
        "One of two parties proposes as if the other were sure to accept.",
    ),
    Fault(
        "later-answers-not-foreseen-in-lanes",
        TABLE,
        "yes = yes * one_in(fall * (yes * load(work, at + other * 8)))",
        "yes = yes * one_in(fall * load(work, at + other * 8))",
        "Among three parties an answer does not reckon with the later ones (on a regular grid).",
    ),
    Fault(
        "no-deal-of-another-player",
        TABLE,
        "(load(after, at + 2 * stride) - stay2)",
        "(load(after, at + 2 * stride) - stay1)",
        "One player's disagreement point is its neighbour's.",
    ),
    Fault(
        "answer-with-the-proposers-lam",
        TABLE,
        "        other = parties[1 - r]\n        fall = spread(-min(lam[other]",
        "        other = parties[1 - r]\n        fall = spread(-min(lam[parties[r]]",
        "One of two parties answers as precisely as the other proposes.",
    ),
    Fault(
        "recognition-of-the-other",
        TABLE,
        "recognition[order[chunk * 8 + j], r]",
        "recognition[order[chunk * 8 + j], parties.shape[0] - 1 - r]",
        "The parties are recognised with each other's chances (on a regular grid).",
    ),
    Fault(
        "no-deal-counts-proposals",
        TABLE,
        "nothing = nothing + (part - passed)",
        "nothing = nothing + part",
        "The chance of no deal counts accepted offers too, so that chances sum to more than one.",
    ),
    Fault(
        "passage-by-package-lost",
        TABLE,
        "            if keep[m, c] > 0.0:\n",
        "            if keep[m, 0] > 0.0:\n",
        "A first passage by a package never happens (on a regular grid).",
    ),
    Fault(
        "exponential-a-shade-off",
        MATHEMATICS,
        "p = p * r + 1.0 / 720.0",
        "p = p * r + 1.0 / 719.0",
        "exp is wrong in the eighth digit.",
    ),
    Fault(
        "exponential-of-lanes-a-shade-off",
        LANES,
        "0.0013333558225825824",
        "0.0013333558",
        "2**x of eight numbers at a time is wrong in the eleventh digit.",
    ),
    Fault(
        "answers-beyond-the-largest-exponent",
        LANES,
        '_bounded(builder, "<", arguments[0], FARTHEST)',
        "arguments[0]",
        "The chance of a yes that costs very much is not nearly 0 but anything.",
    ),
    Fault(
        "one-recognition-for-all-states-turned-round",
        TABLE,
        "chance = spread(recognition[0, r])",
        "chance = spread(recognition[0, parties.shape[0] - 1 - r])",
        "Where all states have the same chances of being recognised, the parties have each other's.",
    ),
    Fault(
        "blocks-do-not-wait",
        STEPS,
        "while counted(shared, DONE) < ticket - place + before:",
        "while counted(shared, DONE) < 0:",
        "A thread reads the values behind a turn before another has written all of them.",
    ),
    Fault(
        "flow-discounted-in-steps",
        STEPS,
        "value = discount[i] * value + flow[s * n + i]",
        "value = discount[i] * (value + flow[s * n + i])",
        "In the pass by steps what is received at a round's end is discounted as if it came a month later.",
    ),
    Fault(
        "first-states-only",
        STEPS,
        "units * (block + 1) // blocks",
        "units * (block + 1) // (blocks + 1)",
        "The last states of every turn are left as they were.",
    ),
    Fault(
        "lanes-written-elsewhere",
        STEPS,
        "        s = order[start + j]\n",
        "        s = start + j\n",
        "Values of states that stand in another order on an offer's grid end up with their neighbours.",
    ),
    Fault(
        "first-choice-drawn",
        DRAW,
        "        c = np.uint64(choice[d, at])\n",
        "        c = np.uint64(choice[d, 0])\n",
        "Sampled courses always take the first choice that can come about.",
    ),
)
