#!/usr/bin/python
"""Points apt at the bundle that was carried to the board: the board's own package sources, with its own keys."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.pilab.classroom.plugins.module_utils import apt_sources, board_look

DOCUMENTATION = r"""
module: board_bundle
short_description: Write a sources.list for the archives that a bundle holds
description:
  - Only archives that the board itself has among its package sources are used, and only with the keys it has for them.
options:
  folder:
    description: Where the bundle is; C(sources.list) is written beside it.
    type: path
    required: true
  architecture:
    description: What C(dpkg --print-architecture) says.
    type: str
    required: true
author: Pilab
"""
EXAMPLES = r"""
- name: Use the package sources that the bundle holds
  pilab.classroom.board_bundle:
    folder: /var/cache/pilab/bundle
    architecture: arm64
"""
RETURN = r"""
sources:
  description: How many suites of archives the bundle has for this board.
  returned: always
  type: int
"""


def main() -> None:
    """Write the files."""
    path = {"type": "path", "required": True}
    module = AnsibleModule({"folder": path, "architecture": {"type": "str", "required": True}})
    bundle, architecture = Path(module.params["folder"]), module.params["architecture"]
    found = [held(source, bundle, architecture) for source in apt_sources.sources_in(own_files(Path("/")))]
    sources = [source for source in found if source.components]
    for name, text in apt_sources.written(sources, architecture, str(bundle.parent)).items():
        (bundle.parent / name).write_text(text, encoding="utf-8")
    module.exit_json(changed=False, sources=len(sources))


def own_files(root: Path) -> dict[str, str]:
    """Return the board's package sources as they are written."""
    paths = [root / "etc/apt/sources.list", *(root / "etc/apt/sources.list.d").glob("*.*")]
    return {str(path): board_look.read(path) for path in paths if path.is_file()}


def held(source: apt_sources.Source, bundle: Path, architecture: str) -> apt_sources.Source:
    """Return a source as far as the bundle holds it, at its place there."""
    archive = bundle / apt_sources.below(source.uri)
    there = [
        component
        for component in source.components
        if any((archive / "dists" / source.suite / component / f"binary-{architecture}").glob("Packages*"))
    ]
    return source._replace(uri=f"file:{archive}", components=tuple(there))


if __name__ == "__main__":
    main()
