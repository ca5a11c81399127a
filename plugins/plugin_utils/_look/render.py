# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages from templates: self-contained HTML, with the look that all pages have."""

from __future__ import annotations

import pathlib
from typing import Any, Mapping

import jinja2

from ansible_collections.openve.pacemaker.plugins.module_utils._base.text import count
from ansible_collections.openve.pacemaker.plugins.module_utils._base.times import words

HERE = pathlib.Path(__file__).parent


def render(template: pathlib.Path, values: Mapping[str, Any], **functions: Any) -> str:
    """The HTML. ``functions``: what the template calls, beside count and the filter words."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FileSystemLoader([str(template.parent), str(HERE)]),
    )
    environment.globals.update(functions, count=count)
    environment.filters['words'] = words
    return environment.get_template(template.name).render(values)
