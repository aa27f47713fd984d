"""The tests of this folder can ask for a server that has MIND."""

from tests.helpers.mind_server import server

__all__ = ["server"]
