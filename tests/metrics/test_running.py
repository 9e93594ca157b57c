from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.errors import InputError
from mien.metrics.protocol import Protocol
from mien.metrics.running import RunningMean

VALUES = torch.from_numpy(np.random.RandomState(0).randn(50) + 1000)
PROTOCOL = Protocol("MAE", "none", "", 50, 50, "none", None, "made up")


@pytest.mark.parametrize("batch", [1, 7, 50])
def test_equal_to_numpy_whatever_the_batches(batch):
    mean = RunningMean("MAE")
    for part in VALUES.split(batch):
        mean.update(part)
    assert mean.value == pytest.approx(VALUES.numpy().mean(), abs=1e-10)
    assert mean.stderr == pytest.approx(VALUES.numpy().std(ddof=1) / np.sqrt(50), abs=1e-10)
    score = mean.score(PROTOCOL)
    assert (score.better, score.value, score.stderr) == ("lower", mean.value, mean.stderr)


def test_shares_of_truth_values():
    mean = RunningMean("agreement")
    mean.update(torch.tensor([True, False, True, True]))
    assert mean.value == 0.75


def test_bad_input_is_named():
    mean = RunningMean("MAE")
    with pytest.raises(InputError, match="MAE of no samples"):
        mean.value  # noqa: B018
    with pytest.raises(InputError, match="not finite"):
        mean.update(torch.tensor([torch.inf]))
    mean.update(VALUES[:3])
    with pytest.raises(InputError, match="3 samples were seen, the protocol says 50"):
        mean.score(PROTOCOL)
