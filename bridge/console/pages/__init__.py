"""The pages, by subject."""

from starlette.routing import Route

ROUTES: tuple[Route, ...] = ()
