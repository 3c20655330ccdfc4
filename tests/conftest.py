"""Settings for every test."""

from hypothesis import settings

# No deadline: a unit test is never timed, machines are noisy. A failing example is printed, to be kept.
settings.register_profile("mamarr", deadline=None, print_blob=True)
settings.load_profile("mamarr")
