"""A server that has what pages show first before it answers, and that imports no more than it needs."""

from __future__ import annotations

import gc
import subprocess
import sys

from qualkit.figures.topic_map import as_spec, topic_map
from qualkit.study import Study, ahead, standing
from qualkit.ui.component import packed
from tests.test_figures import FOUND, PLACES, SAID


def test_what_was_read_ahead_is_there_until_somebody_acts(small_study: Study) -> None:
    ahead.read(small_study)
    assert small_study._kept.has(standing.FINDINGS) and gc.isenabled()
    assert small_study.standing(wait=False) == small_study.standing()
    with small_study.store.write() as tx:
        tx.log("qualkit", "an act", {})
    assert not small_study._kept.has(standing.FINDINGS)
    gc.unfreeze()


def test_who_does_not_wait_is_told_what_follows_from_no_code(small_study: Study) -> None:
    assert small_study.standing(wait=False) == small_study.standing(is_blind=True)


def test_a_map_on_a_page_holds_its_dots_and_names_in_its_layers_and_draws_the_same() -> None:
    chart = topic_map(FOUND, PLACES, SAID)
    spec = as_spec(chart)
    dots, *labels = spec["layer"]
    assert "data" not in spec and "datasets" not in spec
    assert dots["data"]["values"] == chart.data.values
    assert len(labels) == 2 and all(layer["data"]["values"] for layer in labels)
    assert chart.data.values and "encoding" in dots["layer"][0]


def test_data_for_a_component_are_not_looked_through_for_data_frames() -> None:
    sent = (
        "import streamlit, sys; from streamlit.components.v2.bidi_component.serialization import serialize_mixed_data as send"
    )
    script = f"""{sent}
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from qualkit.ui.component import packed
send(packed({{"turns": [1, 2]}}), BidiComponent())
print("pandas" in sys.modules)"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False" and packed({"a": 1}) == [{"a": 1}]
