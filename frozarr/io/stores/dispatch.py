"""Which method of a store carries out which request.

A store marks its methods: ``@answers(Get) def …(self, request: Get)``. Requests that it does not
answer are carried out by simpler ones (`frozarr.io.stores.simpler`).
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from frozarr.io.programs.requests import AnyStoreRequest

__all__ = ["Answering", "answers"]

F = TypeVar("F", bound=Callable[..., object])
_MARK = "__frozarr_answers__"


def answers(kind: type[AnyStoreRequest]) -> Callable[[F], F]:
    """Mark a method of a store as what carries out a kind of request.

    It is called with the request, once this was found to be allowed, and returns the answer that
    the request's documentation names; in an `AsyncStore` it is a coroutine.

    Examples
    --------
    >>> from frozarr.io.programs.requests import Sizes
    >>> class Empty(Answering):
    ...     @answers(Sizes)
    ...     def sizes(self, request):
    ...         return [None] * len(request.keys)
    >>> Empty.answering(Sizes)(Empty(), Sizes(["a"]))
    [None]
    """

    def mark(method: F) -> F:
        setattr(method, _MARK, kind)
        return method

    return mark


class Answering:
    """Base of what has marked methods; one that a subclass defines anew stays marked."""

    _answer_methods: ClassVar[Mapping[type[Any], Callable[[Any, Any], Any]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        names: dict[type[Any], str] = {}
        for base in reversed(cls.__mro__):
            for name, method in vars(base).items():
                kind = getattr(method, _MARK, None)
                if kind is not None:
                    names[kind] = name
        cls._answer_methods = {kind: getattr(cls, name) for kind, name in names.items()}

    @classmethod
    def answering(cls, kind: type[Any]) -> Callable[[Any, Any], Any] | None:
        """The method that carries out a kind of request; None if there is none."""
        return cls._answer_methods.get(kind)
