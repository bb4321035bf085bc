"""What comes out of an attachment is made by us: pixels or pages, without a tag, a script, a file or a name."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, cast

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from recoupe.access.enums import Role
from recoupe.intelligence import actions, attachments, queries
from recoupe.intelligence.attachments import clean
from recoupe.kernel.refusal import Absent, Conflict, Invalid, Refused
from tests.intelligence.made import entry
from tests.world import World

CANARY = b"CANARI-48.85N-2.35E"
TEXT = CANARY.decode()


def picture(kind: str, size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    """A small picture: red on the left, blue on the right."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, size[0], size[1]))
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_exif(orientation: int = 1) -> Image.Exif:
    """Tags that betray who took a photo and where."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = TEXT
    exif[0x013B] = TEXT
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 0.0)
    return exif


def tagged_png() -> bytes:
    """A PNG with text chunks and tags."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", TEXT)
    info.add_itxt("XML:com.adobe.xmp", f"<x>{TEXT}</x>")
    return picture("PNG", pnginfo=info, exif=with_exif())


@pytest.mark.parametrize(
    ("raw", "media_type"),
    [
        (picture("JPEG", exif=with_exif(), comment=CANARY), "image/jpeg"),
        (tagged_png(), "image/png"),
        (picture("WEBP", exif=with_exif(), xmp=CANARY), "image/jpeg"),
    ],
)
def test_a_photo_keeps_its_pixels_and_no_tag(raw: bytes, media_type: str) -> None:
    assert CANARY in raw
    kept = clean(raw)
    assert kept.media_type == media_type
    assert CANARY not in kept.content
    with Image.open(BytesIO(kept.content)) as image:
        assert image.size == (60, 40)
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}
        left, right = image.convert("RGB").getpixel((5, 20)), image.convert("RGB").getpixel((55, 20))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


def test_a_photo_taken_upright_stays_upright() -> None:
    kept = clean(picture("JPEG", exif=with_exif(orientation=6)))
    with Image.open(BytesIO(kept.content)) as image:
        assert image.size == (40, 60)


def test_what_follows_the_picture_is_dropped() -> None:
    raw = picture("JPEG") + b"PK\x03\x04" + CANARY
    assert CANARY not in clean(raw).content


def test_a_large_photo_is_reduced_and_a_huge_one_refused() -> None:
    with Image.open(BytesIO(clean(picture("PNG", (6000, 30))).content)) as image:
        assert image.width == attachments.MAX_SIDE
    with pytest.raises(Invalid, match="millions de pixels"):
        clean(picture("PNG", (10_000, 6_000)))


def document(spoil: Callable[[pikepdf.Pdf], None] = lambda _pdf: None, pages: int = 1, **options: Any) -> bytes:
    """A PDF whose pages write a line, with what `spoil` adds."""
    pdf = pikepdf.new()
    for _ in range(pages):
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=[0, 0, 300, 200],
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font)),
            Contents=pdf.make_stream(b"BT /F 12 Tf 20 100 Td (Texte de la page) Tj ET"),
        )
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    spoil(pdf)
    out = BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def _metadata(pdf: pikepdf.Pdf) -> None:
    pdf.docinfo["/Author"] = TEXT
    with pdf.open_metadata() as meta:
        meta["dc:creator"] = [TEXT]


def _scripts(pdf: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String(TEXT))
    pdf.Root.OpenAction = action
    pdf.pages[0].obj.AA = pikepdf.Dictionary(O=action)
    pdf.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=[pikepdf.String("x"), action]))
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9],
        A=pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(TEXT)),
    )  # fmt: skip
    pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(note)])


def _carried(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["canari.txt"] = CANARY
    pdf.pages[0].obj.PieceInfo = pikepdf.Dictionary(X=pikepdf.Dictionary(Private=pikepdf.String(TEXT)))
    pdf.pages[0].obj.Resources.Properties = pikepdf.Dictionary(P=pikepdf.Dictionary(Note=pikepdf.String(TEXT)))
    pdf.pages[0].obj.Resources.Metadata = pdf.make_stream(CANARY)


def _photo_inside(pdf: pikepdf.Pdf) -> None:
    stream = pdf.make_stream(picture("JPEG", exif=with_exif(), comment=CANARY))
    stream.Type, stream.Subtype, stream.Width, stream.Height = pikepdf.Name.XObject, pikepdf.Name.Image, 60, 40
    stream.ColorSpace, stream.BitsPerComponent, stream.Filter = pikepdf.Name.DeviceRGB, 8, pikepdf.Name.DCTDecode
    stream.Metadata = pdf.make_stream(CANARY)
    pdf.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Im0=stream)
    pdf.pages[0].contents_add(b"q 60 0 0 40 10 10 cm /Im0 Do Q")


@pytest.mark.parametrize("spoil", [_metadata, _scripts, _carried, _photo_inside])
def test_a_document_keeps_its_pages_and_nothing_else(spoil: Callable[[pikepdf.Pdf], None]) -> None:
    raw = document(spoil)
    assert TEXT in _everything(raw)
    kept = clean(raw)
    assert (kept.media_type, kept.pages) == ("application/pdf", 1)
    left = _everything(kept.content)
    assert TEXT not in left
    for word in ("JavaScript", "OpenAction", "EmbeddedFile", "/URI", "/Annots", "/AA", "/PieceInfo", "/Metadata"):
        assert word not in left
    assert "Texte de la page" in left
    with pikepdf.open(BytesIO(kept.content)) as pdf:
        assert "/F" in pdf.pages[0].obj.Resources.Font, "a font named like a banned key stays"
        assert not pdf.docinfo


def _everything(raw: bytes) -> str:
    """Every object of a document, streams decoded, as text."""
    found = []
    with pikepdf.open(BytesIO(raw)) as pdf:
        for thing in [*pdf.objects, pdf.trailer]:
            found.append(
                thing.unparse(resolved=True).decode("latin-1") if not isinstance(thing, pikepdf.Stream) else ""
            )
            if isinstance(thing, pikepdf.Stream):
                found.append(repr(dict(thing.stream_dict.items())))
                try:
                    found.append(thing.read_bytes().decode("latin-1"))
                except pikepdf.PdfError:
                    found.append(thing.read_raw_bytes().decode("latin-1"))
        found.append(repr(dict(pdf.docinfo.items())))
    return "\n".join(found)


def test_a_photo_inside_a_document_is_still_there() -> None:
    with pikepdf.open(BytesIO(clean(document(_photo_inside)).content)) as pdf:
        image = pikepdf.PdfImage(cast(pikepdf.Stream, pdf.pages[0].obj.Resources.XObject.Im0)).as_pil_image()
    assert image.size == (60, 40)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "vide"),
        (b"GIF89a" + b"x" * 50, "Seuls"),
        (b"<html><script>alert(1)</script></html>", "Seuls"),
        (b"MZ" + b"\x00" * 100, "Seuls"),
        (b"PK\x03\x04" + b"\x00" * 100, "Seuls"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "abîmé"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 100, "abîmé"),
        (b"RIFF\x00\x00\x00\x00WEBP" + b"\x00" * 40, "abîmé"),
        (b"%PDF-1.7\n" + b"x" * 200, "abîmé"),
        (b"\xff\xd8\xff" + b"x" * (10 * 1024 * 1024), "lourd"),
        (document(pages=61), "long"),
        (document(encryption=pikepdf.Encryption(owner="a", user="b")), "mot de passe"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(raw: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean(raw)
    assert words in str(refused.value)
    assert refused.value.field == "attachment"


GOOD = [picture("JPEG"), picture("PNG"), picture("WEBP"), document(_photo_inside)]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 5000), st.binary(min_size=1, max_size=12), st.booleans())
def test_a_damaged_file_is_kept_clean_or_refused(raw: bytes, at: int, noise: bytes, cut: bool) -> None:
    at %= len(raw)
    spoiled = raw[:at] + noise + (b"" if cut else raw[at + len(noise) :])
    try:
        kept = clean(spoiled)
    except Invalid:
        return
    assert CANARY not in kept.content


def test_a_report_carries_one_attachment_that_its_readers_see(world: World) -> None:
    author = world.agent(Role.INVESTIGATOR, "PJ13")
    analyst = world.agent(Role.CROSS_ANALYST, "CROSS13")
    with world.acting(author) as by:
        made = actions.deposit(by=by, entry=entry())
        actions.attach(by=by, report=made, content=GOOD[0])
    with world.acting(author) as by, pytest.raises(Conflict):
        actions.attach(by=by, report=made, content=GOOD[1])
    with world.acting(analyst) as by:
        found = queries.attachment(by, queries.report(by, made.id))
        assert found.media_type == "image/jpeg"
        assert bytes(found.content).startswith(b"\xff\xd8\xff")
        with pytest.raises(Absent):
            actions.attach(by=by, report=type(made)(), content=GOOD[0])
    with world.acting(world.agent(Role.INVESTIGATOR, "SR59")) as by:
        assert not queries.has_attachment(by, made)


def test_whoever_works_on_a_report_joins_nothing_to_it_and_nobody_does_once_it_is_graded(world: World) -> None:
    """Its author or the head of its unit, until it is graded; the cell that grades it reads what they joined."""
    author, analyst = world.agent(Role.INVESTIGATOR, "PJ13"), world.agent(Role.CROSS_ANALYST, "CROSS13")
    with world.acting(author) as by:
        made = actions.deposit(by=by, entry=entry())
    with world.acting(analyst) as by, pytest.raises(Refused):
        actions.attach(by=by, report=made, content=GOOD[0])
    with world.acting(analyst) as by:
        actions.triage(by=by, report=made)
        actions.grade(by=by, report=made, source="B", info="2")
    with world.acting(author) as by, pytest.raises(Conflict):
        actions.attach(by=by, report=made, content=GOOD[0])
    assert world.sql("SELECT 1 FROM intelligence_attachment WHERE report_id = %s", [made.id]) == []
