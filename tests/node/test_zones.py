"""`mamarr zones` as a person meets it: the table, what is wrong, and a USS that closes what was read."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.node.forked import run as mamarr
from tests.node.test_uss import ISSUED_FOR, KEY, SAYS, Running, authority  # noqa: F401  a fixture
from tests.suite.planners import a_free_port
from tests.web.tokens import signed

SAMPLES = Path(__file__).parents[1] / "interop" / "data" / "geozones"
TIMES = ("--from", "2026-11-30T00:00:00Z", "--until", "2031-01-01T00:00:00Z")
WEEK = ("--from", "2099-01-01T00:00:00Z", "--until", "2099-01-08T00:00:00Z")
GROUND = ("--ground", "300", "900")


def test_a_file_is_shown_as_a_table_and_what_is_wrong_is_named():
    shown = mamarr("zones", str(SAMPLES / "ed269.json"), *WEEK)
    assert shown.returncode == 0, shown.stderr
    assert "CHE/LSXX" in shown.stdout
    assert "1 zones; heights above the WGS-84 ellipsoid" in shown.stdout
    wrong = mamarr("zones", str(SAMPLES / "ed318.json"), *WEEK)
    assert wrong.returncode == 1
    assert "60 m above ground (allowed: say how high the lowest and the highest ground is)" in wrong.stderr
    assert "CHE/LSTB002" in wrong.stdout
    assert mamarr("zones", str(SAMPLES / "ed318.json"), *WEEK, *GROUND).returncode == 0


def test_wrong_use_is_a_sentence(tmp_path: Path):
    file = str(SAMPLES / "ed269.json")
    for arguments, said in (
        ((file, *TIMES), "longer than 400 days"),
        ((file, "--from", "tomorrow", "--until", "2026-12-01T00:00:00Z"), "--from 'tomorrow' is no time"),
        ((file, "--from", "2026-11-30", "--until", "2026-12-01T00:00:00Z"), "has no zone"),
        ((file, *WEEK, "--to", "http://127.0.0.1:1"), "--to and --token-file go together"),
        ((str(tmp_path / "nowhere.json"), *WEEK), "No such file"),
        ((file, *WEEK, "--ground", "900", "300"), "the lowest ground is above the highest"),
    ):
        done = mamarr("zones", *arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    (tmp_path / "other.json").write_text("{}")
    assert mamarr("zones", str(tmp_path / "other.json"), *WEEK).returncode == 1


def test_a_uss_closes_what_was_read_and_again_under_the_same_ids(tmp_path: Path, authority: dict[str, str]):  # noqa: F811
    (tmp_path / "uss.toml").write_text(SAYS.format(port=a_free_port(), folder=tmp_path))
    running = Running(tmp_path / "uss.toml", authority)
    try:
        claims = ISSUED_FOR | {"sub": "uss1", "exp": int(time.time()) + 600}
        token = tmp_path / "token"
        token.write_text(signed(KEY, claims, "RS256"))
        url, now = str(running.client.base_url).rstrip("/"), datetime.now(UTC)
        asked = ["zones", str(SAMPLES / "ed318.json"), "--from", now.isoformat()]
        asked += ["--until", (now + timedelta(days=90)).isoformat(), "--to", url, "--token-file", str(token)]
        for version in (1, 2):
            done = mamarr(*asked, *GROUND)
            assert done.returncode == 0, done.stderr
            assert "3 told, 0 refused" in done.stderr
            headers = {"authorization": f"Bearer {token.read_text()}"}
            listed = running.client.get("/constraints", headers=headers).json()["constraints"]
            assert [each["reference"]["version"] for each in listed] == [version] * 3
            assert {each["details"]["geozone"]["identifier"] for each in listed} == {
                "LSZB003",
                "BLns058",
                "LSTB002",
            }
        token.write_text(signed(KEY, claims | {"sub": "somebody"}, "RS256"))
        stranger = mamarr(*asked, *GROUND)
        assert stranger.returncode == 2
        assert "does not let this token close anything" in stranger.stderr
        untold = mamarr(*asked)
        assert (untold.returncode, "nothing told" in untold.stderr) == (1, True)
    finally:
        running.end(15)
