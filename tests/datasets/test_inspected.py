"""`coles inspect` on what people come with: a YAML that loads, or one message."""

import pytest
import yaml
from catalogue import cases
from catalogue.case import _write

from coles_ops.config import parse_config
from coles_ops.inspect import profile, take, to_yaml
from coles_ops.schema import UserError


@pytest.mark.parametrize("case", cases()[::6], ids=lambda case: case.name)
def test_any_input_ends_in_a_yaml_or_in_one_message(case, tmp_path):
    options = _write(case, tmp_path)
    try:
        text = to_yaml(profile(take([options["events"], options["targets"]], 1_000)), case.name)
    except UserError as error:
        assert len(str(error)) < 1_500
        return
    dataset = parse_config(yaml.safe_load(text), source="case").dataset
    assert dataset.client
    assert dataset.time
    assert dataset.label
