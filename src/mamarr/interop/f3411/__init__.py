"""ASTM F3411-22a, Remote ID, as JSON: requests to a DSS and its answers, without I/O."""
