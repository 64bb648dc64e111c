"""The privacy room: typed records come in with identities, rows with keyed tokens go out. Identities end here.

Public: `pseudonymise` (one delivery, one record type), `write` (idempotent append), `Communes`, `RULES` (the token rules, as data).
Everything between is in memory, in a DuckDB that never spills. Not here: who is the same person (`assets/linkage`).
"""

from assets.privacy.pseudonymise import Pseudonymised, pseudonymise
from assets.privacy.rules import RULES, Rule
from assets.privacy.store import forget, known_profiles, write
from assets.privacy.territory import Communes

__all__ = ["RULES", "Communes", "Pseudonymised", "Rule", "forget", "known_profiles", "pseudonymise", "write"]
