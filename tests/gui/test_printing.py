"""The report on paper: a PDF of several pages, and nothing is loaded that the page names."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QApplication

from musicvault.gui.printing import _Document, drawn, pdf

SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='10'><rect width='40' height='10' fill='#c2255c'/></svg>"
)


def test_a_page_becomes_a_pdf(qapp: QApplication) -> None:
    text = "".join(f"<p>line {number}</p>" for number in range(200))
    made = pdf(
        f"<html><body><h1>Report</h1><img src='chart:0' width='40'>{text}</body></html>", {"chart:0": SVG}, "Report"
    )
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") > 1


def test_a_drawing_is_an_image_that_is_sharp(qapp: QApplication) -> None:
    image = drawn(SVG)
    assert (image.width(), image.height()) == (160, 40)
    assert image.pixelColor(80, 20).name() == "#c2255c"
    assert drawn("").isNull()


def test_files_and_addresses_are_not_loaded(qapp: QApplication, tmp_path: Path) -> None:
    picture = tmp_path / "secret.png"
    made = QImage(4, 4, QImage.Format.Format_RGB32)
    made.fill(0)
    assert made.save(str(picture))
    document = _Document({"chart:0": SVG})
    kind = int(QTextDocument.ResourceType.ImageResource.value)
    for name in (picture.as_uri(), str(picture), "http://localhost/x.png", ""):
        found = document.loadResource(kind, QUrl(name))
        assert isinstance(found, QImage)
        assert found.isNull()
    assert not document.loadResource(kind, "chart:0").isNull()  # type: ignore[attr-defined]
