"""The linkage room: tokens of all partners in, one random `person_id` per person out. It never sees an identity.

Public: `link`. Steps: candidate pairs (`pairs.py`), weights by Splink (`model.py`), decisions and guards (`decide.py`), constrained
clusters (`clusters.py`), ids that last from run to run (`persons.py`). Not here: how tokens are made (`assets/privacy`).
"""

from assets.linkage.link import link
from assets.linkage.model import MATCH_WEIGHT

__all__ = ["MATCH_WEIGHT", "link"]
