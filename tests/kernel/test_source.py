"""Kinds of source: what belongs in the vault is refused with its own sentence."""

import pytest

from recoupe.kernel.refusal import Invalid
from recoupe.kernel.source import OFFERED, SOURCE_LABELS, VAULT_ONLY, SourceKind, refuse_until_vault, source_kind


@pytest.mark.parametrize("kind", SourceKind)
def test_only_the_vaults_kinds_are_refused(kind: SourceKind) -> None:
    if kind in (SourceKind.HUMAN_SOURCE, SourceKind.CONTROLLED_DELIVERY):
        with pytest.raises(Invalid) as refusal:
            refuse_until_vault(kind)
        assert refusal.value.field == "source_kind" and "coffre" in str(refusal.value)
    else:
        refuse_until_vault(kind)


def test_the_two_refusals_are_two_sentences() -> None:
    sentences = set()
    for kind in VAULT_ONLY:
        with pytest.raises(Invalid) as refusal:
            refuse_until_vault(kind)
        sentences.add(refusal.value.sentence)
    assert len(sentences) == len(VAULT_ONLY) == 2


def test_what_a_form_offers_is_what_is_accepted() -> None:
    assert set(OFFERED) | VAULT_ONLY == set(SourceKind) and not set(OFFERED) & VAULT_ONLY
    assert set(SOURCE_LABELS) == set(SourceKind)


def test_reading_a_kind() -> None:
    assert source_kind(" Partner ") is SourceKind.PARTNER
    for word in ("", "informateur", "PARTNER\x00"):
        with pytest.raises(Invalid):
            source_kind(word)
