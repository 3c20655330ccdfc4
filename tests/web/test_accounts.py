import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError

from mamarr.faults import Unavailable
from mamarr.node.accounts_file import FILE, AccountsFile
from mamarr.web.access import Scope
from mamarr.web.access.accounts import (
    PASSKEYS_MAX,
    PERSON_KEYS_MAX,
    Account,
    AccountStore,
    MemoryAccounts,
    Passkey,
    PersonKey,
    typed_name,
)
from mamarr.web.access.passwords import HASHER, NOBODYS, checked_password
from mamarr.web.access.throttles import (
    FORGOTTEN_AFTER,
    FREE_ACCOUNT_COUNT,
    FREE_CLIENT_COUNT,
    FREE_PAIR_COUNT,
    WAIT_MAX_S,
    Throttle,
)
from tests.airspace.boxes import NOON


def an_account(person_id: str = "officer", **changed: object) -> Account:
    fields = {"party": "north", "display_name": "Officer", "scopes": frozenset(Scope)} | changed
    return Account(person_id=person_id, **fields)


def a_passkey(name: bytes = b"one") -> Passkey:
    return Passkey(credential_id=name, public_key=b"key", sign_count=1, added_at=NOON)


@pytest.fixture(params=["memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], AccountStore]:
    """Opens the same store each time it is called."""
    memory = MemoryAccounts()
    return lambda: memory if request.param == "memory" else AccountsFile(tmp_path / FILE)


def test_an_account_is_kept_found_and_changed(opened: Callable[[], AccountStore]):
    first = an_account(passkeys=(a_passkey(),))
    assert opened().put(first)
    assert opened().of_person("officer") == opened().with_passkey(b"one") == first
    second = first.changed(passkeys=(a_passkey(b"two"),), is_disabled=True, ends_sessions=True)
    assert (second.version, second.epoch) == (1, 1)
    assert opened().put(second)
    assert opened().with_passkey(b"one") is None
    assert opened().with_passkey(b"two") == second
    assert opened().of_person("nobody") is None
    assert opened().put(an_account("another"))
    assert [each.person_id for each in opened().every()] == ["another", "officer"]


def test_a_change_on_an_older_version_is_not_kept(opened: Callable[[], AccountStore]):
    first = an_account()
    assert opened().put(first)
    assert not opened().put(an_account(display_name="Other")), "a second account of the same name"
    assert opened().put(first.changed(display_name="One"))
    assert not opened().put(first.changed(display_name="Two"))
    assert opened().of_person("officer").display_name == "One"


def test_an_act_waits_until_the_change_that_does_it_is_kept(opened: Callable[[], AccountStore]):
    first = an_account()
    assert opened().put(first)
    opened().keep_act("one", b"{}")
    opened().keep_act("two", b"[]")
    assert not opened().put(an_account(), done="one"), "not the version after the one that is there"
    assert opened().acts() == {"one": b"{}", "two": b"[]"}
    assert opened().put(first.changed(display_name="One"), done="one")
    opened().drop_act("two")
    assert opened().acts() == {}


def test_a_passkey_belongs_to_one_account(opened: Callable[[], AccountStore]):
    assert opened().put(an_account(passkeys=(a_passkey(),)))
    assert not opened().put(an_account("other", passkeys=(a_passkey(),)))
    assert opened().of_person("other") is None
    assert opened().put(an_account("other"))
    assert not opened().put(an_account("other").changed(passkeys=(a_passkey(),)))
    assert opened().with_passkey(b"one").person_id == "officer"


def test_accounts_are_bounded(opened: Callable[[], AccountStore], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mamarr.web.access.accounts.ACCOUNTS_MAX", 2)
    monkeypatch.setattr("mamarr.node.accounts_file.ACCOUNTS_MAX", 2)
    store = opened()
    assert [store.put(an_account(name)) for name in ("one", "two", "three")] == [True, True, False]
    assert store.put(an_account("two").changed(display_name="Two"))


def test_the_file_is_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / FILE
    AccountsFile(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    AccountsFile(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_used_is_unavailable(tmp_path: Path):
    (tmp_path / "text").write_text("not a database, and long enough to be looked at" * 99)
    for path in (tmp_path / "text", tmp_path / "nowhere" / FILE):
        with pytest.raises(Unavailable, match=path.name):
            AccountsFile(path)
    store = AccountsFile(tmp_path / FILE)
    store.put(an_account())
    store._database.execute("UPDATE accounts SET body = x'00'")
    with pytest.raises(Unavailable, match="damaged"):
        store.of_person("officer")


@pytest.mark.parametrize(
    "wrong",
    [
        {"person_id": "A"},
        {"person_id": "Officer"},
        {"person_id": "of\nficer"},
        {"party": "North!"},
        {"display_name": "a\u202eb"},
        {"passkeys": tuple(a_passkey(bytes([n])) for n in range(PASSKEYS_MAX + 1))},
        {
            "person_keys": (PersonKey(key_id="k", algorithm="ES256", public_key=b"", added_at=NOON),)
            * (PERSON_KEYS_MAX + 1)
        },
    ],
)
def test_an_account_of_another_form_cannot_be_made(wrong: dict[str, object]):
    with pytest.raises(ValueError, match=r"form|at most"):
        an_account(**({"person_id": "officer"} | wrong))


def test_names_are_compared_as_people_type_them():
    assert typed_name(" OFFICER ") == typed_name("ｏfficer") == "officer"


# Passwords


def test_a_hash_says_its_parameters():
    assert HASHER.hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_where_nobody_is_known_as_much_is_computed_and_nothing_is_right():
    assert extract_parameters(NOBODYS) == extract_parameters(HASHER.hash("x"))
    with pytest.raises(VerifyMismatchError):  # computed to the end, not given up as no hash
        HASHER.verify(NOBODYS, "x" * 12)


@pytest.mark.parametrize(
    "password", ["x" * 12, "y" * 128, "пароль из слов", "كلمة مرور طويلة", "a b c d e f g"]
)
def test_only_length_makes_a_password(password: str):
    assert checked_password(password, "officer") == password


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 129, "my OFFICER password", "ﬃ" * 3])
def test_a_password_of_no_good_form_is_refused(password: str):
    with pytest.raises(ValueError, match="a password"):
        checked_password(password, "officer")


# Throttling


def tried(
    throttle: Throttle, count: int, *, person: str = "officer", client: str = "1", at_s: int = 0
) -> int:
    """How long the last of `count` attempts has to wait, in seconds; none of them succeeds."""
    waits = [throttle.wait_s(person, client, NOON + timedelta(seconds=at_s)) for _ in range(count)]
    return waits[-1]


def test_a_client_that_fails_waits_longer_each_time_and_never_long():
    throttle = Throttle()
    assert tried(throttle, FREE_PAIR_COUNT) == 0
    assert tried(throttle, 1) == 1
    now_s = 0
    pauses = []
    for _ in range(9):
        now_s += tried(throttle, 1, at_s=now_s)
        assert tried(throttle, 1, at_s=now_s) == 0
        pauses.append(tried(throttle, 1, at_s=now_s))
    assert pauses[:6] == [2, 4, 8, 16, 32, WAIT_MAX_S]
    assert max(pauses) == WAIT_MAX_S
    later_s = now_s + int(FORGOTTEN_AFTER.total_seconds())
    assert tried(throttle, FREE_PAIR_COUNT, at_s=later_s) == 0


def test_attempts_that_wait_are_not_counted_and_so_cannot_make_it_longer():
    throttle = Throttle()
    tried(throttle, 1_000)
    assert tried(throttle, 1) == 1
    assert tried(throttle, 1, at_s=1) == 0


def test_one_client_cannot_try_many_accounts():
    throttle = Throttle()
    waits = [tried(throttle, 1, person=f"p{number}") for number in range(FREE_CLIENT_COUNT + 1)]
    assert (set(waits[:-1]), waits[-1]) == ({0}, 1)


def test_many_clients_cannot_try_one_account_but_its_person_comes_in_from_where_it_works():
    throttle = Throttle()
    assert tried(throttle, 1, client="desk") == 0
    throttle.succeeded("officer", "desk")
    waits = [tried(throttle, 1, client=f"c{number}") for number in range(FREE_ACCOUNT_COUNT + 1)]
    assert (set(waits[:-1]), waits[-1]) == ({0}, 1)
    assert tried(throttle, 1, client="elsewhere") == 1
    assert tried(throttle, 1, client="desk") == 0


def test_success_forgets_the_failures_before_it():
    throttle = Throttle()
    tried(throttle, FREE_PAIR_COUNT)
    throttle.succeeded("officer", "1")
    assert tried(throttle, FREE_PAIR_COUNT) == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mamarr.web.access.throttles.KEPT_MAX", 10)
    monkeypatch.setattr("mamarr.web.access.throttles.KNOWN_MAX", 2)
    throttle = Throttle()
    for number in range(50):
        tried(throttle, 1, person=f"p{number}", client=f"c{number}")
    assert len(throttle._failures) == 10
    for number in range(50):
        throttle.succeeded(f"p{number}", f"c{number}")
    assert len(throttle._known) == 2


def test_the_umask_does_not_open_the_file(tmp_path: Path):
    before = os.umask(0)
    try:
        AccountsFile(tmp_path / FILE).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
