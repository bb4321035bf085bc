"""Write vectors.json anew, for a new version of the format alone: python -m tests.sealing.make_vectors."""

import base64
import json
from pathlib import Path

from recoupe.sealing import answer, hpke, letter, receipt

# RFC 9180, appendix A.1.1, as published.
A_1_1 = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "ikmE": "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
    "pkEm": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "skEm": "52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736",
    "ikmR": "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
    "pkRm": "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d",
    "skRm": "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "enc": "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "shared_secret": "fe0e18c9f024ce43799ae393c7e8fe8fce9d218875e8227b0187c04e7d2ea1fc",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "aad": "436f756e742d30",
    "ct": "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
}
LETTERS = (("13", 0, "Au pied de la tour B, chaque soir après 18 h."), ("2A", 3, ""), ("971", 1, "Ti bo 🌴"))


def _receipt(mine: receipt.Receipt) -> dict[str, object]:
    kept = {"seed": mine.seed, "fetch_key": mine.fetch_key, "place": mine.place, "thread_key": mine.thread_key,
            "answer_key": hpke.public_key(mine.thread_key)}  # fmt: skip
    return {"words": list(mine.words)} | {name: value.hex() for name, value in kept.items()}


def _letter(area: str, slot: int, text: str) -> dict[str, object]:
    private = hpke.new_private_key()
    place = receipt.draw().place
    keys = [hpke.public_key(private) if number == slot else None for number in range(letter.SLOTS)]
    whole = letter.seal(text.encode(), place=place, area=area, keys=keys)
    return {"area": area, "slot": slot, "key": private.hex(), "place": place.hex(), "content": text.encode().hex(),
            "letter": base64.b64encode(whole).decode()}  # fmt: skip


def _answer(text: str) -> dict[str, object]:
    mine = receipt.draw()
    whole = answer.seal(text.encode(), place=mine.place, public=hpke.public_key(mine.thread_key))
    return {"place": mine.place.hex(), "key": mine.thread_key.hex(), "content": text.encode().hex(),
            "answer": base64.b64encode(whole).decode()}  # fmt: skip


def main() -> None:
    """All of it, keys included: they serve for nothing else."""
    made = {
        "rfc9180": {"A.1.1": A_1_1},
        "receipts": [_receipt(one) for one in (receipt.Receipt(bytes(14)), receipt.draw(), receipt.draw())],
        "letters": [_letter(*one) for one in LETTERS],
        "answers": [_answer(text) for text in ("Votre signalement a été lu.", "")],
    }
    (Path(__file__).parent / "vectors.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
