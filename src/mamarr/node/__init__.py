"""Sockets, clock, threads, wiring and the command line. Imported by nobody."""
