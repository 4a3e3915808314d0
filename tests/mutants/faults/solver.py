"""The solver: backward and forward passes, fixed play, regret, which months are kept."""

from __future__ import annotations

from tests.mutants.mutant import Fault

BACKWARD = "sim/solver/backward.py"
FIXED = "sim/solver/fixed.py"
FORWARD = "sim/solver/forward.py"
SOLUTION = "sim/solver/solution.py"
REACH = "sim/solver/reach.py"
REGRET = "sim/solver/regret.py"
PLAN = "sim/solver/plan.py"
PROGRAM = "sim/solver/program.py"

FAULTS = (
    Fault(
        "flow-discounted",
        BACKWARD,
        "np.multiply(self.game.discount, later, out=out)\n        result += self.game.flow\n",
        "np.add(self.game.flow, later, out=out)\n        result *= self.game.discount\n",
        "What is received at a round's end is discounted as if it came a month later.",
    ),
    Fault(
        "discounted-twice",
        BACKWARD,
        "np.multiply(self.game.discount, later, out=out)",
        "np.multiply(self.game.discount**2, later, out=out)",
        "The next round is discounted twice.",
    ),
    Fault(
        "round-skipped",
        BACKWARD,
        "self.round_end(boundary[t + 1], inside[-1])",
        "self.round_end(boundary[min(t + 2, game.rounds)], inside[-1])",
        "Every round looks to the round after the next one.",
    ),
    Fault(
        "terminal-of-another-player",
        BACKWARD,
        "boundary[-1] = game.terminal\n",
        "boundary[-1] = game.terminal[:, ::-1]\n",
        "After the last round the players get each other's terminal values.",
    ),
    Fault(
        "wrong-mover",
        BACKWARD,
        "        mover = int(turn.player)\n",
        "        mover = (int(turn.player) + 1) % self.game.n_players\n",
        "The next player in the list decides where another should.",
    ),
    Fault(
        "wrong-mover-in-steps",
        PROGRAM,
        "steps.MOVER: int(turn.player),",
        "steps.MOVER: (int(turn.player) + 1) % n,",
        "By finite lam the next player in the list decides where another should.",
    ),
    Fault(
        "chances-of-the-first-round-kept-for-all",
        BACKWARD,
        "[kept[t][k] for t in range(len(kept))]",
        "[kept[0][k] for t in range(len(kept))]",
        "What is remembered of the first rounds' offers is that of one round.",
    ),
    Fault(
        "lam-of-another-player",
        BACKWARD,
        "float(self.lam[mover]), float(self.tol[mover])",
        "float(self.lam[mover - 1]), float(self.tol[mover])",
        "The mover is as precise as the player before it in the list.",
    ),
    Fault(
        "nearly-equal-counts-as-equal",
        BACKWARD,
        "INDIFFERENCE = 1e-12",
        "INDIFFERENCE = 1e-3",
        "At infinite lam the first of all nearly best choices is taken.",
    ),
    Fault(
        "sharp-parties-blurred",
        BACKWARD,
        "np.isinf(self.lam[parties]).any() or",
        "np.isinf(self.lam[parties]).all() or",
        "At a table with one party at infinite lam the kernel for finite lam is used.",
    ),
    Fault(
        "fixed-mover-decides-anew",
        BACKWARD,
        "bool(np.isfinite(self.lam[int(turn.player)])) and not self.fixed.anyone((turn.player,))",
        "bool(np.isfinite(self.lam[int(turn.player)]))",
        "A mover whose policy is fixed chooses by the equilibrium all the same.",
    ),
    Fault(
        "fixed-parties-decide-anew",
        BACKWARD,
        "np.isinf(self.lam[parties]).any() or self.fixed.anyone(turn.parties)",
        "np.isinf(self.lam[parties]).any()",
        "Parties to an offer whose policies are fixed choose by the equilibrium all the same.",
    ),
    Fault(
        "fixed-answers-turned-round",
        FIXED,
        "            answers[place] = accept[place]\n",
        "            answers[place] = 1.0 - accept[place]\n",
        "A fixed party refuses what it was to accept.",
    ),
    Fault(
        "fixed-policy-of-the-first-round-for-ever",
        FIXED,
        "        if not self._same_every_round:\n            return make()\n",
        "",
        "A policy that depends on the round is asked once and kept.",
    ),
    Fault(
        "strategy-answers-for-the-other",
        SOLUTION,
        "answers[:, 1 - place]",
        "answers[:, place]",
        "What a player answers is read where it is itself the proposer: always yes.",
    ),
    Fault(
        "round-of-another-month-kept",
        SOLUTION,
        "kept is not None and kept[0] == t",
        "kept is not None",
        "Values inside a round are those of the round that was asked for first.",
    ),
    Fault(
        "absorption-in-states-lost",
        FORWARD,
        "                end[mask, e] = 0.0\n",
        "                pass\n",
        "A first passage by state never happens.",
    ),
    Fault(
        "absorption-by-choices-lost",
        FORWARD,
        "[list(choices), e] = 0.0",
        "[list(choices), e] = 1.0",
        "A first passage by choice never happens.",
    ),
    Fault(
        "flow-of-the-round-before",
        FORWARD,
        "(end[:, :1] * game.flow)",
        "(self._columns[t][:, :1] * game.flow)",
        "The monthly payoff is collected in the state in which the month began.",
    ),
    Fault(
        "flux-of-everyone",
        FORWARD,
        "0 if among is None else 1 + self._names.index(among)",
        "0",
        "How often a choice is made before an event counts the courses after it too.",
    ),
    Fault(
        "regret-turned-round",
        REGRET,
        "by_round[t] = best - solution.values(t, 0)",
        "by_round[t] = solution.values(t, 0) - best",
        "Regret is what the equilibrium gains over the best response.",
    ),
    Fault(
        "best-response-with-two-discounts",
        REGRET,
        "best = game.flow + game.discount * best",
        "best = game.discount * (game.flow + best)",
        "The best response's monthly payoff is discounted, the equilibrium's is not.",
    ),
    Fault(
        "best-response-cannot-refuse",
        REGRET,
        "np.maximum(gain[..., i], 0.0)",
        "gain[..., i]",
        "A party that leaves the equilibrium must accept whatever it is offered.",
    ),
    Fault(
        "lanes-mirrored",
        PLAN,
        'np.packbits(available, axis=1, bitorder="little")',
        'np.packbits(available, axis=1, bitorder="big")',
        "Among eight neighbouring states a package is open where it is closed, and the other way round.",
    ),
    Fault(
        "reached-lanes-mirrored",
        PLAN,
        'np.packbits(lanes, axis=1, bitorder="little")',
        'np.packbits(lanes, axis=1, bitorder="big")',
        "Solved for a start, a package is closed to those of eight states that can be reached, and open to the others.",
    ),
    Fault(
        "reached-only-if-all-are",
        PLAN,
        "some = lanes.any(axis=1)",
        "some = lanes.all(axis=1)",
        "Solved for a start, states are left out whose neighbours cannot be reached.",
    ),
    Fault(
        "rare-outcomes-not-reached",
        REACH,
        "turn.probability[new] > 0.0 if",
        "turn.probability[new] > 0.1 if",
        "Solved for a start, what nature does rarely leads nowhere.",
    ),
    Fault(
        "reached-in-the-first-round-only",
        REACH,
        "        new &= ~found[0]\n",
        "        break\n",
        "Solved for a start, only the states of the first round count.",
    ),
    Fault(
        "reach-of-another-nature",
        REACH,
        "(start > 0.0, *possible))",
        "(start > 0.0,))",
        "What can be reached is kept although nature can do more now.",
    ),
    Fault(
        "unsolved-states-are-answered",
        SOLUTION,
        "        if self.reached is not None and not self.reached[k][rows].all():\n",
        "        if False:\n",
        "Policies are told of states that were not solved for.",
    ),
    Fault(
        "any-grid-counts-as-regular",
        PLAN,
        "    if ((distance != largest[:, None]) & available)[:, :, 1:].any():\n        return None\n",
        "",
        "A package that moves neighbouring states by different distances is read as if it did not.",
    ),
)
