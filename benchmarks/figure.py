"""Draws a record: nanoseconds an element against the number of elements, for each dtype."""

from pathlib import Path

import matplotlib

from plan import IN_MEMORY, ITEM_BYTES
from results import Record

matplotlib.use("Agg")
from matplotlib import pyplot as plt

COLORS = {
    "ours": "#d62728",
    "F.softplus": "#1f77b4",
    "torch.compile": "#17becf",
    "ONNX Runtime": "#9467bd",
    "JAX": "#2ca02c",
    "NumPy": "#8c564b",
    "ReLU": "#999999",
    "copy_": "#cccccc",
}


def draw(record: Record, path: Path, operation: str = "forward") -> None:
    figure, panels = plt.subplots(2, 2, figsize=(10, 7.2), sharex=True, sharey=True)
    for panel, dtype in zip(panels.flat, ITEM_BYTES, strict=True):
        results = [
            result
            for result in record.results
            if (result.case.operation, result.case.dtype) == (operation, dtype)
            and not result.case.instruction_set
        ]
        for name, color in COLORS.items():
            measured = [result for result in results if name in result.nanoseconds]
            if not measured:
                continue
            sizes = [result.case.size for result in measured]
            low, middle, high = zip(*(r.nanoseconds[name] for r in measured), strict=True)
            bold = name == "ours"
            panel.plot(
                *(sizes, middle),
                color=color,
                label=name,
                marker="o",
                markersize=4 if bold else 2.5,
                linewidth=2.6 if bold else 1.3,
                zorder=3 if bold else 2,
            )
            panel.fill_between(sizes, low, high, color=color, alpha=0.2, linewidth=0)
        panel.set_title(dtype)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.grid(alpha=0.25)
        panel.axvline(IN_MEMORY[0] / 2, color="black", linestyle=":", linewidth=1)
    panels[0, 0].annotate(
        "one thread | all threads",
        (IN_MEMORY[0] / 2, 0.03),
        xycoords=("data", "axes fraction"),
        ha="center",
        fontsize=7,
    )
    figure.supxlabel("elements")
    figure.supylabel(f"{operation}: nanoseconds an element (median, p20 to p80)")
    figure.suptitle("{cpu}, {instruction set}, torch {torch}".format(**record.machine))
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False)
    figure.set_layout_engine("constrained")
    figure.savefig(path, dpi=110)
