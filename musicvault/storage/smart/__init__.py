"""What a drive says about itself (SMART), by way of `smartctl` where it is installed.

`asking` runs it without waking a drive that sleeps; `answers` reads its JSON. What can't be had is *unknown* with a
reason, never well.
"""
