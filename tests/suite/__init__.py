"""Runs the public suite of InterUSS, from a checkout that the user has, against a DSS and a USS of ours."""
