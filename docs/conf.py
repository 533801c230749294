"""The configuration of Sphinx: `make docs` builds a site from the pages in this folder.

The pages are also read on GitHub, so their links lead to files of the repository. On the site, a
link to a page stays on the site, and a link to any other file leads to the repository.
"""

import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

import fused_softplus

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent

project = "fused_softplus"
author = "the fused_softplus authors"
copyright = f"2026, {author}"
version = release = fused_softplus.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
napoleon_custom_sections = ["Accuracy", "Shape"]
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
maximum_signature_line_length = 100
nitpick_ignore = [("py:class", "optional"), ("py:class", "collections.abc.Iterator")]
html_theme = "furo"
html_title = f"fused_softplus {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False


# ---- Links -------------------------------------------------------------------------------------

INCLUDE = re.compile(r"```\{include\} (\S+)\n```\n")
ONLY_ON_GITHUB = re.compile(r"<!-- only-on-github -->.*?<!-- /only-on-github -->\n*", re.DOTALL)
LINK = re.compile(r"(!?)(\[[^\]]*\])\(([^)#\s]+)(#[^)\s]*)?\)")


def pages() -> dict[Path, str]:
    """The page of the site that shows each Markdown file."""
    found = {}
    for page in DOCS.glob("*.md"):
        found[page] = page.name
        for included in INCLUDE.findall(page.read_text()):
            found[(DOCS / included).resolve()] = page.name
    return found


def repository() -> str:
    """The address of the sources: on GitHub if a workflow builds the site, else in this clone."""
    if "GITHUB_REPOSITORY" in os.environ:
        server, name, commit = (
            os.environ[f"GITHUB_{part}"] for part in ("SERVER_URL", "REPOSITORY", "SHA")
        )
        return f"{server}/{name}/blob/{commit}"
    return ROOT.as_uri()


myst_url_schemes = {"http": None, "https": None, "source": repository() + "/{{path}}"}


def with_links_of_the_site(text: str, folder: Path) -> str:
    """Replaces the links of a Markdown file in this folder. Sphinx reports those to no file."""
    shown = pages()

    def link(found: re.Match[str]) -> str:
        image, label, target, anchor = found.groups(default="")
        path = (folder / target).resolve()
        if "://" in target or not path.exists():
            return found[0]
        if image:
            target = os.path.relpath(path, DOCS)
        elif path in shown:
            target = shown[path]
        else:
            target = f"source:{path.relative_to(ROOT)}"
        return f"{image}{label}({target}{anchor})"

    return LINK.sub(link, text)


def read_page(app: Sphinx, name: str, source: list[str]) -> None:
    """Puts files of other folders into the pages that include them."""

    def content(found: re.Match[str]) -> str:
        path = (DOCS / found[1]).resolve()
        app.env.note_dependency(str(path))
        return with_links_of_the_site(ONLY_ON_GITHUB.sub("", path.read_text()), path.parent)

    source[0] = INCLUDE.sub(content, with_links_of_the_site(source[0], DOCS))


# ---- Names -------------------------------------------------------------------------------------

TORCH = "https://docs.pytorch.org/docs/stable"
NAMES_OF_TORCH = {
    "Tensor": "tensors.html#torch.Tensor",
    "torch.Tensor": "tensors.html#torch.Tensor",
    "nn.Module": "generated/torch.nn.Module.html",
    "torch.nn.Module": "generated/torch.nn.Module.html",
    "torch.nn.modules.module.Module": "generated/torch.nn.Module.html",
    "torch.nn.Softplus": "generated/torch.nn.Softplus.html",
    "torch.nn.functional.softplus": "generated/torch.nn.functional.softplus.html",
    "torch.distributions.transforms.SoftplusTransform": (
        "distributions.html#torch.distributions.transforms.SoftplusTransform"
    ),
}


def link_to_torch(app: Sphinx, env: Any, node: nodes.Element, shown: nodes.Element) -> Any:
    """Finds names without the inventory of PyTorch's site, which a build would have to download."""
    target = NAMES_OF_TORCH.get(node["reftarget"])
    return target and nodes.reference("", "", shown, internal=False, refuri=f"{TORCH}/{target}")


def setup(app: Sphinx) -> None:
    app.connect("source-read", read_page)
    app.connect("missing-reference", link_to_torch)
