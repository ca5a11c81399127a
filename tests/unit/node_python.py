# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For conftest.py and for tests: a conftest.py below is another module of that name."""

from __future__ import annotations

import os
import sys

# What modules run with: another one than here is a node whose Python is another than the controller's (make matrix).
NODE_PYTHON = os.environ.get('NODE_PYTHON') or sys.executable
