"""What `pull` writes, read again, says what the store holds, and nothing else."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rorcli.exchange import KEPT_SOURCES, text_of, tidy
from rorcli.items import COUNTED_ALL_DAY
from rorcli.model import decode
from rorcli.planning.changes import merge
from rorcli.planning.plan import Sides
from rorcli.stores.base import valued
from rorcli.text.document import read
from tests.strategies import establishments

PATIENT = settings(suppress_health_check=list(HealthCheck), max_examples=100)


@PATIENT
@given(establishments(), st.booleans())
def test_a_pulled_file_differs_from_the_store_in_nothing(made, availability):
    held = valued(made)
    document = read(text_of(tidy(held, availability=availability)), "etab.yaml")
    sides = Sides.of(decode(document.data), held, None)
    assert (document.faults, document.ambiguous) == ((), ())
    assert merge(sides.ours, sides.theirs, None).ours == ()


@PATIENT
@given(establishments())
def test_what_a_pulled_file_leaves_out_is_a_default_or_a_count_of_bed_management(made):
    held = valued(made)
    ours = decode(read(text_of(tidy(held, availability=False)), "etab.yaml").data)
    sides = Sides.of(ours, held, None)
    for path in sides.theirs.values.keys() - sides.ours.values.keys():
        if "capacites" in path:
            measure = path[: path.index("capacites") + 2]
            statut, source = path[3].split("/")[1], sides.theirs.values.get((*measure, "source"))
            assert statut in COUNTED_ALL_DAY or source not in KEPT_SOURCES
        else:
            assert path[-1] == "confidentialite"
            assert "telecoms" in path
            assert sides.theirs.values[path] in {"1", "2"}
