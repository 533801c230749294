"""Draws a record of the operators: nanoseconds an element against the number of elements."""

import json
from pathlib import Path

import matplotlib

from benchmarks import kit

matplotlib.use("Agg")
from matplotlib import pyplot as plt

COLORS = {
    "ours": "#d62728",
    "F.softplus": "#1f77b4",
    "torch.compile": "#17becf",
    "ReLU": "#999999",
    "copy_": "#cccccc",
}


def draw(path: Path) -> None:
    """Beside the record, as <machine>.png."""
    record = json.loads(path.read_text())
    rows = [row for row in record["rows"] if row["operation"] == "forward"]
    figure, panels = plt.subplots(2, 2, figsize=(10, 7.2), sharex=True, sharey=True)
    for panel, dtype in zip(panels.flat, kit.DTYPES, strict=True):
        for name, color in COLORS.items():
            times = {
                row["elements"]: row["ns an element"][name]
                for row in rows
                if row["dtype"] == dtype and name in row["ns an element"]
            }
            if times:
                low, middle, high = zip(*times.values(), strict=True)
                width = 2.6 if name == "ours" else 1.3
                style = {"color": color, "label": name, "marker": "o", "markersize": 2 * width}
                panel.plot(list(times), middle, linewidth=width, zorder=width, **style)
                panel.fill_between(list(times), low, high, color=color, alpha=0.2, linewidth=0)
        panel.set_title(dtype)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.grid(alpha=0.25)
        panel.axvline(2**23, color="black", linestyle=":", linewidth=1)
    where = {"xycoords": ("data", "axes fraction"), "ha": "center", "fontsize": 7}
    panels[0, 0].annotate("one thread | all threads", (2**23, 0.03), **where)
    figure.supxlabel("elements")
    figure.supylabel("forward: nanoseconds an element (median, 20th to 80th percentile)")
    figure.suptitle("{cpu}, {instruction set}, torch {torch}".format(**record["machine"]))
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False)
    figure.set_layout_engine("constrained")
    figure.savefig(path.with_name(f"{kit.label(record['machine'])}.png"), dpi=110)
