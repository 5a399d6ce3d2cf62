"""The study language: what ``study.yaml`` and ``site.yaml`` may say, and reading them."""

from casewise.protocol.reading import read, read_site, read_study
from casewise.protocol.schema import schema

__all__ = ["read", "read_site", "read_study", "schema"]
