"""Readers of JSON from outside: each is made once, and takes its own type only."""

import pytest

from landscape_app.runs.documents import adapter_of
from landscape_app.runs.orders import Order


def test_a_reader_is_made_once_and_takes_its_own_type_only() -> None:
    assert adapter_of(Order) is adapter_of(Order)
    assert adapter_of(list[Order]).validate_json('[{"epochs": 3}]') == [Order(epochs=3)]
    with pytest.raises(ValueError, match="epochs"):
        adapter_of(list[Order]).validate_json('[{"epochs": "many"}]')
