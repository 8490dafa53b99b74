"""The composition root: the only place that puts catalog, clock and settings together for a front end."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from musicvault import language, settings
from musicvault.catalog import health, standing
from musicvault.catalog.database import Catalog
from musicvault.catalog.migrating import Tell, silently
from musicvault.engine.context import Context
from musicvault.engine.timekeeping import TrustedClock
from musicvault.settings import Settings

CATALOG_VARIABLE = "MUSICVAULT_CATALOG"
_MOST_WORKERS = 8


@dataclass(frozen=True, slots=True)
class App:
    """An opened MusicVault: what the command line and the window are handed."""

    catalog: Catalog
    settings: Settings
    context: Context

    def close(self) -> None:
        """Let go of the catalog. Jobs must have ended."""
        self.catalog.close()


def open_app(catalog: Path | None = None, tell: Tell = silently, *, to_read: bool = False) -> App:
    """Open the catalog at `catalog`, else where MUSICVAULT_CATALOG says, else in the user's data folder. `tell` hears
    how far a migration is. `to_read`: on a disk that is full what is there will do.

    Raises what `Catalog.open` and `settings.load` raise.
    """
    chosen = settings.load()
    language.use([chosen.language] if chosen.language else None)
    opened = Catalog.open((catalog or default_catalog()).absolute(), tell, to_read=to_read)
    clock = TrustedClock(opened)
    if opened.is_migrated:  # where all is to be judged anew, that is part of it, and not of the first question
        standing.catch_up(opened, clock.now(), tell)
    context = Context(opened, clock.now, workers=chosen.workers or _workers(), keep_time=clock.keep)
    return App(opened, chosen, context)


def set_aside(catalog: Path) -> Path:
    """Give a damaged catalog another name, so that `open_app` makes a new one; gives that name. Raises VaultErrors."""
    return health.set_aside(catalog)


def default_catalog() -> Path:
    """Where the catalog is when nobody says otherwise."""
    named = os.environ.get(CATALOG_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_data_path("musicvault", appauthor=False) / "catalog.sqlite3"


def _workers() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return max(2, min(cores, _MOST_WORKERS))
