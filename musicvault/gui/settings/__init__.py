"""Settings: how the window looks, what scans do beside their duty, what libraries leave out."""
