"""Codecs and protocol rules without I/O: strangers' bytes in, values out, and back."""
