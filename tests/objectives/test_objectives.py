import pytest
import torch
from torch.nn.functional import normalize

from coles_ops.objectives import OBJECTIVES


@pytest.mark.parametrize("name", OBJECTIVES.names())
def test_every_objective_prefers_clients_apart(name):
    owner = torch.tensor([0, 0, 1, 1])
    apart = normalize(torch.tensor([[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0], [-1.0, 0.1]]), dim=1)
    objective = OBJECTIVES.get(name)()
    assert objective.loss(apart, owner) < objective.loss(apart[[0, 2, 1, 3]], owner)
