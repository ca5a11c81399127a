# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that comes from others: parameters, the tools' output, the kernel's files."""

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
DIGITS = frozenset("0123456789")  # str.isdigit() takes the digits of every script


def is_number(text: str) -> bool:
    return 0 < len(text) <= 15 and DIGITS.issuperset(text)


def clean(text: str) -> str:
    """One line of printable text, whatever came in."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " if c in "\n\r\t" else "?" for c in text).strip()


def quote(text: str) -> str:
    """A value as it may stand in a message."""
    text = clean(text)
    return "'%s'" % (text if len(text) <= 80 else text[:77] + "...")


def escape(text: str) -> str:
    """As it stands in XML."""
    for plain, coded in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, coded)
    return text


def read_text(path: str) -> str:
    with open(path, "rb") as f:
        return f.read().decode("utf-8", "replace")
