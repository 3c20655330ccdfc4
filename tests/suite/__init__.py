"""Runs the public conformance suite of InterUSS, from a checkout that the user has, against a DSS of ours."""
