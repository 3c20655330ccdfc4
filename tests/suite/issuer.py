"""Issues the tokens that the suite asks for, on this machine and for tests alone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

LIFETIME_S = 3_600
NEEDED = ("intended_audience", "scope")


@contextmanager
def issuing(private_key: Path) -> Iterator[str]:
    """The address of an issuer that signs with the key in the file, as long as the context lasts.

    It answers GET /token with `intended_audience`, `scope` and, if wanted, `issuer`, `expire` and `sub`.
    """
    key = RSAKey.import_key(private_key.read_bytes())

    class Issuer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            values = {name: all_[0] for name, all_ in parse_qs(asked.query, keep_blank_values=True).items()}
            if asked.path != "/token" or not values.keys() >= set(NEEDED):
                self._answer(400, {"message": f"GET /token with {', '.join(NEEDED)}"})
                return
            claims = {
                "aud": values["intended_audience"],
                "scope": values["scope"],
                "iss": values.get("issuer", "issuer-of-tests"),
                "sub": values.get("sub", "uss"),
                "exp": int(values.get("expire", time.time() + LIFETIME_S)),
            }
            self._answer(200, {"access_token": jwt.encode({"alg": "RS256"}, claims, key)})

        def _answer(self, status: int, said: dict[str, str]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: an address holds what is asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()
