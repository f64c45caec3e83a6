"""Great Expectations without its ceremony: one ephemeral context, Spark frames in, lines out."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core import ExpectationSuite

from expectations.summary import summarise

for _name in ("great_expectations", "great_expectations.data_context.types.base"):  # a level of its own: INFO
    logging.getLogger(_name).setLevel(logging.ERROR)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Runner:
    """Runs suites over frames and writes one Data Docs site of all results.

    Args:
        docs: folder of the site; made when the docs are written.
    """

    def __init__(self, docs: Path):
        self.context: Any = gx.get_context(mode="ephemeral")
        none: Any = {"globally": False}  # plain values, where the types of both say less than is read
        self.context.variables.progress_bars = none
        site: Any = {
            "class_name": "SiteBuilder",
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
            "site_index_builder": _INDEX,
            "site_section_builders": {"expectations": _VIEW, "validations": _VIEW},
            "show_how_to_buttons": False,
        }
        self.context.add_data_docs_site("local", site)
        self.source = self.context.data_sources.add_or_update_spark("raw", persist=False)

    def check(self, frame: "DataFrame", suite: ExpectationSuite) -> list[dict[str, Any]]:
        """Validate a frame; unexpected rows stay in Spark, only counts and a few examples come back."""
        batch = self.source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("whole")
        definition = self.context.validation_definitions.add(
            gx.ValidationDefinition(name=suite.name, data=batch, suite=self.context.suites.add(suite))
        )
        checkpoint = self.context.checkpoints.add(
            gx.Checkpoint(
                name=suite.name, validation_definitions=[definition], result_format={"result_format": "SUMMARY"}
            )
        )
        (result,) = checkpoint.run(batch_parameters={"dataframe": frame}).run_results.values()
        return summarise(suite.name, result.results)

    def write_docs(self) -> None:
        """Write the Data Docs of all suites checked so far."""
        self.context.build_data_docs(["local"])


_INDEX = {"class_name": "DefaultSiteIndexBuilder"}
_VIEW = {"view": {"module_name": "expectations.docs", "class_name": "EscapedPageView"}}
