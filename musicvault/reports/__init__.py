"""What leaves the house: the report as a page or a table, manifests, the audit trail in PREMIS, bags for an archive.

A *report* is written as a stream, in memory that doesn't grow with the library, to whatever takes its bytes. A
*delivery* is a folder that stands on its own: it appears under its name whole and proven, or not at all.
"""
