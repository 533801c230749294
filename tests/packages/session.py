"""Runs pytest on the tests of a package, and counts which calls of softplus run our kernels.

    python tests/packages/session.py {plain,enable,replace} RESULTS [ARGUMENT OF PYTEST ...]

This is a script, because a package's tests may be called `tests`, as ours are.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.overrides import TorchFunctionMode

import fused_softplus


class Calls(TorchFunctionMode):
    """Counts the calls of softplus from Python, and how many of them run our kernels."""

    def __init__(self) -> None:
        super().__init__()
        self.all = self.ours = 0

    def __torch_function__(
        self, function: Any, types: Any, arguments: Any = (), options: Any = None
    ) -> Any:
        options = options or {}
        result = function(*arguments, **options)
        if function in (softplus, fused_softplus.softplus):
            self.all += 1
            self.ours += is_ours(function, result, *arguments, **options)
        return result


def is_ours(function: Any, result: Any, input: Any, *arguments: Any, **options: Any) -> bool:
    """Whether autograd's node is ours. A call without a gradient is repeated with one."""
    if type(input) in (Tensor, nn.Parameter) and not result.requires_grad:
        with torch.enable_grad():
            result = function(input.detach().requires_grad_(), *arguments, **options)
    return isinstance(result, Tensor) and "FusedSoftplus" in str(result.grad_fn)


class Replacement:
    """Calls replace_softplus() on every model before its first call, and counts the modules."""

    def __init__(self) -> None:
        self.count = 0
        self.seen = WeakSet[nn.Module]()

    def __call__(self, model: nn.Module, arguments: Any) -> None:
        if model not in self.seen:
            modules = list(model.modules())
            self.seen.update(modules)
            if any(isinstance(module, nn.Softplus) for module in modules):
                self.count += fused_softplus.replace_softplus(model)


class Observer:
    """A plugin of pytest that notes what becomes of each test, and its calls of softplus.

    Every test starts with the same random numbers.
    """

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.outcomes: dict[str, str] = {}
        self.reached = Counter[str]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        before = self.calls.all
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)
        result = yield
        self.reached[item.nodeid] += self.calls.all - before
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.note(report)

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if self.outcomes.get(report.nodeid) != "failed":
            self.outcomes[report.nodeid] = report.outcome


def main() -> None:
    way, results, *arguments = sys.argv[1:]
    calls, replacement = Calls(), Replacement()
    observer = Observer(calls)
    if way == "enable":
        fused_softplus.enable()
    if way == "replace":
        nn.modules.module.register_module_forward_pre_hook(replacement)
    with calls:
        pytest.main(arguments, plugins=[observer])
    found = {
        "outcomes": observer.outcomes,
        "reached": +observer.reached,  # those with a call
        "calls": calls.all,
        "ours": calls.ours,
        "replaced": replacement.count,
    }
    Path(results).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
