"""Queries that are written once a process: the ORM takes longer to write one than the base to answer it."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class Written(Generic[Row]):
    """The rows of a query whose shape never changes, for the values of each question.

    `write` makes it of the `samples`, which differ from one another and from every constant in it; each place that
    holds one of them takes the value asked for. Nothing is kept of an answer.
    """

    def __init__(self, write: Callable[..., QuerySet[Row]], *samples: Any) -> None:
        self._write, self._samples = write, samples
        self._kept: tuple[type[Row], str, list[tuple[int, Any]]] | None = None

    def rows(self, *values: Any) -> list[Row]:
        """What the base answers to this question, under the policies of whoever asks."""
        model, query, places = self._kept = self._kept or self._once()
        asked = [values[place] if place >= 0 else constant for place, constant in places]
        return list(model._default_manager.raw(query, asked))

    def first(self, *values: Any) -> Row | None:
        """Its first row."""
        return next(iter(self.rows(*values)), None)

    def _once(self) -> tuple[type[Row], str, list[tuple[int, Any]]]:
        found = self._write(*self._samples)
        query, params = found.query.sql_with_params()
        places = [(self._samples.index(one) if one in self._samples else -1, one) for one in params]
        if {place for place, _ in places if place >= 0} != set(range(len(self._samples))):
            raise ValueError(f"a query of {found.model.__name__} does not hold each of its samples")
        return found.model, query, places
