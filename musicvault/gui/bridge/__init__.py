"""The only place of the window that makes threads.

`jobs.Jobs` runs generators of notices, each on a thread of its own, and tells the window about them some fifteen
times a second: `Advanced` merged to the newest, `ItemDone` and `Finished` never dropped. `questions.Questions` runs
short reads (catalog queries, folder looks) one after another and brings the answers back. A `listening.Listener` waits
for what may happen at any time.
"""

from musicvault.gui.bridge.jobs import Jobs
from musicvault.gui.bridge.listening import Listener
from musicvault.gui.bridge.questions import Questions

__all__ = ["Jobs", "Listener", "Questions"]
