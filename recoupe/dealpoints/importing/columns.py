"""Which column of a file is which field, by the names that offices and mapping programs give."""

from collections.abc import Iterable, Mapping

from django.db.models import TextChoices
from django.utils.translation import override

from recoupe.dealpoints.enums import DealPointKind, Extent, SeenRole
from recoupe.kernel.refusal import Invalid, gettext_noop
from recoupe.kernel.text import name_key
from recoupe.reference import queries as reference

EAST, NORTH, POINT_X, POINT_Y = "lon", "lat", "x", "y"
# The first one is the one that our pages and our exports write.
NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("nom", "name", "libelle", "nom du point"),
    "kind": ("forme", "kind", "type", "nature", "forme de la vente"),
    EAST: ("longitude", "lon", "long", "lng"),
    NORTH: ("latitude", "lat"),
    POINT_X: ("x", "coord x", "x l93"),
    POINT_Y: ("y", "coord y", "y l93"),
    "uncertainty_m": ("incertitude", "incertitude m", "uncertainty m", "rayon", "precision m"),
    "commune": ("commune", "code insee", "insee", "code commune"),
    "products": ("produits", "products", "produit"),
    "extent": ("etendue", "extent"),
    "landlord": ("bailleur", "landlord"),
    "landlord_siren": ("siren", "landlord siren", "siren bailleur"),
    "hours": ("horaires", "hours", "jours et heures"),
    "roles_seen": ("roles", "roles vus", "roles seen", "roles observes"),
    "violence": ("violences", "violence"),
    "minors_present": ("mineurs", "minors present", "mineurs presents"),
}
# A shapefile cuts the names of its columns there.
SHAPEFILE_NAME = 10
_YES = frozenset({"oui", "o", "vrai", "true", "1", "x", "yes", "t"})
_NO = frozenset({"", "non", "n", "faux", "false", "0", "no", "f"})
SENTENCE_KIND = gettext_noop("Forme de vente inconnue : « %(typed)s ». Écrivez l'une de : %(known)s.")
SENTENCE_EXTENT = gettext_noop("Étendue inconnue : « %(typed)s ». Écrivez l'une de : %(known)s.")
SENTENCE_PRODUCT = gettext_noop("Produit inconnu : « %(typed)s ».")
SENTENCE_ROLE = gettext_noop("Rôle inconnu : « %(typed)s ». Écrivez l'un de : %(known)s.")
SENTENCE_BOOLEAN = gettext_noop("Écrivez oui ou non, et non « %(typed)s ».")


def _key(name: str) -> str:
    return name_key(name.replace("_", " "))


_FIELDS = {_key(alias): field for field, aliases in NAMES.items() for alias in aliases}
_CUT = {_key(alias.replace(" ", "_")[:SHAPEFILE_NAME]): field for field, aliases in NAMES.items() for alias in aliases}


def column_of(name: str) -> str:
    """The field that a column fills, "" when it fills none."""
    key = _key(name)
    return _FIELDS.get(key) or _CUT.get(key, "")


def sorted_out(columns: Mapping[str, str]) -> dict[str, str]:
    """The cells of a line by field; the first column of a name that is not blank speaks."""
    found: dict[str, str] = {}
    for name, cell in columns.items():
        field = column_of(name)
        if field and not found.get(field):
            found[field] = cell.strip()
    return found


def unread(names: Iterable[str]) -> list[str]:
    """The columns that fill no field."""
    return [name for name in names if not column_of(name)]


def _words(text: str) -> list[str]:
    return [word for part in text.replace("|", ";").replace(",", ";").split(";") if (word := part.strip())]


def _said(choices: type[TextChoices]) -> dict[str, str]:
    """Each code by itself and by its label in each language, in the singular too: a file has no language of its own."""
    found = {str(one.value): str(one.value) for one in choices}
    for language in ("fr", "en"):
        with override(language):
            for one in choices:
                label = name_key(str(one.label))
                found |= {label: str(one.value), label.removesuffix("s"): str(one.value)}
    return found


def _labels(choices: type[TextChoices]) -> str:
    return ", ".join(str(one.label) for one in choices)


def kind_of(text: str) -> DealPointKind:
    """The form of sale by its code or its label; a blank is a street, as most points are."""
    if not text:
        return DealPointKind.STREET
    found = _said(DealPointKind).get(name_key(text))
    if found is None:
        raise Invalid(SENTENCE_KIND, field="kind", typed=text[:40], known=_labels(DealPointKind))
    return DealPointKind(found)


def extent_of(text: str) -> Extent:
    """Whether the line is a place, a whole commune or a whole department; a blank is a place."""
    if not text:
        return Extent.SPOT
    found = _said(Extent).get(name_key(text))
    if found is None:
        raise Invalid(SENTENCE_EXTENT, field="extent", typed=text[:40], known=_labels(Extent))
    return Extent(found)


def products_of(text: str) -> tuple[str, ...]:
    """Codes of products, by their code or their label."""
    known = {name_key(product.code.replace("_", " ")): product.code for product in reference.products()}
    known |= {name_key(label): p.code for p in reference.products() for label in (p.label, p.label_en)}
    found = []
    for word in _words(text):
        code = known.get(_key(word))
        if code is None:
            raise Invalid(SENTENCE_PRODUCT, field="products", typed=word[:40])
        found.append(code)
    return tuple(dict.fromkeys(found))


def roles_of(text: str) -> tuple[str, ...]:
    """Codes of the parts seen, by their code or their label, in one or several."""
    known = _said(SeenRole)
    found = []
    for word in _words(text):
        code = known.get(name_key(word))
        if code is None:
            raise Invalid(SENTENCE_ROLE, field="roles_seen", typed=word[:40], known=_labels(SeenRole))
        found.append(code)
    return tuple(dict.fromkeys(found))


def flag(text: str, field: str) -> bool:
    """Yes or no."""
    word = name_key(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Invalid(SENTENCE_BOOLEAN, field=field, typed=text[:40])
