"""`mamarr uss` as its operator meets it: the file, both roles in one process, what is kept when killed."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from mamarr.faults import WireError
from mamarr.node import uss_config
from tests.node.forked import Forked
from tests.node.forked import run as mamarr
from tests.node.test_dss import ENVIRONMENT, START_S
from tests.node.uss_town import EVERYTHING, a_plan, a_volume, details_at, plan_at
from tests.suite.issuer import issuing
from tests.web.dss_desk import a_time, an_altitude, an_id, intent_at
from tests.web.tokens import a_key, signed

ROOT = Path(__file__).parents[2]
KEY = a_key("RS256")
ISSUED_FOR = {"iss": "x", "sub": "tester", "aud": "127.0.0.1", "scope": " ".join(EVERYTHING)}
SAYS = """
[node]
port = {port}
store = "sqlite:{folder}/record.sqlite"
loopback_http = true
[tokens]
audiences = ["127.0.0.1"]
public_key_file_from = "MAMARR_TOKEN_KEY"
[dss]
[uss]
base_url = "http://127.0.0.1:{port}"
dss_url = "http://127.0.0.1:{port}"
token_url_from = "MAMARR_TOKEN_URL"
subject = "uss1"
test_interfaces = true
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An issuer of tokens on this machine; what a node finds in its environment of it."""
    folder = tmp_path_factory.mktemp("authority")
    private, public = folder / "private.pem", folder / "public.pem"
    private.write_bytes(KEY.as_pem(private=True))
    public.write_bytes(KEY.as_pem(private=False))
    with issuing(private) as url:
        yield {"MAMARR_TOKEN_KEY": str(public), "MAMARR_TOKEN_URL": url}


class Running:
    """`mamarr uss` in a process of its own."""

    def __init__(self, config: Path, environment: dict[str, str]) -> None:
        self.process = Forked("uss", str(config), environment=ENVIRONMENT | environment)
        self.lines: list[str] = []
        watchdog = threading.Timer(START_S, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("ready: "):
                break
        watchdog.cancel()
        assert self.lines, "it said nothing"
        assert self.lines[-1].startswith("ready: "), self.lines
        token = signed(KEY, ISSUED_FOR | {"exp": int(time.time()) + 600}, "RS256")
        self.client = httpx.Client(
            base_url=self.lines[-1].removeprefix("ready: ").rstrip("/"),
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            verify=False,
            timeout=30,
        )

    def end(self, number: signal.Signals) -> int:
        self.client.close()
        self.process.send_signal(number)
        code = self.process.wait(START_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def plan(self, flight: str, east: float) -> str:
        answer = self.client.put(plan_at(flight), json=a_plan(a_volume(east=east)))
        return str(answer.json()["planning_result"])


def a_free_port() -> int:
    from mamarr.node.serving import listening

    with listening(0) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.slow
def test_killed_it_knows_what_it_told_the_dss_and_goes_on(tmp_path: Path, authority: dict[str, str]):
    config = tmp_path / "uss.toml"
    config.write_text(SAYS.format(port=a_free_port(), folder=tmp_path))
    first, flights = Running(config, authority), [an_id() for _ in range(3)]
    assert [first.plan(each, 2.0 * number) for number, each in enumerate(flights)] == ["Completed"] * 3
    before = [first.client.get(details_at(each)).json() for each in flights]
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    second = Running(config, authority)
    assert [second.client.get(details_at(each)).json() for each in flights] == before
    assert second.plan(an_id(), 0.5) == "Rejected"
    for each in flights:  # what it told the DSS it can change and end
        answer = second.client.delete(plan_at(each))
        assert answer.json()["flight_plan_status"] == "Closed"
        assert second.client.get(intent_at(each)).status_code == 404
    assert second.end(signal.SIGTERM) == 0
    key = next(line for line in second.lines if line.startswith("public key: ")).removeprefix("public key: ")
    audited = mamarr("audit", str(tmp_path / "record.sqlite"), "--key", key)
    assert audited.returncode == 0, audited.stdout


@pytest.mark.slow
@pytest.mark.requirement("astm.f3548.v21.USS0105,2")
def test_killed_while_an_aircraft_is_off_its_plan_it_says_so_by_itself_before_and_after(
    tmp_path: Path, authority: dict[str, str]
):
    config = tmp_path / "uss.toml"
    own = SAYS.replace('"uss1"', '"tester"')  # whose token the test has
    config.write_text(own.format(port=a_free_port(), folder=tmp_path))
    node, flight, position = Running(config, authority), an_id(), {}

    def state() -> str:
        return str(node.client.get(f"/flights/{flight}").json()["flight"]["state"])

    def flies(until: str, seconds: float = 20) -> None:
        """Positions far outside, ten a second, until the flight is so: by the real clock."""
        ends = time.monotonic() + seconds
        while state() != until and time.monotonic() < ends:
            position["time_measured"] = a_time(0)
            sent = node.client.post(f"/flights/{flight}/positions", json={"positions": [position]})
            assert sent.status_code == 200, sent.text
            time.sleep(0.1)
        assert state() == until

    where = {"latitude": 47.3005, "longitude": 8.51, "altitude": an_altitude(150)}
    position["position"] = where
    asked = {"state": "Activated", "details": {"volumes": [a_volume()]}}
    assert node.client.put(f"/flights/{flight}", json=asked).status_code == 200
    flies("Nonconforming")
    telemetry = details_at(flight) + "/telemetry"
    assert node.client.get(telemetry).json()["telemetry"]["position"].items() >= where.items()
    before = node.client.get(details_at(flight)).json()
    assert node.end(signal.SIGKILL) == -signal.SIGKILL
    node = Running(config, authority)
    assert node.client.get(details_at(flight)).json() == before
    assert node.client.get(telemetry).status_code == 412  # none since it began
    said = node.client.get("/advisories").json()["advisories"]
    assert [each["kind"] for each in said] == ["LEFT"]
    sent = {"positions": [position | {"time_measured": a_time(0)}]}
    assert node.client.post(f"/flights/{flight}/positions", json=sent).json() == {"taken": 1, "older": 0}
    assert node.client.get(telemetry).status_code == 200
    assert node.client.delete(f"/flights/{flight}").status_code == 204
    assert node.client.get(intent_at(flight)).status_code == 404
    assert node.end(signal.SIGTERM) == 0


def test_the_example_says_what_the_suite_needs(authority: dict[str, str]):
    found = uss_config.read(ROOT / "examples" / "interuss.toml", authority)
    assert (found.says.node.port, found.store, found.token_url) == (
        8082,
        "memory:",
        authority["MAMARR_TOKEN_URL"],
    )
    assert found.public_keys == (Path(authority["MAMARR_TOKEN_KEY"]),)
    assert found.says.dss is not None
    assert found.says.uss.test_interfaces
    stored = uss_config.read(
        ROOT / "examples" / "interuss.toml", authority | {"MAMARR_STORE": "sqlite:/srv/x.sqlite"}
    )
    assert (stored.store, stored.key) == ("sqlite:/srv/x.sqlite", None)


def test_the_examples_of_two_processes_are_one_uss(authority: dict[str, str]):
    asked = authority | {"MAMARR_STORE": "postgresql://x@/y"}
    first, second = (
        uss_config.read(ROOT / "examples" / name, asked) for name in ("interuss.toml", "interuss-2.toml")
    )
    assert (first.store, first.key, first.token_url) == (second.store, second.key, second.token_url)
    said = [msgspec.json.encode(each.says).decode() for each in (first, second)]
    no_record_by_mistake = said[1].replace("8083", "8082").replace("postgresql:///mamarr", "memory:")
    assert no_record_by_mistake == said[0]
    elsewhere = uss_config.read(
        ROOT / "examples" / "interuss-2.toml", asked | {"MAMARR_LOG_KEY": "/etc/mamarr/x.key"}
    )
    assert elsewhere.key == Path("/etc/mamarr/x.key")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("subject", "subjekt", "subjekt"),
        ("[dss]", "[dss", "TOML"),
        ('audiences = ["127.0.0.1"]', "audiences = []", "audiences"),
        ("MAMARR_TOKEN_KEY", "MAMARR_UNSET", "MAMARR_UNSET is not set"),
        ("MAMARR_TOKEN_URL", "MAMARR_UNSET", "uss.token_url"),
        ("loopback_http = true", "loopback_http = false", "needs node.loopback_http"),
        ('base_url = "http', 'base_url = "htp', "uss.base_url"),
        ('subject = "uss1"', 'subject = "uss1"\nsecret_from = "MAMARR_UNSET"', "MAMARR_UNSET is not set"),
        ("[node]", '[node]\nmode = "REPLAY"', "LIVE or EXERCISE"),
        ('public_key_file_from = "MAMARR_TOKEN_KEY"', "", "no public key"),
        ('"sqlite:', '"postgresql://', "node.key_file"),
        ("[dss]", '[people]\nfolder = ""\n[dss]', "people.folder"),
        ("[dss]", '[people]\nfolder = "."\npage = "http://uss.example"\n[dss]', "people.page"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_place(
    before: str, after: str, sentence: str, tmp_path: Path, authority: dict[str, str]
):
    config = tmp_path / "uss.toml"
    config.write_text(SAYS.format(port=0, folder=tmp_path).replace(before, after))
    with pytest.raises(WireError) as wrong:
        uss_config.read(config, authority)
    assert sentence in str(wrong.value)


def test_several_processes_that_are_one_uss_have_no_page(tmp_path: Path, authority: dict[str, str]):
    config = tmp_path / "uss.toml"
    says = SAYS.format(port=0, folder=tmp_path).replace('"sqlite:', '"postgresql://')
    config.write_text(says + '[people]\nfolder = "."\n')
    with pytest.raises(WireError, match="have no page"):
        uss_config.read(config, authority)


def test_wrong_use_is_exit_2_and_a_sentence(tmp_path: Path):
    config = tmp_path / "uss.toml"
    config.write_text("[node")
    for path, sentence in ((config, "TOML"), (tmp_path / "nowhere.toml", "No such file")):
        said = mamarr("uss", str(path))
        assert (said.returncode, sentence in " ".join(said.stderr.split())) == (2, True), said.stderr


def test_where_the_folder_of_the_accounts_is_not_there_it_does_not_begin(
    tmp_path: Path, authority: dict[str, str]
):
    config = tmp_path / "uss.toml"
    config.write_text(SAYS.format(port=0, folder=tmp_path) + '[people]\nfolder = "nowhere"\n')
    process = Forked("uss", str(config), environment=ENVIRONMENT | authority)
    assert process.stdout is not None
    with process.stdout as output:
        said = " ".join(output.read().split())
    assert (process.wait(START_S) != 0, "for the accounts of people" in said) == (True, True), said


def test_every_key_of_the_file_is_documented():
    documented = (ROOT / "docs" / "uss.md").read_text()
    sections = {
        "node": uss_config.NodeSection,
        "tokens": uss_config.TokensSection,
        "dss": uss_config.DssSection,
        "uss": uss_config.UssSection,
        "people": uss_config.PeopleSection,
    }
    keys = [f"{name}.{key}" for name, each in sections.items() for key in each.__struct_fields__]
    assert [key for key in keys if f"`{key}`" not in documented] == []
    assert set(uss_config.Says.__struct_fields__) == set(sections)


def test_a_secret_is_not_shown(tmp_path: Path, authority: dict[str, str]):
    config = tmp_path / "uss.toml"
    config.write_text(SAYS.format(port=0, folder=tmp_path) + 'secret_from = "MAMARR_SECRET"\n')
    found = uss_config.read(config, authority | {"MAMARR_SECRET": "a secret word"})
    assert (found.secret, "a secret word" in repr(found)) == ("a secret word", False)
