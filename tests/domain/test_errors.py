"""The error tree: drawn in its docstring, complete, and worded for people."""

import inspect

from orchestrator.domain import errors
from orchestrator.domain.errors import ErrorClass, OrchestratorError, ProductFault, StationFault


def every_error() -> list[type[OrchestratorError]]:
    """List the classes of the module that belong to the tree."""
    return [
        member
        for _, member in inspect.getmembers(errors, inspect.isclass)
        if issubclass(member, OrchestratorError)
    ]


def test_the_drawing_names_every_error() -> None:
    """The docstring's tree is the tree."""
    drawing = errors.__doc__ or ""
    assert [e.__name__ for e in every_error() if e.__name__ not in drawing] == []


def test_product_and_station_never_share_a_path() -> None:
    """No error is both the product's and the station's fault."""
    assert [
        e for e in every_error() if issubclass(e, ProductFault) and issubclass(e, StationFault)
    ] == []


def test_no_error_shadows_a_builtin() -> None:
    """A name that hides a builtin would not be caught as what it looks like."""
    import builtins

    assert [e.__name__ for e in every_error() if hasattr(builtins, e.__name__)] == []


def test_the_text_says_what_where_and_what_to_do() -> None:
    """The text of an error is a sentence with its places and its remedy."""
    error = StationFault(
        "the board did not answer",
        remedy="Check the cable",
        where={"endpoint": "GET /status"},
    ).at(slot="3", endpoint="never wins")
    assert str(error) == "the board did not answer (slot 3, endpoint GET /status). Check the cable"
    assert error.kind is ErrorClass.STATION


def test_a_question_keeps_its_mark_alone() -> None:
    """A hint ends with a question mark and no full stop."""
    error = OrchestratorError("blu is no colour; did you mean blue?", remedy="Write a colour")
    assert str(error) == "blu is no colour; did you mean blue? Write a colour"


def test_an_error_without_places_and_remedy_is_its_sentence() -> None:
    """Nothing is added that is not known."""
    assert str(OrchestratorError("the disk is full")) == "the disk is full"
