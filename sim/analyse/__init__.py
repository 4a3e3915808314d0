"""Questions asked of many variants: sweeps, tipping points, sensitivity, discovery, claims."""
