"""Training is the same as PyTorch's: gradients to 1e-10, and all parameters to 1e-7 after 200 steps of Adam.

PyTorch's side is written the ordinary way, padded and masked, from the paper. Its numbers are committed, so that they are
compared without PyTorch too; where PyTorch is there, the committed numbers themselves are checked.
"""

import numpy as np
import pytest

from nrms_np.gradcheck import relative_error
from nrms_np.packed import RowGradient
from nrms_np.training.adam import Adam
from tests.helpers.parity.make_torch_numbers import NUMBERS, torch_trajectory
from tests.helpers.parity.trajectory import FORMS, STEPS, first_parameters, our_trajectory


def saved(attention):
    with np.load(NUMBERS, allow_pickle=False) as file:
        gradients = {name: file[f"{attention}/gradient/{name}"] for name in first_parameters(attention)}
        parameters = {name: file[f"{attention}/parameter/{name}"] for name in first_parameters(attention)}
        return file[f"{attention}/losses"], gradients, parameters


@pytest.mark.parametrize("backend", ["layers", "kernels"])
@pytest.mark.parametrize("attention", FORMS)
def test_200_steps_of_training_are_those_of_pytorch(attention, backend):
    losses, gradients, parameters = saved(attention)
    our_losses, our_gradients, our_parameters = our_trajectory(attention, backend)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(our_losses, losses, rtol=0, atol=1e-8)
    for name, first in first_parameters(attention).items():
        assert np.abs(gradients[name]).max() > 1e-6, f"a gradient of zero proves nothing: {name}"
        assert relative_error(our_gradients[name], gradients[name]) < 1e-10, name
        assert np.abs(parameters[name] - first).max() > 1e-2, f"a parameter that did not move proves nothing: {name}"
        np.testing.assert_allclose(our_parameters[name], parameters[name], rtol=0, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("attention", FORMS)
def test_the_committed_numbers_are_what_pytorch_computes(attention):
    pytest.importorskip("torch")
    losses, gradients, parameters = saved(attention)
    torch_losses, torch_gradients, torch_parameters = torch_trajectory(attention)
    assert len(losses) == STEPS
    np.testing.assert_allclose(torch_losses, losses, rtol=0, atol=1e-9)
    for name in gradients:
        np.testing.assert_allclose(torch_gradients[name], gradients[name], rtol=0, atol=1e-11)
        np.testing.assert_allclose(torch_parameters[name], parameters[name], rtol=0, atol=1e-8)


@pytest.mark.parametrize(("lazy", "theirs"), [(True, "SparseAdam"), (False, "Adam")])
def test_lazy_and_ordinary_adam_are_pytorchs(lazy, theirs):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng([4, 3])
    table = {"word_embedding": rng.standard_normal((12, 3))}
    start = table["word_embedding"].copy()
    weights = torch.nn.Parameter(torch.tensor(start))
    adam, optimizer = Adam(table, 0.01, lazy=lazy), getattr(torch.optim, theirs)([weights], 0.01)
    for _ in range(50):
        gradient = RowGradient(np.sort(rng.choice(11, 3, replace=False)), rng.standard_normal((3, 3)))
        adam.step(table, {"word_embedding": gradient})
        dense = torch.tensor(gradient.dense(12))
        weights.grad = dense.to_sparse(1) if lazy else dense
        optimizer.step()
        np.testing.assert_allclose(table["word_embedding"], weights.detach().numpy(), rtol=0, atol=1e-13)
    assert (table["word_embedding"] != start).any(axis=1).tolist() == [True] * 11 + [False]
