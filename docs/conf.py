"""How Sphinx builds this site: `make docs`, in English and Korean, from pages in Markdown, without network."""  # noqa: INP001 (Sphinx reads it as a file)

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
# Parts that follow from the code, in Korean, as setup/guide_blocks.py wrote them.
BLOCKS = ROOT / "build/docs/blocks"
BLOCK = re.compile(r"(<!-- [^\n]*generated: begin[^\n]*\n).*?(<!-- generated: end -->)", re.DOTALL)
# Pages that exist in Korean.
TRANSLATED = re.compile(r"index|guide/.*")
ENGLISH_ONLY = "\n:::{note}\n이 페이지는 참고 문서이며 영어로만 있습니다.\n:::\n"

COLUMNS = {"en": ("Pages", "On this page"), "ko": ("페이지", "이 페이지의 내용")}

project = "Pilab"
copyright = "the authors of Pilab, MIT licence"  # noqa: A001 (Sphinx's name)
language = "en"
extensions = ["myst_parser"]
exclude_patterns = ["locale"]
nitpicky = True
smartquotes = False  # within sentences stand commands, which are copied

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 2

locale_dirs = ["locale"]
gettext_compact = True
gettext_location = False

html_theme = "furo"
html_title = "Pilab"
html_static_path = ["_static"]
html_css_files = ["guide.css"]
templates_path = ["_templates"]
html_copy_source = False
html_show_sphinx = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
FONTS = 'system-ui, "Noto Sans KR", "Noto Sans CJK KR", NanumGothic, "Malgun Gothic", "Apple SD Gothic Neo", sans-serif'
html_theme_options = {"light_css_variables": {"font-stack": FONTS}}


def shown(app: Sphinx, page: str, source: list[str]) -> None:
    """Show a page as its language has it: the parts that follow from the code, and a word where there is only English.

    Translators get no such part: its sentences are translated where they come from.
    """
    if app.builder.name == "gettext":
        source[0] = BLOCK.sub(r"\1\2", source[0])
    elif app.config.language != "en":
        block = BLOCKS / f"{page}.md"
        if block.exists():
            text = block.read_text(encoding="utf-8")
            source[0] = BLOCK.sub(lambda found: f"{found[1]}{text}{found[2]}", source[0])
        if not TRANSLATED.fullmatch(page):
            title, _, rest = source[0].partition("\n")
            source[0] = f"{title}\n{ENGLISH_ONLY}{rest}"


def named(app: Sphinx, error: Exception | None) -> None:
    """Name, for those who hear a page, what the theme leaves without, and let keys reach what scrolls."""
    columns = COLUMNS.get(app.config.language, COLUMNS["en"])
    names = {
        '<aside class="sidebar-drawer">': f'<aside class="sidebar-drawer" aria-label="{columns[0]}">',
        '<aside class="toc-drawer">': f'<aside class="toc-drawer" aria-label="{columns[1]}">',
        '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
        'class="caption" role="heading">': 'class="caption" role="heading" aria-level="2">',
    }
    for path in Path(app.outdir).rglob("*.html") if error is None else ():
        text = path.read_text(encoding="utf-8")
        for before, after in names.items():
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Have Sphinx ask for each page."""
    app.connect("source-read", shown)
    app.connect("build-finished", named)
    return {"parallel_read_safe": True}
