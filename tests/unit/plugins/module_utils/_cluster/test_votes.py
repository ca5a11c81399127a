# Copyright: (c) 2026, openve contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the others keep their quorum, by what corosync-quorumtool 3.1 prints."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from ansible_collections.openve.pacemaker.plugins.module_utils._cluster import votes

SAID = '''Quorum information
------------------
Date:             Sun Nov 29 10:00:00 2026
Quorum provider:  corosync_votequorum
Nodes:            %(nodes)d
Node ID:          1
Ring ID:          1.10
Quorate:          Yes

Votequorum information
----------------------
Expected votes:   %(expected)d
Highest expected: %(expected)d
Total votes:      %(total)d
Quorum:           %(quorum)d
Flags:            Quorate %(flags)s

Membership information
----------------------
    Nodeid      Votes Name
'''
ROOT = ET.fromstring(
    '<cib><configuration><nodes>%s</nodes></configuration></cib>'
    % ''.join('<node id="%d" uname="n%d"/>' % (number, number) for number in (1, 2, 3, 4))
)


def lost(nodes, members, expected, quorum, flags='', rc=0):
    """``members``: {id: votes}"""
    text = SAID % {
        'nodes': len(members),
        'expected': expected,
        'total': sum(members.values()),
        'quorum': quorum,
        'flags': flags,
    }
    text += ''.join('%10d %10d n%d\n' % (number, count, number) for number, count in members.items())
    return votes.lost_without(lambda argv: (rc, text, ''), ROOT, nodes)


@pytest.mark.parametrize(
    'nodes, members, expected, quorum, flags, said',
    [
        (['n1'], {1: 1, 2: 1, 3: 1}, 3, 2, '', ''),
        (['n1'], {1: 1, 2: 1}, 3, 2, '', 'When n1 goes down, the others have 1 of the 2 votes'),
        (['n1', 'n2'], {1: 1, 2: 1, 3: 1}, 3, 2, '', 'When n1 and n2 go down, the others have 1 of the 2 votes'),
        (['n1'], {1: 1, 2: 1}, 2, 1, '2Node WaitForAll', ''),
        (['n1'], {1: 2, 2: 1, 3: 1}, 4, 3, '', 'When n1 goes down, the others have 2 of the 3 votes'),
        (['n3'], {1: 1, 2: 1}, 3, 2, '', ''),  # it is away already
        (['n1'], {1: 1, 2: 1}, 3, 2, 'LastManStanding', ''),
    ],
)
def test_what_is_left(nodes, members, expected, quorum, flags, said):
    found = lost(nodes, members, expected, quorum, flags)
    assert found.startswith(said) and bool(found) == bool(said), found


def test_where_it_cannot_be_told(monkeypatch):
    def missing(argv):
        raise FileNotFoundError(argv[0])

    assert votes.lost_without(missing, ROOT, ['n1']) == ''
    assert lost(['n1'], {1: 1, 2: 1}, 3, 2, rc=1) == ''
    assert votes.lost_without(lambda argv: (0, 'nothing of use', ''), ROOT, ['n1']) == ''
    monkeypatch.setenv('CIB_file', 'x')
    assert lost(['n1'], {1: 1, 2: 1}, 3, 2) == '', 'that is about another cluster'
