"""Communes, departments, regions and defence zones, with simplified outlines (WKB, WGS 84)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.db import models
from django.db.models import Func

from recoupe.reference.models.dated import DatedQuerySet, dates_in_order, first_day, last_day


class Region(models.Model):
    """A region, or an overseas collectivity that stands as its own region."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=60)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A department or an overseas collectivity; `of_name` is its name after « de » (« de l'Ain »)."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=60)
    of_name = models.CharField(max_length=70)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class DefenceZone(models.Model):
    """A defence and security zone: 7 metropolitan, 5 overseas; Saint-Pierre-et-Miquelon belongs to none."""

    code = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    seat = models.CharField(max_length=60)
    metropolitan = models.BooleanField()
    departments = ArrayField(models.CharField(max_length=3))

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A commune of the official geographic code; lon and lat are a point inside, null where unmapped."""

    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=60)
    name_key = models.CharField(max_length=60)
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    population = models.PositiveIntegerField()
    postal_codes = ArrayField(models.CharField(max_length=5))
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    valid_from = first_day()
    valid_to = last_day()

    objects: ClassVar[DatedQuerySet["Commune"]] = DatedQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [dates_in_order("reference_commune_dates")]
        indexes = [
            models.Index(fields=["name_key"], opclasses=["text_pattern_ops"], name="reference_commune_name"),
            GinIndex(fields=["postal_codes"], name="reference_commune_postal"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.department_id})"


class FormerCommune(models.Model):
    """The code of a commune that was merged away; old records and identity papers still carry it."""

    code = models.CharField(max_length=5, primary_key=True)
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.code


class Arrondissement(models.Model):
    """A municipal arrondissement of Paris, Lyon or Marseille: a living code below its commune."""

    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=60)
    name_key = models.CharField(max_length=60)
    commune = models.ForeignKey(Commune, models.PROTECT, related_name="+")
    population = models.PositiveIntegerField()
    postal_codes = ArrayField(models.CharField(max_length=5))

    def __str__(self) -> str:
        return self.name


def _box() -> Func:
    low = Func("minx", "miny", function="point")
    high = Func("maxx", "maxy", function="point")
    return Func(high, low, function="box")


class Outline(models.Model):
    """Bounds and outline of a territory: the index on the bounds finds candidates, shapely decides."""

    minx = models.FloatField()
    miny = models.FloatField()
    maxx = models.FloatField()
    maxy = models.FloatField()
    wkb = models.BinaryField()

    class Meta:
        abstract = True


class CommuneOutline(Outline):
    """A commune's outline, simplified to some 200 m; neighbours share one border."""

    commune = models.OneToOneField(Commune, models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        indexes = [GistIndex(_box(), name="reference_commune_box")]

    def __str__(self) -> str:
        return str(self.commune_id)


class DepartmentOutline(Outline):
    """A department's outline: the union of its communes'."""

    department = models.OneToOneField(Department, models.CASCADE, primary_key=True, related_name="+")

    class Meta:
        indexes = [GistIndex(_box(), name="reference_department_box")]

    def __str__(self) -> str:
        return str(self.department_id)
