"""Scenarios: what they may say, how they are read, what ships, and what their numbers rest on."""

from sim.scenario.catalogue import (
    Entry,
    OutOfRange,
    ParameterInfo,
    SettingInfo,
    catalogue,
    parameter_info,
    setting_info,
    warnings_for,
)
from sim.scenario.evidence import Evidence, evidence, resolve
from sim.scenario.file_schema import json_schema
from sim.scenario.load import load
from sim.scenario.schema import SCHEMA_VERSION, Scenario
from sim.scenario.write import to_toml

__all__ = [
    "SCHEMA_VERSION",
    "Entry",
    "Evidence",
    "OutOfRange",
    "ParameterInfo",
    "Scenario",
    "SettingInfo",
    "catalogue",
    "evidence",
    "json_schema",
    "load",
    "parameter_info",
    "resolve",
    "setting_info",
    "to_toml",
    "warnings_for",
]
