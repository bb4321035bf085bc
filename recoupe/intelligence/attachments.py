"""A photo becomes pixels, a PDF becomes its pages: nothing else of what came in is kept (R-08). No ORM."""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf
from PIL import Image, ImageOps

from recoupe.kernel.refusal import Invalid, gettext_noop

# The library reports on what it reads; what a file holds has no place in a log.
logging.getLogger("pikepdf").propagate = False
logging.getLogger("pikepdf").addHandler(logging.NullHandler())

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 4096
MAX_PAGES = 60
MAX_OBJECTS = 50_000
JPEG_QUALITY = 88

SENTENCE_EMPTY = gettext_noop("Ce fichier est vide.")
SENTENCE_HEAVY = gettext_noop("Ce fichier est trop lourd : %(max)s Mo au plus.")
SENTENCE_KIND = gettext_noop("Seuls une photo (JPEG, PNG, WebP) ou un document PDF peuvent être joints.")
SENTENCE_BROKEN = gettext_noop("Ce fichier est abîmé ou n'est pas ce que son nom annonce : il ne peut pas être joint.")
SENTENCE_LARGE = gettext_noop("Cette image est trop grande : %(max)s millions de pixels au plus.")
SENTENCE_LOCKED = gettext_noop("Ce PDF est protégé par un mot de passe : enregistrez-le sans protection.")
SENTENCE_LONG = gettext_noop("Ce PDF est trop long : %(max)s pages au plus.")


@dataclass(frozen=True, slots=True)
class Clean:
    """What is kept of a file: its kind, its bytes made by us, their hash, its number of pages."""

    media_type: str
    content: bytes
    sha256: str
    pages: int


def clean(raw: bytes) -> Clean:
    """Decode and encode again by what the bytes are, never by a name; raises Invalid with a sentence."""
    if not raw:
        raise Invalid(SENTENCE_EMPTY, field="attachment")
    if len(raw) > MAX_BYTES:
        raise Invalid(SENTENCE_HEAVY, field="attachment", max=MAX_BYTES // 1024 // 1024)
    if raw[:1024].lstrip().startswith(b"%PDF-"):
        media_type, content, pages = "application/pdf", *_document(raw)
    elif raw.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"):
        media_type, content = _photo(raw)
        pages = 1
    else:
        raise Invalid(SENTENCE_KIND, field="attachment")
    if len(content) > MAX_BYTES:
        raise Invalid(SENTENCE_HEAVY, field="attachment", max=MAX_BYTES // 1024 // 1024)
    return Clean(media_type, content, hashlib.sha256(content).hexdigest(), pages)


# --- Photos -------------------------------------------------------------------------------------------------------


def _photo(raw: bytes) -> tuple[str, bytes]:
    try:
        with Image.open(BytesIO(raw), formats=["JPEG", "PNG", "WEBP"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Invalid(SENTENCE_LARGE, field="attachment", max=MAX_PIXELS // 1_000_000)
            lossless = image.format == "PNG"
            image.load()
            pixels = _pixels(image)
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid(SENTENCE_LARGE, field="attachment", max=MAX_PIXELS // 1_000_000) from error
    except Exception as error:  # a decoder fails in as many ways as there are broken files
        raise Invalid(SENTENCE_BROKEN, field="attachment") from error
    out = BytesIO()
    if lossless:
        pixels.save(out, "PNG", optimize=False)
        return "image/png", out.getvalue()
    pixels.save(out, "JPEG", quality=JPEG_QUALITY)
    return "image/jpeg", out.getvalue()


def _pixels(image: Image.Image) -> Image.Image:
    """A new image of the same pixels, upright, on white: no tag, no profile, no other frame comes along."""
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    rgba = upright.convert("RGBA")
    flat = Image.new("RGB", rgba.size, "white")
    flat.paste(rgba, mask=rgba.getchannel("A"))
    return flat


# --- Documents ----------------------------------------------------------------------------------------------------

_PAGE_KEYS = ("/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/UserUnit", "/Group")
# Anywhere below a page: what runs, what is carried along, what points outside, what tells who made it and when.
_BANNED = frozenset({
    "/AA", "/A", "/OpenAction", "/JS", "/JavaScript", "/Launch", "/URI", "/Annots", "/Annot", "/AF",
    "/EmbeddedFiles", "/EF", "/Names", "/RichMedia", "/XFA", "/AcroForm", "/Metadata", "/PieceInfo",
    "/LastModified", "/OPI", "/Thumb", "/Properties", "/OC", "/StructParent", "/StructParents", "/Measure",
    "/PtData", "/Alternates", "/F", "/FFilter", "/FDecodeParms", "/Parent", "/B", "/Dur", "/Trans",
    "/PresSteps", "/ID", "/SeparationInfo"
})  # fmt: skip
# These letters are common names of a resource (a font called F, a colour space called A): there they stay.
_RESOURCE_TABLES = frozenset({
    "/Font", "/XObject", "/ColorSpace", "/ExtGState", "/Pattern", "/Shading", "/CharProcs"
})  # fmt: skip
_ENCODED = ("/Length", "/Filter", "/DecodeParms")
# What carries most is held to what it needs; by the key that leads to it, or by what a stream says it is.
_ALLOWED: dict[str, frozenset[str]] = {
    "/Resources": _RESOURCE_TABLES | {"/ProcSet"},
    "/Contents": frozenset(_ENCODED),
    "form": frozenset({"/Type", "/Subtype", "/FormType", "/BBox", "/Matrix", "/Resources", "/Group", *_ENCODED}),
    "image": frozenset({
        "/Type", "/Subtype", "/Width", "/Height", "/ColorSpace", "/BitsPerComponent", "/Intent", "/ImageMask", "/Mask",
        "/Decode", "/Interpolate", "/SMask", "/SMaskInData", *_ENCODED,
    }),
}  # fmt: skip
_PLAIN_FILTERS = frozenset({
    "/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/ASCIIHexDecode",
    "/ASCII85Decode",
})  # fmt: skip
_PHOTO_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"\x00\x00\x00\x0cjP", b"II*\x00", b"MM\x00*", b"GIF8")


def _document(raw: bytes) -> tuple[bytes, int]:
    try:
        with pikepdf.open(BytesIO(raw), attempt_recovery=True, inherit_page_attributes=True) as source:
            pages = len(source.pages)
            if pages > MAX_PAGES:
                raise Invalid(SENTENCE_LONG, field="attachment", max=MAX_PAGES)
            if pages == 0:
                raise Invalid(SENTENCE_BROKEN, field="attachment")
            for page in source.pages:
                _bare_page(page.obj)
            return _rebuilt(source), pages
    except Invalid:
        raise
    except pikepdf.PasswordError as error:
        raise Invalid(SENTENCE_LOCKED, field="attachment") from error
    except Exception as error:  # as above
        raise Invalid(SENTENCE_BROKEN, field="attachment") from error


def _bare_page(page: Any) -> None:
    for key in list(page.keys()):
        if key not in (*_PAGE_KEYS, "/Type", "/Parent"):
            del page[key]


def _rebuilt(source: pikepdf.Pdf) -> bytes:
    """A new document that receives the pages and only what they draw with."""
    with pikepdf.new() as target:
        target.pages.extend(source.pages)
        for page in target.pages:
            _scrub([(page.obj[name], name) for name in ("/Resources", "/Contents", "/Group") if name in page.obj])
        out = BytesIO()
        target.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _scrub(waiting: list[tuple[Any, str]]) -> None:
    """Remove from everything below what it may not carry; `waiting` holds objects with the key that led to them."""
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        found, role = waiting.pop()
        count += 1
        if count > MAX_OBJECTS:
            raise Invalid(SENTENCE_BROKEN, field="attachment")
        if found.is_indirect:
            if found.objgen in seen:
                continue
            seen.add(found.objgen)
        if isinstance(found, pikepdf.Stream):
            role = _scrub_stream(found, role)
        waiting.extend(_children(found, role))


def _children(found: Any, role: str) -> Iterator[tuple[Any, str]]:
    """What stands directly below, after what may not be there is gone."""
    if isinstance(found, pikepdf.Array):
        yield from ((item, role) for item in found if isinstance(item, pikepdf.Object))
    elif isinstance(found, pikepdf.Dictionary | pikepdf.Stream):
        allowed = _ALLOWED.get(role)
        for key in list(found.keys()):
            if key in allowed if allowed else (role in _RESOURCE_TABLES or key not in _BANNED):
                value = found[key]
                if isinstance(value, pikepdf.Object):
                    yield value, key
            else:
                del found[key]


def _scrub_stream(stream: Any, role: str) -> str:
    """What a stream is, hence what its dictionary may hold; a photo that hides under another kind is refused."""
    kind = stream.get("/Subtype")
    filters = stream.get("/Filter")
    last = filters[-1] if isinstance(filters, pikepdf.Array) and len(filters) else filters
    if kind == "/Image" and last in ("/DCTDecode", "/JPXDecode"):
        _scrub_photo(stream)
        return "image"
    if last is not None and last not in _PLAIN_FILTERS:
        raise Invalid(SENTENCE_BROKEN, field="attachment")
    if stream.read_raw_bytes()[:12].startswith(_PHOTO_STARTS):
        raise Invalid(SENTENCE_BROKEN, field="attachment")
    if role == "/Contents":
        return role
    if kind == "/PS":
        stream.write(b"")
    return {"/Image": "image", "/Form": "form"}.get(str(kind), "stream")


def _scrub_photo(stream: Any) -> None:
    """Photos inside a document are decoded and encoded again like any other."""
    if int(stream.get("/Width", 0)) * int(stream.get("/Height", 0)) > MAX_PIXELS:
        raise Invalid(SENTENCE_LARGE, field="attachment", max=MAX_PIXELS // 1_000_000)
    image = pikepdf.PdfImage(stream).as_pil_image()
    if image.width * image.height > MAX_PIXELS:
        raise Invalid(SENTENCE_LARGE, field="attachment", max=MAX_PIXELS // 1_000_000)
    gray = image.mode in ("L", "1")
    out = BytesIO()
    # A new image again: saving the decoded one would write its comment back.
    bare = Image.new("L" if gray else "RGB", image.size)
    bare.paste(image.convert(bare.mode))
    bare.save(out, "JPEG", quality=JPEG_QUALITY)
    for key in ("/DecodeParms", "/Decode", "/SMaskInData"):
        if key in stream:
            del stream[key]
    stream["/ColorSpace"] = pikepdf.Name.DeviceGray if gray else pikepdf.Name.DeviceRGB
    stream["/BitsPerComponent"] = 8
    stream["/Width"], stream["/Height"] = image.width, image.height
    stream.write(out.getvalue(), filter=pikepdf.Name.DCTDecode)
