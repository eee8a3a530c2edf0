"""Columns: numbers, dates and words of a file by the numbers of items, and back."""

from dataclasses import replace

import numpy as np
import pytest

from landscape_app.data.columns import ColumnMeaning, from_units, in_units, log_unit, unit_in_words

PLAIN = ColumnMeaning("age", type="number")
FAR = ColumnMeaning("wavelength", offset=1e8, scale=50.0, type="number")
MASS = ColumnMeaning("mass", offset=2.0, scale=0.5, type="logarithm")
DAY = ColumnMeaning("booked", offset=19_850.0, scale=30.0, type="date")
TOWN = ColumnMeaning("town", ("A", "B"))
COLUMNS = (PLAIN, FAR, MASS, DAY, TOWN)


def test_rows_go_to_the_units_of_the_file_and_back() -> None:
    x = np.array([[40.0, -1.0, 0.5, 2.0, 1.0], [30.0, 2.0, -0.5, 0.0, 0.0]], np.float32)
    found = in_units(COLUMNS, x)
    np.testing.assert_allclose(found[0], [40, 1e8 - 50, np.exp(2.25), 19_910, 1], rtol=1e-12)
    np.testing.assert_allclose(from_units(COLUMNS, found), x, atol=1e-6)
    # A plain table is passed on as it is.
    assert in_units((PLAIN, TOWN), x[:, [0, 4]]).dtype == np.float32


@pytest.mark.parametrize("column", COLUMNS)
def test_what_is_written_is_read_back(column: ColumnMeaning) -> None:
    number = 1.0
    assert column.number_of(column.text_of(number)) == pytest.approx(number, abs=1e-4)


def test_dates_are_dates_and_times_of_day_times() -> None:
    assert DAY.text_of(0.0) == "2024-05-07"
    assert DAY.number_of("2024-06-06") == pytest.approx(1.0)
    assert DAY.number_of("19850") == pytest.approx(0.0)
    assert replace(DAY, scale=0.5).text_of(0.5) == "2024-05-07 06:00"
    clock = ColumnMeaning("at", offset=0.5, scale=0.1, type="date")
    assert clock.text_of(0.0) == "12:00"
    assert clock.number_of("14:24") == pytest.approx(1.0)
    with pytest.raises(ValueError, match="a date such as 2024-05-01, got 'soon'"):
        DAY.number_of("soon")


def test_numbers_have_the_digits_that_tell_them_apart() -> None:
    assert FAR.text_of(0.0123) == "100000000.615"
    assert FAR.text_in_unit(1.2e8) == "120000000"
    assert replace(FAR, offset=0.0, scale=1e-9).text_of(1.5) == "1.5e-09"
    assert MASS.text_of(0.0) == "7.38906"
    with pytest.raises(ValueError, match="on a log scale: it needs a number above 0"):
        MASS.number_of(-1.0)


def test_densities_are_per_unit_of_the_columns() -> None:
    assert log_unit(COLUMNS) == pytest.approx(np.log(50.0) + np.log(0.5) + np.log(30.0))
    words = unit_in_words(COLUMNS)
    assert "of mass per unit of the natural logarithm" in words
    assert words.endswith("of booked per day")
    assert MASS.title == "mass (log scale)"
    np.testing.assert_allclose(MASS.drawn([1.0, np.e]), [0.0, 1.0])
