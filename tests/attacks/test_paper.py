"""Text that would be a program of the typesetter is printed as it was typed: run, it would stop the sheet."""

import pytest

from recoupe.access.enums import Role
from recoupe.intelligence.entry import PersonEntry, SelectorEntry
from recoupe.web.printing.pdf import compiler
from tests.crosscheck.scene import Scene, new_phone

PROGRAMS = [
    '#panic("lu")',
    ']#panic("lu")[',
    '")) #panic("lu")',
    '#eval("panic(1)")',
    '#read("/etc/passwd") #read("sheet.typ")',
    '#include "/etc/passwd"',
    "#import sys: inputs; #panic(inputs)",
    "$ #panic() $ = Titre *gras* `#panic()`",
    "\\u{23}panic() \\#panic()",
    '{"content": {"x": "#panic()"}}',
]


@pytest.mark.parametrize("text", PROGRAMS)
def test_what_was_typed_is_printed_and_not_run(scene: Scene, text: str) -> None:
    who = scene.who(Role.INVESTIGATOR, "PJ13")
    report = scene.enter(
        who,
        fact_text=f"Vu sous le porche. {text}",
        assessment_text=text,
        place_text=text[:200],
        handling="H3",
        h3_line="both",
        handling_conditions=text,
        persons=(PersonEntry(family=text[:100], given=text[:100], aliases=(text[:80],), category="suspect"),),
        selectors=(SelectorEntry("phone", new_phone()), SelectorEntry("handle", text[:60])),
    )
    answer = scene.world.client(who).get(f"/renseignements/{report}/imprimer/")
    assert answer.status_code == 200, answer.content.decode()[:800]
    assert answer.content.startswith(b"%PDF")


def test_the_typesetter_reads_its_own_folder_and_nothing_else() -> None:
    """A sheet that did run a program would still not leave its folder."""
    made = compiler("sheet.typ")
    for path in ("/etc/passwd", "../../config/settings.py"):
        with pytest.raises(Exception, match=r"(?i)read|root|found|access"):
            made.compile(f'#read("{path}")'.encode())
