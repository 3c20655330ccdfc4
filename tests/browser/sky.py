"""Two corridors of two authorities for the browser, and what can be seen on the map."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Frame, Page, Route

from tests.browser.looks import RESETS_MAX

# In the Norwegian Sea, chosen for the tests: far from whatever the demo declares.
WEST_DEG, MIDDLE_DEG, EAST_DEG = 2.0, 4.0, 6.0
RED = (255, 92, 92)
LAND = (34, 45, 54)


def _feature(kind: str, name: str, geometry: dict | None, **properties: object) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind, "id": name, **properties}}


def _share(name: str, authority: str, west_deg: float, east_deg: float) -> dict:
    ring = [[west_deg, 64], [east_deg, 64], [east_deg, 67], [west_deg, 67], [west_deg, 64]]
    place = {"type": "Polygon", "coordinates": [ring]}
    return _feature("share", name, place, authority=authority, lower="F100", upper="F450")


def _corridor(name: str, latitude_deg: float) -> dict:
    place = {
        "type": "LineString",
        "coordinates": [[WEST_DEG + 0.2, latitude_deg], [EAST_DEG - 0.2, latitude_deg]],
    }
    levels = {"lower": "F240", "upper": "F400"}
    return _feature(
        "corridor",
        name,
        place,
        half_width_nm=5,
        navigation_specification="RNAV_5",
        designators=[f"{name[:2]}W", f"{name[:2]}E"],
        **levels,
    )


def declare(page: Page) -> None:
    """Declare the sky at the node of the page, with the session of the page, unless another test has."""
    at = urlsplit(page.url)
    origin = f"{at.scheme}://{at.netloc}"
    held = page.request.get(f"{origin}/api/airspace", max_retries=RESETS_MAX).json()["features"]
    if any(each["properties"]["id"] == "AANORTH" for each in held):
        return
    parties = {each["properties"]["id"] for each in held if each["properties"]["kind"] == "party"}
    features = [
        _feature("party", party, None, is_authority=True, centres=[{"id": centre}], serving_centre=centre)
        for party, centre in (("authority-a", "A-TEST"), ("authority-b", "B-TEST"))
        if party not in parties
    ]
    features += [
        _share("B-SHARE", "authority-b", WEST_DEG, MIDDLE_DEG),
        _share("A-SHARE", "authority-a", MIDDLE_DEG, EAST_DEG),
        _corridor("AANORTH", 66.0),
        _corridor("AASOUTH", 65.0),
    ]
    answer = page.request.post(
        f"{origin}/api/airspace",
        data=json.dumps({"type": "FeatureCollection", "features": features}),
        headers={"Origin": origin, "Content-Type": "application/json"},
        max_retries=RESETS_MAX,
    )
    assert answer.ok, answer.text()
    assert all(each["reason"] is None for each in answer.json()["features"]), answer.text()


def change_picture(page: Page, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Show the page the node's picture with other things in it."""

    def answer(route: Route) -> None:
        picture = change(route.fetch(max_retries=RESETS_MAX).json())
        route.fulfill(body=json.dumps(picture), content_type="application/json")

    page.route("**/api/picture", answer)


def pixels_of(page: Page | Frame, colour: tuple[int, int, int]) -> tuple[int, float]:
    """How many pixels of the map are about this colour, and how far right they lie, 0 to 1, in the middle."""
    page.locator("#map[data-idle]").wait_for()
    without = ".legend, .map-mode, .map-buttons { visibility: hidden !important }"
    shot = b64encode(page.locator(".map-canvas canvas").screenshot(style=without)).decode()
    found = page.evaluate(
        """async ([shot, [red, green, blue]]) => {
            const image = new Image();
            image.src = `data:image/png;base64,${shot}`;
            await image.decode();
            const canvas = new OffscreenCanvas(image.width, image.height);
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            const { data } = pen.getImageData(0, 0, image.width, image.height);
            let [count, sum] = [0, 0];
            for (let at = 0; at < data.length; at += 4) {
                const apart = [red, green, blue].map((wanted, place) => Math.abs(data[at + place] - wanted));
                if (Math.max(...apart) > 10) continue;
                count += 1;
                sum += (at / 4) % image.width;
            }
            return [count, count === 0 ? 0 : sum / count / image.width];
        }""",
        [shot, list(colour)],
    )
    return int(found[0]), float(found[1])
