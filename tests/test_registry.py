import pytest

from coles_ops.registry import Registry, UnknownNameError


def test_names_are_found_and_unknown_ones_name_the_known():
    registry: Registry[int] = Registry("number", "coles_ops.datasets")
    registry.register("one")(1)
    assert registry.get("one") == 1
    assert registry.names() == ["one"]
    with pytest.raises(UnknownNameError, match="unknown number 'two'; known: one"):
        registry.get("two")


def test_a_second_of_one_name_raises():
    registry: Registry[int] = Registry("number", "coles_ops.datasets")
    registry.register("one")(1)
    with pytest.raises(ValueError, match="number 'one' is already registered"):
        registry.register("one")(2)
