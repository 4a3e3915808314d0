"""Questions asked of many variants: attribution, sweeps, tipping points, sensitivity, discovery, claims.

Each module holds one of them: `attribution`, `sweep`, `tipping`, `sensitivity`, `discover`, `claims_check`.
"""
