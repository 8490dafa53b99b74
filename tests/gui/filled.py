"""Screens with something on them, made up."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from musicvault.gui.frame.window import MainWindow
from musicvault.gui.models.library import ItemDetail
from tests.gui import sample, samples_of_policy


def fill(window: MainWindow) -> None:
    """Overview, drives, attention, policy and activity."""
    window.overview.show_model(sample.overview())
    window.drives.show_drives(sample.drives())
    window.attention.show_model(sample.attention())
    window.policy.show_model(samples_of_policy.policy())
    for job in sample.jobs():
        window.activity.show_job(job)


def fill_all(window: MainWindow) -> None:
    """These, the library, the settings and the foot as well."""
    fill(window)
    window.library.show_source(sample.Rows(100_000))
    details: list[ItemDetail] = [sample.detail(3)]
    window.library.inspector.show_details(details)
    window.drives.show_volumes(sample.volumes())
    window.settings.show_model(sample.settings())
    for job in sample.jobs():
        window.footer.show_job(job)
    QApplication.processEvents()
