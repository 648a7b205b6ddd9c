"""Settings for production: ``base`` as it is, and a refusal to start on a weak one."""

from config.refusals import refuse_here

from .base import *  # noqa: F403

refuse_here(dict(globals()))
