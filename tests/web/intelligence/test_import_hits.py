"""What the reports of a file have met stands on its page once they are compared, for whoever is told of it (S-1)."""

import re
from html import unescape

from recoupe.access.enums import Role
from recoupe.crosscheck.actions.pull import pull
from recoupe.intelligence.actions import deposit
from recoupe.web.intelligence.imports import HITS_SHOWN
from tests.crosscheck.scene import entry
from tests.web.test_intelligence_imports import HEADER, file_id, handed, opened, run_job, text_of
from tests.world import World

NUMBER = "0655443322"
STILL = "Toutes ne sont pas encore comparées"


def drain(world: World, lane: str) -> None:
    with world.process("matcher"):
        while pull(lane).records:
            continue


def test_the_hits_of_a_file_stand_on_its_page_once_compared_and_for_whom_they_are_told(world: World) -> None:
    customs, sender = world.agent(Role.INVESTIGATOR, "DED13"), world.agent(Role.INVESTIGATOR, "PJ13")
    head = world.agent((Role.UNIT_HEAD, Role.DUTY_OFFICER), "PJ13")
    with world.acting(customs) as agent:
        deposit(by=agent, entry=entry(phone=NUMBER))
    drain(world, "express")
    client, chief = world.client(sender), world.client(head)
    content = f"{HEADER}\nH-1;12/03/2025;13055;Fait un;{NUMBER};\nH-2;12/03/2025;13055;Fait deux;0655443399;\n"
    file = file_id(handed(client, content))
    assert "Recoupements de ces fiches" not in text_of(client.get(f"/imports/{file}/"))
    opened(chief, file)
    run_job(world, file)
    waiting = text_of(chief.get(f"/imports/{file}/"))
    assert STILL in waiting
    assert f'hx-get="/imports/{file}/avancement/?met"' in waiting
    assert "HX-Refresh" not in chief.get(f"/imports/{file}/avancement/?met")
    drain(world, "bulk")
    assert chief.get(f"/imports/{file}/avancement/?met")["HX-Refresh"] == "true"
    (met, unit), = world.sql(
        "SELECT s.hit_id, s.other_name FROM crosscheck_hitside s JOIN intelligence_report r ON r.id = s.record_id"
        " WHERE r.import_id = %s", [file],
    )  # fmt: skip
    shown = unescape(text_of(chief.get(f"/imports/{file}/")))
    assert STILL not in shown
    assert shown.count(unit) == 1
    assert f"hit:{met}" in world.journal("consult")[-1][2]
    assert NUMBER not in shown.partition("Recoupements de ces fiches")[2].partition("</section>")[0]
    # Who sent the file is told of nothing: his page is that of a file that met nobody.
    blind = unescape(text_of(client.get(f"/imports/{file}/")))
    assert "vont à la permanence" in blind
    assert unit not in blind


def test_the_hits_of_a_file_go_on_where_a_page_ends(world: World) -> None:
    """Each stands on one page and no other, the newest first; where no page starts, a sentence."""
    customs, sender = world.agent(Role.INVESTIGATOR, "DED13"), world.agent(Role.INVESTIGATOR, "PJ13")
    head = world.agent((Role.UNIT_HEAD, Role.DUTY_OFFICER), "PJ13")
    numbers = [f"06{77000000 + 37 * n:08d}" for n in range(HITS_SHOWN + 3)]
    with world.acting(customs) as agent:
        for number in numbers:
            deposit(by=agent, entry=entry(phone=number))
    drain(world, "express")
    rows = "".join(f"S-{n};12/03/2025;13055;Suite {n};{number};\n" for n, number in enumerate(numbers))
    file = file_id(handed(world.client(sender), f"{HEADER}\n{rows}"))
    chief = world.client(head)
    opened(chief, file)
    run_job(world, file)
    drain(world, "bulk")
    first = text_of(chief.get(f"/imports/{file}/"))
    (following,) = re.findall(r'href="([^"]*[?]before=[^"]*)"', first)
    second = text_of(chief.get(unescape(following)))
    told = [set(re.findall(r"/contacts/[0-9a-f-]{36}/", page)) for page in (first, second)]
    assert [len(page) for page in told] == [HITS_SHOWN, 3]
    assert not told[0] & told[1]
    assert "Plus anciens" not in second
    assert f'href="/imports/{file}/"' in second
    assert chief.get(f"/imports/{file}/?before=hier").status_code == 422
