"""How sure: priors, the probability of a ledger of events, a weighted ensemble, and a protocol for being proved wrong.

>>> from sim.analyse.calibration import calibrate, identify
>>> print(*identify(calibrate(1024, folder="calibration")).sentences, sep="\\n")   # doctest: +SKIP
"""

from sim.analyse.calibration.draws import Calibration, calibrate
from sim.analyse.calibration.ensemble import (
    Ensemble,
    ensemble_of,
    read_ensemble,
    shipped_ensemble,
    write_ensemble,
)
from sim.analyse.calibration.hypotheses import Contest, contests
from sim.analyse.calibration.identify import Identification, identify
from sim.analyse.calibration.kept import keep_bands, stale_bands
from sim.analyse.calibration.ledger import Ledger, read_ledger, shipped_ledger
from sim.analyse.calibration.likelihood import log_likelihood, log_likelihoods
from sim.analyse.calibration.priors import Prior, Priors, shipped_priors
from sim.analyse.calibration.spread import Bands, Paired, bands, paired

__all__ = [
    "Bands",
    "Calibration",
    "Contest",
    "Ensemble",
    "Identification",
    "Ledger",
    "Paired",
    "Prior",
    "Priors",
    "bands",
    "calibrate",
    "contests",
    "ensemble_of",
    "identify",
    "keep_bands",
    "log_likelihood",
    "log_likelihoods",
    "paired",
    "read_ensemble",
    "read_ledger",
    "shipped_ensemble",
    "shipped_ledger",
    "shipped_priors",
    "stale_bands",
    "write_ensemble",
]
