"""The command line. Exit 0: fine; 1: a finding; 2: wrong use or something that cannot be had."""

import gc
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console

from mamarr import __version__
from mamarr.faults import Unavailable, WireError
from mamarr.geometry.units import m_from_mm, mm_from_ft, mm_from_nm
from mamarr.interop.formats import Format

if TYPE_CHECKING:
    from mamarr.interop.readings import Reading
    from mamarr.node.importing import Asked

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Air corridors shared out between authorities. Flight safety only; an advisory aid, not certified.",
)
FINDING, WRONG_USE = 1, 2
DATABASES = ("postgresql://", "postgres://")  # a record that is no file
HORIZONTAL_NM, VERTICAL_FT = "5", "1000"  # en route, under radar
SENTENCE_MAX = 5_000  # chosen: a path, of 4,096 bytes at most, and what is wrong with it


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mamarr {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    del version


@app.command()
def demo(
    chapter: Annotated[
        str | None, typer.Argument(help="drones: the chapter about a helicopter and drones. Else two nodes.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8080,
    keep: Annotated[Path | None, typer.Option(help="Keep the record in this folder.")] = None,
    labels: Annotated[
        int | None, typer.Option(help="Call the parties as in this year (2015) and not neutrally.")
    ] = None,
    no_story: Annotated[
        bool, typer.Option("--no-story", help="No story and no watch: the node waits for what you ask.")
    ] = False,
) -> None:
    """Run a node in EXERCISE on this machine and show the main job. Needs the extra mamarr\\[node]."""
    try:
        from mamarr.node import demo as demonstration

        if chapter is not None:  # what it needs beside takes a quarter of a second to load
            from mamarr.node import demo_drones
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    try:
        if chapter is not None:
            _check_chapter(chapter, labels, no_story=no_story)
            demo_drones.run(port, keep)
            return
        demonstration.run(port, keep, demonstration.labels_of(labels), tells_story=not no_story)
    except (Unavailable, OSError, ValueError) as wrong:
        _wrong(str(wrong))


def _check_chapter(chapter: str, labels: int | None, *, no_story: bool) -> None:
    if chapter != "drones":
        raise ValueError(f"there is no chapter {chapter!r:.70}; there is: drones")
    if labels is not None or no_story:
        raise ValueError("the chapter drones has one set of labels, and a story: no --labels, no --no-story")


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder, for this node alone.")],
    node_id: Annotated[str, typer.Option(help="Name of the node, such as north-1. For ever.")],
    party: Annotated[str, typer.Option(help="Id of the party whose node this is, such as north.")],
    authority: Annotated[str, typer.Option(help="What people call that authority.")],
    mode: Annotated[str, typer.Option(help="LIVE or EXERCISE. For ever.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8080,
    links: Annotated[
        str, typer.Option(help="Address and port where other nodes may dial it, such as 127.0.0.1:8843.")
    ] = "",
    no_passphrase: Annotated[
        bool, typer.Option("--no-passphrase", help="Leave the keys in the clear.")
    ] = False,
) -> None:
    """Make the folder of a new node: its keys, its configuration. Needs the extra mamarr\\[node].

    The passphrase of the keys is asked for, or is the first line of the standard input.
    """
    try:
        from mamarr.node.node_commands import found_node
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    asked = {"id": node_id, "party": party, "authority": authority, "mode": mode}
    try:
        found_node(folder, asked, port=port, links=links, has_passphrase=not no_passphrase)
    except (Unavailable, WireError, ValueError, OSError) as wrong:
        _wrong(str(wrong))


@app.command()
def serve(
    config: Annotated[Path, typer.Argument(help="The node's configuration, made by `mamarr init`.")],
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the passphrase of the key; mode 0600.")
    ] = None,
    passphrase_fd: Annotated[
        int | None, typer.Option(min=0, help="Open file descriptor to read the passphrase from.")
    ] = None,
) -> None:
    """Run a node until SIGTERM or Ctrl-C. Prints, last, `ready: ADDRESS`. Needs the extra mamarr\\[node]."""
    try:
        from mamarr.node.node_commands import serve_node
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    try:
        serve_node(config, passphrase_file=passphrase_file, passphrase_fd=passphrase_fd)
    except WireError as wrong:
        _wrong(f"{config}: {wrong}")
    except (Unavailable, OSError) as wrong:
        _wrong(str(wrong))


RecordAt = Annotated[
    str, typer.Option(help="Where the record is: sqlite:FILE, postgresql://USER@HOST/DATABASE or memory:")
]
KeyAt = Annotated[
    Path | None,
    typer.Option(help="File of the log's key, else beside the record. Processes of one DSS share it."),
]
InstanceAt = Annotated[
    str | None,
    typer.Option(help="Where the other processes of this DSS reach this one; else on this machine."),
]


@app.command()
def dss(
    public_key: Annotated[
        list[Path] | None,
        typer.Option(help="File with a public key of who issues the tokens, PEM. Once for each key."),
    ] = None,
    jwks: Annotated[str | None, typer.Option(help="Address of their keys as a JWK set instead.")] = None,
    audience: Annotated[
        list[str] | None,
        typer.Option(help="Name of a host, without port, that tokens must be for. Once for each."),
    ] = None,
    store: RecordAt = "memory:",
    key: KeyAt = None,
    instance_url: InstanceAt = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")
    ] = 8082,
    mode: Annotated[str, typer.Option(help="LIVE or EXERCISE. For ever.")] = "EXERCISE",
    passphrase_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the passphrase of the key; mode 0600.")
    ] = None,
    pool: Annotated[str, typer.Option(help="What the pool is called; else as this instance.")] = "",
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Take http addresses of USSs: for tests alone.")
    ] = False,
    confirm_restore: Annotated[
        str | None, typer.Option(help="Who takes a record from a backup as it is: a person's name.")
    ] = None,
    shadow: Annotated[
        str | None,
        typer.Option(help="Address of another DSS, which answers; this one is asked the same and compared."),
    ] = None,
) -> None:
    """Run a DSS of ASTM F3548-21 and F3411-22a until SIGTERM or Ctrl-C. Prints, last, `ready: ADDRESS`.

    No corridors, page or peers. Needs the extra mamarr\\[node].
    """
    try:
        from mamarr.node.dss_command import Asked, serve_dss
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    asked = Asked(
        public_keys=tuple(public_key or ()),
        jwks=jwks,
        audiences=tuple(audience or ()),
        store=store,
        port=port,
        mode=mode,
        passphrase_file=passphrase_file,
        pool_id=pool,
        allows_http=allow_http,
        confirm_restore=confirm_restore,
        shadow=shadow,
        key=key,
        instance_url=instance_url,
    )
    try:
        serve_dss(asked)
    except (Unavailable, ValueError, OSError) as wrong:
        _wrong(str(wrong))


@app.command()
def uss(
    config: Annotated[Path, typer.Argument(help="What the USS is told, TOML: see docs/uss.md.")],
    confirm_restore: Annotated[
        str | None, typer.Option(help="Who takes a record from a backup as it is: a person's name.")
    ] = None,
) -> None:
    """Run a USS of ASTM F3548-21, and a DSS beside it if the file says so, until SIGTERM or Ctrl-C.

    Prints, last, `ready: ADDRESS`. Needs the extra mamarr\\[node].
    """
    try:
        from mamarr.node.uss_command import serve_uss
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    try:
        serve_uss(config, confirm_restore=confirm_restore)
    except WireError as wrong:
        _wrong(f"{config}: {wrong}")
    except (Unavailable, ValueError, OSError) as wrong:
        _wrong(str(wrong))


@app.command()
def audit(
    record: Annotated[
        str, typer.Argument(help="The record of a node: a file, or postgresql://USER@HOST/DATABASE.")
    ],
    key: Annotated[
        str | None, typer.Option(help="The node's public key, NAME+ID+BASE64; else the record's own word.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A signed head of this log that was kept elsewhere.")
    ] = None,
    keep_checkpoint: Annotated[
        Path | None, typer.Option(help="Write the newest signed head here; keep it on another machine.")
    ] = None,
    flight: Annotated[
        str | None,
        typer.Option(
            help="Show who asked and answered what about this flight or reservation, and who signed it: "
            "its id, what it is called between nodes, or the id of its crossing."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell all of it in JSON.")] = False,
) -> None:
    """Verify a record alone, without its node. Exit 1 names the first thing that is wrong.

    A file that does not open as a record is exit 2. Bytes that nothing of the record is read from, such as
    free space in the file, are not looked at. What other nodes sent is verified with the keys of theirs that
    the record has.
    """
    from mamarr.engine import Calls
    from mamarr.link.correspondence import Correspondence
    from mamarr.node.auditing import (
        Asked,
        audit_file,
        in_json,
        print_between,
        print_calls,
        print_verdict,
    )

    console = Console(soft_wrap=True, stderr=as_json)
    place = record if record.startswith(DATABASES) else Path(record)
    if isinstance(place, Path) and not place.is_file():
        _wrong(f"there is no file {record}")
    try:
        asked = Asked(record=place, key=key, checkpoint=checkpoint, keep_checkpoint=keep_checkpoint)
        between, calls = Correspondence(flight), Calls()
        verdict = audit_file(asked, console, between, calls)
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))
    if as_json:
        typer.echo(in_json(verdict, between, calls, trusted=key is not None))
    else:
        print_verdict(console, verdict, trusted=key is not None)
        print_calls(console, calls.found)
        print_between(console, between)
    if verdict.finding is not None:
        raise typer.Exit(FINDING)


def _from_nm(typed: str) -> float:
    return _length_m(typed, mm_from_nm)


def _from_ft(typed: str) -> float:
    return _length_m(typed, mm_from_ft)


def _length_m(typed: str, mm_of: Callable[[float], int]) -> float:
    try:
        length_m = m_from_mm(mm_of(float(typed)))
    except ValueError as wrong:
        raise typer.BadParameter(f"{typed!r} is no number") from wrong
    if length_m < 0:
        raise typer.BadParameter(f"{typed!r} is less than nothing")
    return length_m


@app.command()
def conflicts(
    file: Annotated[Path, typer.Argument(help="Recorded traffic: CSV, or Parquet with mamarr\\[parquet].")],
    step_s: Annotated[float, typer.Option("--step", min=0.1, help="Look each so many seconds.")] = 10,
    horizontal_m: Annotated[
        float, typer.Option("--horizontal-nm", parser=_from_nm, help="Horizontal minimum, nautical miles.")
    ] = HORIZONTAL_NM,  # type: ignore[assignment]  # read by the parser, as what is typed
    vertical_m: Annotated[
        float, typer.Option("--vertical-ft", parser=_from_ft, help="Vertical minimum, feet.")
    ] = VERTICAL_FT,  # type: ignore[assignment]
    lookahead_s: Annotated[
        float, typer.Option("--lookahead", min=1, help="How far ahead, seconds of straight flight.")
    ] = 300,
    out: Annotated[
        Path | None, typer.Option(help="Write each pair of each step to this new file, as CSV.")
    ] = None,
) -> None:
    """Show who comes too close in a file of recorded traffic. Needs no node. Exit 1: somebody does.

    Columns as of the traffic library: timestamp (with a zone), icao24 or callsign, latitude, longitude,
    altitude (feet), groundspeed (knots), track, vertical_rate (feet a minute).
    """
    from mamarr.node.conflicts_command import Wanted, find

    wanted = Wanted(
        file=file,
        step_s=step_s,
        horizontal_m=horizontal_m,
        vertical_m=vertical_m,
        lookahead_s=lookahead_s,
        out=out,
    )
    try:
        count = find(wanted, Console(), Console(stderr=True))
    except ValueError as wrong:
        _wrong(f"{file}: {wrong}")
    except Unavailable as wrong:
        _wrong(str(wrong))
    if count:
        raise typer.Exit(FINDING)


@app.command()
def plan(
    file: Annotated[Path, typer.Argument(help="Flights: CSV, a line each.")],
    airspace: Annotated[
        Path, typer.Option(help="GeoJSON with the corridors, and with constraints where sky is closed.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the routes to this new file, as GeoJSON.")] = None,
) -> None:
    """Plan a morning's flights, by priority and in turns. Needs no node. Exit 1: one has no route.

    Columns: flight_id, party, origin, destination (designators of points), departure_from, departure_to (with
    a zone), speeds_kt, level; and if wanted levels, handling, navigation_specification, has_rvsm.
    """
    from mamarr.node.plan_command import plan_file

    try:
        left_count = plan_file(file, airspace, out, Console(), Console(stderr=True))
    except ValueError as wrong:
        _wrong(f"{file}: {wrong}")
    except WireError as wrong:
        _wrong(f"{airspace}: {wrong}")
    except Unavailable as wrong:
        _wrong(str(wrong))
    if left_count:
        raise typer.Exit(FINDING)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file of airspace.")],
    file_format: Annotated[
        Format | None, typer.Option("--format", help="How it is written; else by the ending of its name.")
    ] = None,
    qnh_hpa: Annotated[
        float | None,
        typer.Option("--qnh", help="QNH in hPa that altitudes above mean sea level are on (OpenAir)."),
    ] = None,
    geoid: Annotated[
        str | None, typer.Option(help="Geoid that they are above instead, such as EGM96 (OpenAir).")
    ] = None,
    undulation_m: Annotated[
        float | None, typer.Option(help="Height of that geoid above the WGS-84 ellipsoid there, metres.")
    ] = None,
    as_geojson: Annotated[
        Path | None, typer.Option(help="Write what was read as GeoJSON to this new file.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Declare what was read at this node, such as https://node.example.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with a token that may administer that node.")
    ] = None,
    despite_findings: Annotated[
        bool,
        typer.Option("--despite-findings", help="Write or declare what is right though something is wrong."),
    ] = False,
) -> None:
    """Check a file of airspace and show what it holds. Exit 1 names all that is wrong in it, or refused."""
    from mamarr.node.importing import Asked, print_reading, read_file, write_geojson

    asked = Asked(
        file=file,
        file_format=file_format,
        qnh_hpa=qnh_hpa,
        geoid=geoid,
        undulation_m=undulation_m,
        as_geojson=as_geojson,
        to=to,
        token_file=token_file,
        despite_findings=despite_findings,
    )
    console, errors = Console(), Console(stderr=True)
    try:
        reading = read_file(asked)
        print_reading(reading, console, errors)
        count = write_geojson(asked, reading)
    except WireError as wrong:
        typer.echo(f"{file}: {wrong}", err=True)
        raise typer.Exit(FINDING) from wrong
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))
    if as_geojson is not None:
        typer.echo(f"{count} written to {as_geojson}" if count else "nothing written", err=True)
    refused_count = _declared(asked, reading, console, errors)
    if reading.findings or refused_count:
        raise typer.Exit(FINDING)


def _declared(asked: "Asked", reading: "Reading", console: Console, errors: Console) -> int:
    """Declare what was read where it is asked for; how many features the node refused."""
    if asked.to is None or asked.token_file is None:
        return 0
    if reading.findings and not asked.despite_findings:
        typer.echo("nothing declared", err=True)
        return 0
    try:
        from mamarr.node.node_client import NodeClient, token_in
        from mamarr.node.sending import print_outcome, sent
    except ModuleNotFoundError as missing:
        _wrong(f"--to needs more packages ({missing.name} is missing): pip install 'mamarr[node]'")
    try:
        node = NodeClient(asked.to, token_in(asked.token_file))
        features = sent(node, reading.values(despite_findings=asked.despite_findings))
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))
    return print_outcome(features, console, errors)


@app.command()
def zones(
    file: Annotated[Path, typer.Argument(help="A file of UAS zones, ED-269 or ED-318.")],
    start: Annotated[
        str, typer.Option("--from", help="From when on, with a zone, such as 2026-05-01T00:00:00Z.")
    ],
    end: Annotated[str, typer.Option("--until", help="Until when; at most 400 days later.")],
    ground_m: Annotated[
        tuple[float, float] | None,
        typer.Option("--ground", help="Lowest and highest ground there, metres above the WGS-84 ellipsoid."),
    ] = None,
    undulation_m: Annotated[
        float | None, typer.Option(help="Height of the geoid above that ellipsoid there, metres.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="Close them for drones at this USS of yours (`mamarr uss`).")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with a token of that USS's own name to manage constraints.")
    ] = None,
    despite_findings: Annotated[
        bool, typer.Option("--despite-findings", help="Tell what is right though something is wrong.")
    ] = False,
) -> None:
    """Show what UAS zones close for drones, and tell a USS of yours. Exit 1 names what is wrong."""
    try:
        from mamarr.node.node_client import NodeClient, token_in
        from mamarr.node.zones_command import Asked, print_zones, read_zones, tell
    except ModuleNotFoundError as missing:
        _needs_node(missing)
    console, errors = Console(), Console(stderr=True)
    try:
        if (to is None) != (token_file is None):
            raise ValueError("--to and --token-file go together")
        asked = Asked(
            file=file,
            start=_moment("--from", start),
            end=_moment("--until", end),
            ground_m=ground_m,
            undulation_m=undulation_m,
        )
        found = read_zones(asked)
        print_zones(found, console, errors)
        refused_count = 0
        if to is not None and token_file is not None and (despite_findings or not found.findings):
            refused_count = tell(NodeClient(to, token_in(token_file)), found.zones, errors)
            typer.echo(f"{len(found.zones) - refused_count} told, {refused_count} refused", err=True)
        elif to is not None:
            typer.echo("nothing told", err=True)
    except WireError as wrong:
        typer.echo(f"{file}: {wrong}", err=True)
        raise typer.Exit(FINDING) from wrong
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))
    if found.findings or refused_count:
        raise typer.Exit(FINDING)


def _moment(option: str, typed: str) -> datetime:
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise ValueError(f"{option} {typed[:40]!r} is no time, such as 2026-05-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{option} {typed[:40]!r} has no zone, such as Z")
    return moment


@app.command()
def export(
    source: Annotated[str, typer.Option("--from", help="A running node, such as https://node.example.")],
    token_file: Annotated[Path, typer.Option(help="File with a token that may read at that node.")],
    out: Annotated[Path | None, typer.Option(help="Write to this new file; else to the output.")] = None,
) -> None:
    """Write what a running node has declared as GeoJSON, which `import` reads."""
    try:
        from mamarr.node.exporting import exported, write
        from mamarr.node.node_client import NodeClient, token_in
    except ModuleNotFoundError as missing:
        _wrong(f"this needs more packages ({missing.name} is missing): pip install 'mamarr[node]'")
    try:
        body, count = exported(NodeClient(source, token_in(token_file)))
        if out is None:
            typer.echo(body.decode(), nl=False)
        else:
            write(body, out)
            typer.echo(f"{count} written to {out}", err=True)
    except (Unavailable, ValueError) as wrong:
        _wrong(str(wrong))


def _more_commands() -> None:
    """Add `account` and `peer`, which need the extra [node]; without it the rest still works."""
    try:
        from mamarr.node.account_commands import app as accounts
        from mamarr.node.peer_commands import app as peers
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.startswith("mamarr"):
            raise
        return
    app.add_typer(accounts, name="account")
    app.add_typer(peers, name="peer")


def _needs_node(missing: ModuleNotFoundError) -> NoReturn:
    _wrong(f"this needs more packages ({missing.name} is missing): pip install 'mamarr[node]'")


def _wrong(why: str) -> NoReturn:
    from mamarr.interop.wire import safe

    # A damaged file is quoted by some of these sentences.
    typer.echo(f"mamarr: {safe(why, characters_max=SENTENCE_MAX)}", err=True)
    raise typer.Exit(WRONG_USE)


def main() -> None:
    """Entry point of the `mamarr` command."""
    # All of the node is loaded for `account` and `peer`; the other commands need not wait for that.
    others = {each.name or getattr(each.callback, "__name__", None) for each in app.registered_commands}
    if not others.intersection(sys.argv[1:2]):
        _more_commands()
    try:
        app()
    finally:
        gc.freeze()  # or the end of the process would look for cycles in all that was loaded, for 0.3 s
