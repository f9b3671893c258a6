"""The guards by name, and from which numbers the counting ones stop a push (design, Guards)."""

from __future__ import annotations

from dataclasses import dataclass

GUARDS = ("no-base", "structure", "identity", "mass-delete", "empty-section", "capacity-drop")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which numbers the counting guards stop a push (settings, section `guards`)."""

    mass_delete_percent: int = 30
    mass_delete_min: int = 10
    mass_delete_max: int = 20
    empty_section_min: int = 3
    capacity_drop_percent: int = 50
    capacity_drop_min: int = 5
