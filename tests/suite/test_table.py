"""The table of requirements: what it says of each, and that the committed one is what the command writes."""

import pytest

from tests.suite import results, table
from tests.suite.requirements import DSS_ROLE, ELSEWHERE, PREFIX, USS_ROLE
from tests.suite.results import Checks

KNOWN = DSS_ROLE.keys() | USS_ROLE.keys()


def test_the_committed_table_is_what_the_command_writes():
    said = table.TABLE.read_text("utf-8")
    assert said == table.table(results.last(), table.marks()), "run `python -m tests.suite.table`"


def test_every_id_that_a_test_or_the_suite_names_is_one_of_the_table():
    assert table.marks().keys() <= KNOWN
    asked = results.last().requirements
    assert {each.removeprefix(PREFIX) for each in asked if each.startswith(PREFIX)} <= KNOWN


def test_every_id_of_the_suites_two_roles_is_there_once():
    assert (len(DSS_ROLE), len(USS_ROLE), len(KNOWN)) == (54, 31, 85)
    assert ELSEWHERE.keys() <= KNOWN
    sentences = [*DSS_ROLE.values(), *USS_ROLE.values()]
    assert len(set(sentences)) == len(sentences)


@pytest.mark.parametrize(
    ("name", "tests", "checks", "said"),
    [
        ("DSS0015", (), Checks(), "not yet"),
        ("DSS0015", ("a",), Checks(), "holds by our tests"),
        ("DSS0015", (), Checks(held=2), "holds"),
        ("DSS0015", ("a",), Checks(held=2, failed=1), "fails"),
        ("DSS0300", (), Checks(accepted=1), ELSEWHERE["DSS0300"]),
    ],
)
def test_the_result_is_never_better_than_what_was_seen(name, tests, checks, said):
    assert table.result(name, tests, checks) == said


def test_marks_are_read_without_running_the_tests():
    source = f'''
import pytest

@pytest.mark.slow
@pytest.mark.requirement("{PREFIX}DSS0015")
@pytest.mark.requirement("THREATS 6")
def test_one():
    pass

@pytest.mark.requirement("{PREFIX}SCD0100", "{PREFIX}OPIN0035")
async def test_two():
    pass
'''
    assert list(table.marked(source)) == [
        ("DSS0015", "test_one"),
        ("SCD0100", "test_two"),
        ("OPIN0035", "test_two"),
    ]
