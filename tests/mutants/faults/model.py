"""The model: transitions, menu, payoffs, dials, what is measured."""

from __future__ import annotations

from tests.mutants.mutant import Fault

COMPILE = "sim/model/compile.py"
COMPILED = "sim/model/compiled.py"
MEASURES = "sim/model/measures.py"
PAYOFFS = "sim/model/payoffs.py"
FLOWS = "sim/model/flows.py"
MAPS = "sim/model/transitions.py"
MENU = "sim/model/menu.py"
TERMINAL = "sim/model/terminal.py"
DIALS = "sim/model/dials.py"

FAULTS = (
    Fault(
        "minsk-moves-the-talks",
        MAPS,
        "    released += pending.index(unasked % space.lot) * space.size\n",
        "    released += pending.index(unasked % space.lot) * space.size\n"
        '    released += np.where(space.levels["talks"] < 2, space.strides["talks"], 0)\n',
        "A release by Minsk moves the talks between Washington and Moscow on, which no capital can.",
    ),
    Fault(
        "crackdown-pays",
        PAYOFFS,
        '"crackdown_cost", (0, 0, -1), get)',
        '"crackdown_cost", (0, 0, 1), get)',
        "Cracking down is a gain.",
    ),
    Fault(
        "release-pays",
        PAYOFFS,
        "(people,), -get(people) * prisoners)",
        "(people,), get(people) * prisoners)",
        "Letting people go is a gain to Minsk in itself.",
    ),
    Fault(
        "cover-without-pressure",
        PAYOFFS,
        "[np.zeros((space.size, len(packages))), np.broadcast_to(eased, (space.size, len(packages)))]",
        "[np.broadcast_to(eased, (space.size, len(packages))), np.zeros((space.size, len(packages)))]",
        "Brussels has cover from Washington when it is not pressed, and none when it is.",
    ),
    Fault(
        "credit-to-who-is-not-there",
        PAYOFFS,
        '    if table != "eu-table":\n',
        '    if table != "us-table":\n',
        "Washington is credited at Brussels' table and not at its own.",
    ),
    Fault(
        "support-forgives-nothing",
        PAYOFFS,
        'table[:, MOSCOW_ACTIONS.index("support")]',
        'table[:, MOSCOW_ACTIONS.index("tolerate")]',
        "The drift is forgiven when Moscow tolerates, not when it supports.",
    ),
    Fault(
        "gap-turned-round",
        FLOWS,
        "np.maximum(0.0, us - eu)",
        "np.maximum(0.0, eu - us)",
        "Brussels pays for being ahead of Washington, not behind.",
    ),
    Fault(
        "relief-cheap-while-active",
        FLOWS,
        '[1.0, 1.0, get("brussels.settled_factor")]',
        '[1.0, get("brussels.settled_factor"), 1.0]',
        "Relief costs Brussels less while talks are active, not once the war is settled.",
    ),
    Fault(
        "one-step-of-relief-for-all",
        FLOWS,
        "np.cumsum([get(name) for name in names])",
        "[get(name) for name in names]",
        "Each level of relief costs its own step alone, not all steps up to it.",
    ),
    Fault(
        "held-people-as-lots",
        FLOWS,
        '    persons = space.along("prisoners") * space.lot\n    formula',
        '    persons = space.along("prisoners")\n    formula',
        "The cost of people still held counts lots, not persons.",
    ),
    Fault(
        "arrests-lost-near-capacity",
        MAPS,
        'np.minimum(lots, space.top - at["prisoners"])',
        'np.where(lots <= space.top - at["prisoners"], lots, 0)',
        "Near capacity arrests do not fill the last lots, they stop.",
    ),
    Fault(
        "remainder-certain",
        MAPS,
        "np.where(possible, abs(persons) / space.lot, 0.0)",
        "np.where(possible, 1.0, 0.0)",
        "A release smaller than a lot always moves a whole lot: the mean is wrong.",
    ),
    Fault(
        "arrests-leave",
        MAPS,
        "states - int(np.sign(persons)) * space",
        "states - space",
        "People who are arrested in a crackdown's remainder leave instead of arriving.",
    ),
    Fault(
        "pressing-forgotten",
        MAPS,
        "* after + int(offer.pressing)",
        "* after",
        "Pressing Brussels costs Washington and changes nothing.",
    ),
    Fault(
        "snapback-of-brussels",
        MAPS,
        'states - stride["us_relief"], -1)',
        'states - stride["eu_relief"], -1)',
        "Washington's snapping back takes Brussels' relief away.",
    ),
    Fault(
        "talks-transposed",
        COMPILE,
        'f"world.talks.{origin}_to_{target}"',
        'f"world.talks.{target}_to_{origin}"',
        "The chain of the talks runs backwards.",
    ),
    Fault(
        "start-rounded-down",
        MEASURES,
        "    start[space.axes.index(prisoners=lots, **dials)] = 1.0 - rest / space.lot\n    if rest:\n",
        "    start[space.axes.index(prisoners=lots, **dials)] = 1.0\n    if False:\n",
        "A stock between two lots at the start is rounded down.",
    ),
    Fault(
        "parties-recognised-in-reverse",
        COMPILE,
        "for party in PARTIES[name]]",
        "for party in reversed(PARTIES[name])]",
        "At each table the parties have each other's chance to propose.",
    ),
    Fault(
        "leaders-not-freed",
        COMPILED,
        "        return self.prisoners + self.leaders\n",
        "        return self.prisoners\n",
        "Leaders who are freed are missing from the number of people freed.",
    ),
    Fault(
        "grand-deal-with-leaders-held",
        MEASURES,
        "& (leaders == 0) ",
        "",
        "The grand deal counts as reached while senior leaders are still held.",
    ),
    Fault(
        "kinds-not-shared",
        MENU,
        "each_kind / counts[offer.kind]",
        "each_kind",
        "A kind of deal with many sizes weighs more than one with few.",
    ),
    Fault(
        "mass-release-begins-later",
        MENU,
        "prisoners >= MASS_RELEASE",
        "prisoners > MASS_RELEASE",
        "A release of exactly the size of a mass release is not one.",
    ),
    Fault(
        "far-future-undiscounted",
        TERMINAL,
        "weight * value[:, after])",
        "value[:, after])",
        "What follows the last round is not discounted once the stock has grown.",
    ),
    Fault(
        "contact-never-fades-at-the-end",
        TERMINAL,
        "1.0 - fade, fade\n",
        "1.0, 0.0\n",
        "After the last round contact by envoys lasts for ever.",
    ),
    Fault(
        "lots-rounded-down",
        DIALS,
        "math.ceil(persons / self.lot)",
        "math.floor(persons / self.lot)",
        "A release is open when fewer people are held than it frees.",
    ),
)
