"""The page about fidelity is what the code says."""

from __future__ import annotations

from tests.support.api import ROOT
from tools import fidelity


def test_the_page_is_up_to_date() -> None:
    written = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    assert written == fidelity.page(), "docs/fidelity.md is old: `make docs` writes it anew"


def test_every_kind_that_is_stored_has_rules_or_columns_of_its_own() -> None:
    bare = [r.kind for r in fidelity.resources(36) if "create" in r.verbs and not r.virtual and not r.printer]
    bare = [r.kind for r in fidelity.resources(36) if r.kind in bare and not fidelity.has_own(r.strategy, "validate")]
    assert bare == []
