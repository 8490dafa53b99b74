"""The desk between window and engine: turns catalog and engine into view models, and actions into jobs.

Nothing in here paints, and nothing above it knows the engine. The functions that build view models read the catalog and
the mounts, so they run on a worker thread (`gui.bridge.Questions`), never on Qt's.
"""
