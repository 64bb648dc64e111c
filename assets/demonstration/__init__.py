"""The demonstration territory: an invented département, its people, their pathways, and the exports partners make of them.

Here: a synthetic world, how each partner writes it down, and the truth to compare results with. Nothing here reads a real
export, and nothing of the pipeline is used: the truth is computed by independent code.
"""

from assets.demonstration.generate import generate
from assets.demonstration.noise import Noise

__all__ = ["Noise", "generate"]
