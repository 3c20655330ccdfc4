"""ASTM F3548-21 as JSON: requests to a DSS and its answers, without I/O."""
