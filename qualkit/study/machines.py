"""The machine coders of a study, made as the study sets them."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING

from qualkit import plugs
from qualkit.plugs import Suggester
from qualkit.stages import suggest
from qualkit.study.artifacts import Artifacts

if TYPE_CHECKING:
    from qualkit.study.study import Study


def machine(study: Study, name: str, options: suggest.Options) -> Suggester:
    """The machine coder `name`, given what its constructor asks for; see `Suggester`."""
    make = plugs.load("suggesters", name)
    settings = {
        "error": options.error,
        "most": options.top_k,
        "server": options.llm_server,
        "model": options.llm_model,
        "allow_remote": options.allow_remote,
        "keep": Artifacts(study.folder.artifacts / "answers"),
    }
    wanted = signature(make).parameters
    made: Suggester = make(**{key: value for key, value in settings.items() if key in wanted})
    return made
