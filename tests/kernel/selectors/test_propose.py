"""What a text mentions, in the French that reports are written in."""

import random
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recoupe.kernel.selectors import normalise, propose
from recoupe.kernel.selectors.registry import MAX_MENTIONS, REGISTRY


def found(text: str) -> list[tuple[str, str]]:
    return [(mention.selector.kind.value, mention.selector.value) for mention in propose(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Telephones
        ("joignable au 06.12.34.56.78.", [("phone", "+33612345678")]),
        ("tél 0612345678/0712345678", [("phone", "+33612345678"), ("phone", "+33712345678")]),
        ("appelle le 06 12 34 56 78 vers 14h30", [("phone", "+33612345678")]),
        ("n° 06 12 34 56 78 12 rue des Lilas", [("phone", "+33612345678")]),
        ("ligne +33 (0)6 12 34 56 78, borne", [("phone", "+33612345678")]),
        ("0033612345678", [("phone", "+33612345678")]),
        ("port. 06-12-34-56-78", [("phone", "+33612345678")]),
        ("06 . 12 . 34 . 56 . 78", [("phone", "+33612345678")]),
        ("06\u00a012\u00a034\u00a056\u00a078", [("phone", "+33612345678")]),
        ("0692 12 34 56 à Saint-Denis", [("phone", "+262692123456")]),
        ("0692 123 456", [("phone", "+262692123456")]),
        ("num espagnol +34 612 345 678 12 rue X", [("phone", "+34612345678")]),
        ("ligne NL 0031 6 12345678", [("phone", "+31612345678")]),
        ("ligne 33612345678 active", [("phone", "+33612345678")]),
        # Plates
        ("VL BMW immat AB-123-CD noire", [("plate", "AB123CD")]),
        ("clio ab123cd", [("plate", "AB123CD")]),
        ("scooter AB 123 CD", [("plate", "AB123CD")]),
        ("véhicule immatriculé 1234 AB 13", [("plate", "1234AB13")]),
        ("immatriculée 1234 KLM BMW", [("plate", "1234KLM")]),
        ("plaque B-AB 1234", [("plate", "BAB1234")]),
        # Handsets
        ("IMEI 490154203237518", [("imei", "490154203237518")]),
        ("IMEI n° 49 015420 323751 8", [("imei", "490154203237518")]),
        ("imei : 49015420323751", [("imei", "490154203237518")]),
        ("boîtier 490154203237518 vu", [("imei", "490154203237518")]),
        ("IMEI : 490154203237519", [("imei", "490154203237519")]),
        # Accounts
        ("vir. FR76 3000 6000 0112 3456 7890 189 chez BNP", [("iban", "FR7630006000011234567890189")]),
        ("ES91 2100 0418 4502 0005 1332 avec", [("iban", "ES9121000418450200051332")]),
        ("fr7630006000011234567890189", [("iban", "FR7630006000011234567890189")]),
        ("IBAN GB82 WEST 1234 5698 7654 33", [("iban", "GB82WEST12345698765433")]),
        # Wallets
        ("BTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa.", [("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")]),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", [("wallet", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")]),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", [("wallet", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")]),
        ("portefeuille 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", [("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")]),
        # On line
        ("mail jean.dupont@example.com.", [("email", "jean.dupont@example.com")]),
        ("snap : dealer13, livre", [("handle", "snapchat:dealer13")]),
        ("Snap: Dealer.13.", [("handle", "snapchat:dealer.13")]),
        ("telegram @Plug13", [("handle", "telegram:plug13")]),
        ("telegram sous le pseudo plug_13", [("handle", "telegram:plug_13")]),
        ("insta tony_75", [("handle", "instagram:tony_75")]),
        ("canal https://t.me/Plug_75.", [("handle", "telegram:plug_75")]),
        ("contact @loulou", [("handle", "unknown:loulou")]),
        ("snap : ab123cd", [("handle", "snapchat:ab123cd")]),
        # Freight
        ("TC CSQU3054383 au Havre", [("container", "CSQU3054383")]),
        ("csqu 305438 3", [("container", "CSQU3054383")]),
        ("conteneur CSQU305438", [("container", "CSQU3054383")]),
        ("CSQU3054384", [("container", "CSQU3054384")]),
        ("navire IMO 9074729", [("vessel", "IMO9074729")]),
        ("OMI n° 9074729, MMSI : 227006760", [("vessel", "IMO9074729"), ("vessel", "MMSI227006760")]),
        # Companies
        ("RCS Marseille B 404 833 048", [("company", "404833048")]),
        ("SIREN 404833048, tél. 06 12 34 56 78", [("company", "404833048"), ("phone", "+33612345678")]),
        ("facture 404 833 048 00022", [("company", "404833048")]),
        ("TVA FR83404833048", [("company", "404833048")]),
    ],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rien à signaler, deux individus au pied du bâtiment B.",
        "Saisie DE 500 KG de résine, de 120 gr de cocaïne et de 300 go de données",
        "le 01/02/2024 à 15h30, le 01.02.2024 15h, le 2024-02-01",
        "entre 10h00 et 12h00, PV 2024/001234/05, 1 200,50 euros",
        "cote D 123 à D 456, art. 222-37 CP",
        "PV 0612345678901",
        "réf. 20240612345678901234",
        "12 MAI 24 et 03 JAN 24",
        "IP 192.168.1.254, version 10.0.19045",
        "le compte session = fermé, un signal : néant",
        "123456789",
        "carte 4970101234567890",
        "instagram.com/reel/C9abc",
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        "a@b, @, @@, @_",
        "bc1qqqqqqqqqq, snap:.-, t.me/..",
    ],
)
def test_what_is_not(text: str) -> None:
    assert found(text) == []


def test_a_whole_report() -> None:
    text = (
        "Vu ce jour VL BMW immat. AB-123-CD, joignable au 06.12.34.56.78 ou +33 6 12 34 56 79, snap : dealer_13.\n"
        "IMEI 49 015420 323751 8. Saisie DE 500 KG le 01/02/2024. Vir. FR76 3000 6000 0112 3456 7890 189 chez BNP ;\n"
        "BTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa, mail jean.dupont@example.com. TC CSQU3054383, navire IMO 9074729."
    )
    mentions = propose(text)
    assert [mention.selector.kind.value for mention in mentions] == [
        "plate", "phone", "phone", "handle", "imei", "iban", "wallet", "email", "container", "vessel",
    ]  # fmt: skip
    assert text[mentions[0].start : mentions[0].end] == "AB-123-CD"
    assert text[mentions[6].start : mentions[6].end] == "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def test_the_earlier_kind_keeps_the_place() -> None:
    """Inside an account there are digits that read as a telephone; inside an address an @name."""
    assert found("FR76 3000 6000 0112 3456 7890 189") == [("iban", "FR7630006000011234567890189")]
    assert found("plug@dealer.fr") == [("email", "plug@dealer.fr")]


PIECES = st.lists(
    st.sampled_from(
        [
            "06 12 34 56 78",
            "AB-123-CD",
            "snap : a_1",
            "@x_y",
            "+33 6 ",
            "IMEI ",
            "FR76 ",
            "49015420323751",
            "8",
            " ",
            "\n",
        ]
    )
    | st.text(max_size=6),
    max_size=14,
).map("".join)


# Shortened to "006 12 34" it has too few digits, its zeros apart.
@example("006 12 34 56 78")
@given(PIECES)
def test_mentions_are_ordered_apart_and_normalise_alike(text: str) -> None:
    last = 0
    for mention in propose(text):
        assert last <= mention.start < mention.end <= len(text)
        last = mention.end
        selector = mention.selector
        assert normalise(selector.kind, selector.value).value == selector.value
        if selector.kind != "handle":
            assert normalise(selector.kind, text[mention.start : mention.end]).value == selector.value


@given(st.sampled_from(["06 12 34 56 78", "AB-123-CD", "CSQU3054383", "a.b@c.fr"]), st.text(" .,;\n", max_size=5))
def test_punctuation_around_changes_nothing(written: str, around: str) -> None:
    alone = propose(written)[0].selector
    inside = propose(f"mot {around} {written}{around} mot")
    assert [mention.selector.value for mention in inside] == [alone.value]


HOSTILE = [
    "0" * 50_000, "06 " * 20_000, "+1 2 3 4 5 6 7 8 9 " * 3_000, "+" * 50_000, "00 " * 20_000, "a" * 50_000,
    "a." * 25_000, "a@" * 25_000, "@" * 50_000, "@_" * 25_000, "AB-" * 20_000, "FR76 " * 10_000, "A1 " * 20_000,
    "1" * 34 + "l" * 50_000, "bc1" * 20_000, "0x" * 25_000, "snap " * 10_000, "snap:" * 10_000, "t.me/" * 10_000,
    "IMEI " * 10_000, "plaque " * 8_000, "immat " * 8_000 + "A" * 1_000, "imo n° " * 8_000, "1 " * 25_000,
    "12-" * 20_000, "AAAU" * 12_000, "404 " * 15_000, " " * 60_000, "\u00a0" * 60_000, "é" * 50_000,
    "telegram sous le pseudo " * 2_500, "\ud800\x00\u202e" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_a_hostile_text_does_not_hang(text: str) -> None:
    """Each kind alone stays far from quadratic: fifty thousand characters within two seconds of processor."""
    began = time.process_time()
    mentions = propose(text)
    assert time.process_time() - began < 2
    assert len(mentions) <= MAX_MENTIONS


def test_random_soup_does_not_break() -> None:
    soup = random.Random(7)
    letters = "0123456789 .-/+@:()ABCFRIMEO_abcsnaptelgramxé\u00a0\n"
    for _ in range(200):
        propose("".join(soup.choice(letters) for _ in range(300)))


def test_every_kind_that_reads_a_text_is_proposed() -> None:
    finders = {kind.value for kind, functions in REGISTRY.items() if functions.find}
    assert finders == {"email", "iban", "wallet", "container", "vessel", "imei", "company", "phone", "plate", "handle"}
