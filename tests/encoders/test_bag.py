import torch

from coles_ops.encoders import Events, build_encoder, pack
from coles_ops.encoders.bag import Bag, running_mean
from coles_ops.store import StoreSchema

SCHEMA = StoreSchema(categories={"mcc": 12}, amounts=("amount",))


def test_the_order_of_events_changes_nothing():
    model, draw = build_encoder(SCHEMA, Bag(size=8), 0).eval(), torch.Generator().manual_seed(0)
    codes, amounts = torch.randint(1, 12, (20,), generator=draw), torch.randn(20, 1, generator=draw)
    order = torch.randperm(20, generator=draw)
    one, other = (model(Events({"mcc": codes[o]}, amounts[o], pack(torch.tensor([20])))) for o in (slice(20), order))
    torch.testing.assert_close(one.sequences, other.sequences)


def test_running_means_by_hand():
    packing = pack(torch.tensor([1, 3]))
    source, events = packing.source(), torch.tensor([[7.0], [1.0], [3.0], [8.0]])
    found = running_mean(events[source], packing)[torch.argsort(source)]
    assert found.flatten().tolist() == [7, 1, 2, 4]
