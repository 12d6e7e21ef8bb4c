"""The roster of an organisation from a spreadsheet: read it, compare it with what is there, write the difference.

``reading`` and ``rows`` turn a file into rows and problems and know nothing of a database; ``importing`` does it all.
"""

from inspect_api.roster.importing import Counts, RosterResult, import_roster
from inspect_api.roster.problems import RosterError, RowProblem

__all__ = ["Counts", "RosterError", "RosterResult", "RowProblem", "import_roster"]
