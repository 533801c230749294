"""Which tests of which packages run: those that reach softplus, and few others."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    package: str
    tests: tuple[str, ...]  # files and folders
    options: tuple[str, ...] = ()  # of pytest
    installed: bool = False  # the tests or examples are inside the package


# The examples in docstrings.
EXAMPLES = ("--doctest-modules", "-o", "doctest_optionflags=ELLIPSIS NORMALIZE_WHITESPACE")

SUITES = (
    Suite(
        "gluonts",
        (
            "test/torch/modules/test_torch_distribution_inference.py",
            "test/torch/model/test_modules.py",
            "test/torch/model/test_deepar_modules.py",
            "test/torch/model/test_mqf2_modules.py",
        ),
        options=("-k", "not splicedbinnedpareto"),  # takes half a minute, without softplus
    ),
    Suite("gpytorch", ("test/constraints", "test/likelihoods", "test/kernels", "test/models")),
    Suite("nflows", ("tests",)),
    Suite("normflows", ("normflows",), ("-o", "python_files=*_test.py"), installed=True),
    Suite("pykeen", ("tests/test_losses.py",)),
    Suite("pytorch-forecasting", ("tests/test_metrics.py", "tests/test_data/test_encoders.py")),
    Suite(
        "pytorch-optimizer",
        (
            "tests/optimizers/test_ranger21.py",
            "tests/test_create_optimizer.py",
            "tests/test_gradients.py",
            "tests/test_optimizers.py",
            "tests/test_optimizer_variants.py",
        ),
        options=("-k", "ranger21"),
    ),
    Suite(
        "sbi",
        ("tests/mixture_density_estimator_test.py", "tests/posterior_nn_test.py"),
        options=("-k", "not mcmc", "-m", "not slow and not gpu"),
    ),
    Suite(
        "tensordict",
        ("tensordict/nn/distributions/continuous.py", "tensordict/nn/probabilistic.py"),
        options=EXAMPLES,
        installed=True,
    ),
    Suite("timm", ("tests/test_multilabel.py",), ("-k", "two_way or distribution_balanced")),
    Suite(
        "torchrl",
        (
            "torchrl/modules/distributions/continuous.py",
            "torchrl/modules/models/exploration.py",
            "torchrl/modules/tensordict_module/actors.py",
            "torchrl/objectives/sac.py",
        ),
        options=EXAMPLES,
        installed=True,
    ),
    Suite("zuko", ("tests/test_transforms.py",)),
)
