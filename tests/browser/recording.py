"""A recording of a page: the frames that the browser sends over CDP, joined by ffmpeg."""

import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

WIDTH_PX, HEIGHT_PX = 960, 600  # of the recording; the page is a third larger
FRAMES_PER_S = 8  # chosen: a map that is drawn in software changes no faster


class Recording:
    """The frames of a page from now on, in a folder, each with the moment at which it was shown."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.folder = folder
        self.frames: list[tuple[Path, float]] = []
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.on("Page.screencastFrame", self._keep)
        size = {"maxWidth": WIDTH_PX, "maxHeight": HEIGHT_PX}
        self.session.send("Page.startScreencast", {"format": "jpeg", "quality": 90, **size})

    def _keep(self, frame: dict[str, Any]) -> None:
        path = self.folder / f"{len(self.frames):05}.jpg"
        path.write_bytes(b64decode(frame["data"]))
        self.frames.append((path, float(frame["metadata"]["timestamp"])))
        self.session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    def stop(self) -> None:
        """No more frames."""
        self.session.send("Page.stopScreencast")

    @property
    def length_s(self) -> float:
        """How long it took, as it was seen."""
        return self.frames[-1][1] - self.frames[0][1]

    def join(self, path: Path, length_s: float) -> None:
        """Write it as an animated picture that takes `length_s`, however long it took."""
        ratio = length_s / self.length_s
        shown_s = [
            (after - before) * ratio
            for (_, before), (_, after) in zip(self.frames, self.frames[1:], strict=False)
        ]
        lines = ["ffconcat version 1.0"]
        for (frame, _), duration_s in zip(self.frames, shown_s, strict=False):
            lines += [f"file {frame.name}", f"duration {duration_s:.6f}"]
        lines.append(f"file {self.frames[-1][0].name}")  # the last one has no length of its own
        listed = self.folder / "frames.ffconcat"
        listed.write_text("\n".join(lines) + "\n")
        command = ["ffmpeg", "-y", "-loglevel", "error", "-i", str(listed), "-vf", f"fps={FRAMES_PER_S}"]
        command += ["-loop", "0", "-c:v", "libwebp_anim", "-quality", "60", str(path)]
        subprocess.run(command, check=True)
